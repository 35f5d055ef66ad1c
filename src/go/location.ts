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
 * Abbreviations of the time zone database that Intl has in no English locale. A zone that is missing here
 * and has none in Intl prints as its offset (`-03`), which is also what the database has for such zones.
 */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Macau': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Asia/Makassar': 'WITA',
  'Asia/Jayapura': 'WIT',
  'Asia/Karachi': 'PKT',
  'Asia/Kolkata': 'IST',
  'Asia/Calcutta': 'IST',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
  'Africa/Maputo': 'CAT',
  'Europe/Moscow': 'MSK',
  'Pacific/Guam': 'ChST',
};

/** Zones with a summer time: the standard and the summer abbreviation. */
const SEASONAL: Readonly<Record<string, readonly [string, string]>> = {
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Asia/Tel_Aviv': ['IST', 'IDT'],
  'Europe/Dublin': ['GMT', 'IST'],
  'Africa/Cairo': ['EET', 'EEST'],
  'Asia/Beirut': ['EET', 'EEST'],
};

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

/** Go's `time.LoadLocation`; undefined where the zone is unknown. `local` is what `Local` means. */
export function loadLocation(name: string, local: GoLocation = UTC): GoLocation | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return local;
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined;
  let offsets: Intl.DateTimeFormat;
  try {
    offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  const names = LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }));
  const standard = (milliseconds: number): number => {
    const year = new Date(milliseconds).getUTCFullYear();
    const at = (month: number): number => parseOffset(zoneName(offsets, Date.UTC(year, month, 1)));
    return Math.min(at(0), at(6));
  };
  const abbreviate = (milliseconds: number, offset: number): string => {
    const seasonal = SEASONAL[name];
    if (seasonal !== undefined) return offset === standard(milliseconds) ? seasonal[0] : seasonal[1];
    const listed = ABBREVIATIONS[name];
    if (listed !== undefined) return listed;
    for (const format of names) {
      const short = zoneName(format, milliseconds);
      if (/^[A-Z]{3,5}$/.test(short) && (short !== 'GMT' || offset === 0)) return short;
    }
    const short = zoneName(names[0] as Intl.DateTimeFormat, milliseconds);
    return short === 'UTC' ? short : offsetText(offset);
  };
  return new GoLocation(name, (seconds) => {
    const milliseconds = Math.min(Math.max(seconds * 1000, -LIMIT), LIMIT);
    const offset = parseOffset(zoneName(offsets, milliseconds));
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
