/** Go's *time.Location: UTC, fixed offsets, and named zones through Intl. */
import { boundMethod, type MethodTable, methodTable } from './function.ts';
import type { GoObject } from './typed.ts';

export interface ZoneAt {
  /** Seconds east of UTC. */
  offset: number;
  /** `CET`; empty for a fabricated zone, which prints as its offset. */
  abbreviation: string;
}

export class GoLocation implements GoObject {
  readonly goType = '*time.Location';
  readonly goKind = 'ptr';
  readonly name: string;
  /** The zone in force at a moment in Unix seconds. */
  readonly at: (seconds: number) => ZoneAt;
  constructor(name: string, at: (seconds: number) => ZoneAt) {
    this.name = name;
    this.at = at;
  }
  goMember(name: string): unknown {
    return boundMethod(LOCATION_METHODS, this, name);
  }
  toString(): string {
    return this.name;
  }
}

export const LOCATION_METHODS: MethodTable<GoLocation> = methodTable<GoLocation>({
  String: { type: 'func() string', call: (self) => self.name },
});

/** Go's `time.FixedZone`. */
export function fixedZone(name: string, offset: number): GoLocation {
  const zone: ZoneAt = { offset, abbreviation: name };
  return new GoLocation(name, () => zone);
}

export const UTC = fixedZone('UTC', 0);

/**
 * Abbreviations of the time zone database that Intl does not have in the locales below: in winter, in summer, and
 * the zones. An empty one prints as the offset (`-03`), which the database has where no abbreviation is in use.
 * A zone that is missing here and unknown to Intl prints as its offset too.
 */
const ABBREVIATIONS: readonly (readonly [string, string, string])[] = [
  ['', '', 'Asia/Dubai Asia/Muscat Antarctica/Casey Antarctica/Troll Australia/Eucla Australia/Lord_Howe'],
  ['', '', 'Pacific/Chatham Africa/Casablanca Africa/El_Aaiun'],
  [
    'EAT',
    'EAT',
    'Africa/Nairobi Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti',
  ],
  ['EAT', 'EAT', 'Africa/Kampala Africa/Mogadishu Indian/Antananarivo Indian/Comoro Indian/Mayotte'],
  [
    'WAT',
    'WAT',
    'Africa/Lagos Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Libreville',
  ],
  ['WAT', 'WAT', 'Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo'],
  ['CAT', 'CAT', 'Africa/Maputo Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Juba'],
  ['CAT', 'CAT', 'Africa/Khartoum Africa/Kigali Africa/Lubumbashi Africa/Lusaka Africa/Windhoek'],
  ['SAST', 'SAST', 'Africa/Johannesburg Africa/Maseru Africa/Mbabane'],
  ['EET', 'EEST', 'Africa/Cairo Egypt Asia/Beirut'],
  ['IST', 'IDT', 'Asia/Jerusalem Asia/Tel_Aviv Israel'],
  ['GMT', 'IST', 'Europe/Dublin Eire'],
  ['GMT', 'BST', 'Europe/Guernsey Europe/Isle_of_Man Europe/Jersey'],
  ['GMT', 'GMT', 'GMT Etc/GMT Greenwich'],
  ['MET', 'MEST', 'MET'],
  ['MSK', 'MSK', 'Europe/Moscow W-SU Europe/Kirov Europe/Simferopol Europe/Volgograd'],
  ['HST', 'HDT', 'America/Adak'],
  ['MST', 'MST', 'America/Dawson America/Hermosillo America/Mazatlan America/Whitehorse'],
  ['CST', 'CDT', 'America/Havana Cuba'],
  ['NST', 'NDT', 'America/St_Johns'],
  ['SST', 'SST', 'Pacific/Midway Pacific/Pago_Pago'],
  ['ChST', 'ChST', 'Pacific/Guam Pacific/Saipan'],
  ['JST', 'JST', 'Asia/Tokyo Japan'],
  ['KST', 'KST', 'Asia/Seoul Asia/Pyongyang ROK'],
  ['CST', 'CST', 'Asia/Shanghai Asia/Taipei Asia/Macau PRC'],
  ['HKT', 'HKT', 'Asia/Hong_Kong Hongkong'],
  ['PST', 'PST', 'Asia/Manila'],
  ['WIB', 'WIB', 'Asia/Jakarta Asia/Pontianak'],
  ['WITA', 'WITA', 'Asia/Makassar'],
  ['WIT', 'WIT', 'Asia/Jayapura'],
  ['PKT', 'PKT', 'Asia/Karachi'],
  ['IST', 'IST', 'Asia/Kolkata Asia/Calcutta'],
];

const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ'] as const;

function offsetText(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${rest}`;
}

function parseOffset(text: string): number {
  const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (match === null || match[1] === undefined) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -seconds : seconds;
}

function zoneName(format: Intl.DateTimeFormat, milliseconds: number): string {
  return format.formatToParts(milliseconds).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** The range in which Intl formats dates; outside it the zone's rules of the edge are used. */
const LIMIT = 8.64e15;

/** The offset of a zone of the database at a moment in Unix milliseconds, in seconds east of UTC; undefined where there is no such zone. */
export function zoneOffset(name: string): ((milliseconds: number) => number) | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined;
  try {
    const offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    return (milliseconds) => parseOffset(zoneName(offsets, milliseconds));
  } catch {
    return undefined;
  }
}

/** Go's `time.LoadLocation`; undefined where the zone is unknown. `local` is what `Local` means. */
export function loadLocation(name: string, local: GoLocation = UTC): GoLocation | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return local;
  const offsetAt = zoneOffset(name);
  if (offsetAt === undefined) return undefined;
  const names = LOCALES.map(
    (locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }),
  );
  const isSummer = (milliseconds: number, offset: number): boolean => {
    const year = new Date(milliseconds).getUTCFullYear();
    return [0, 6].some((month) => offsetAt(Date.UTC(year, month, 1)) < offset);
  };
  const listed = ABBREVIATIONS.find(([, , zones]) => zones.split(' ').includes(name));
  const abbreviate = (milliseconds: number, offset: number): string => {
    // Before zones were introduced places had their local mean time.
    if (offset % 900 !== 0) return 'LMT';
    if (listed !== undefined) {
      const [standard, summer] = listed;
      return (isSummer(milliseconds, offset) ? summer : standard) || offsetText(offset);
    }
    for (const format of names) {
      const short = zoneName(format, milliseconds);
      if (/^[A-Z]{3,5}$/.test(short) && (short !== 'GMT' || offset === 0)) return short;
    }
    const short = zoneName(names[0] as Intl.DateTimeFormat, milliseconds);
    return short === 'UTC' ? short : offsetText(offset);
  };
  return new GoLocation(name, (seconds) => {
    const milliseconds = Math.min(Math.max(seconds * 1000, -LIMIT), LIMIT);
    const offset = offsetAt(milliseconds);
    return { offset, abbreviation: abbreviate(milliseconds, offset) };
  });
}

/** Found at first use: it takes a tenth of a millisecond, and the zone of a process does not change. */
const found: { local?: GoLocation } = {};

/** Go's `time.Local`: the zone of the process, which `TZ` sets before it starts. */
export function localLocation(): GoLocation {
  if (found.local === undefined) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    found.local = new GoLocation('Local', (loadLocation(zone) ?? UTC).at);
  }
  return found.local;
}
