/**
 * Versions and constraints of the Go package Masterminds/semver. npm's semver is not used: it reads `1.2`, wildcards,
 * pre-releases and `^0` differently at every step, so that nothing but the comparison of two strict versions is left.
 */
import { toBytes } from '../../go/bytes.ts';
import { boundMethod, type MethodTable, methodTable } from '../../go/function.ts';
import { goInt } from '../../go/numbers.ts';
import { GoInteger, type GoObject } from '../../go/typed.ts';
import { GoBytes } from '../../go/value.ts';
import { pure, type TemplateFunction } from '../gotemplate/functions.ts';

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(
  `^v?([0-9]+)(\\.[0-9]+)?(\\.[0-9]+)?(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`,
);
const MAX_SEGMENT = 2n ** 64n - 1n;

class GoVersion implements GoObject {
  readonly goType: string;
  readonly goKind: string;
  readonly segments: readonly [bigint, bigint, bigint];
  readonly prerelease: string;
  readonly metadata: string;
  readonly original: string;
  constructor(
    segments: readonly [bigint, bigint, bigint],
    prerelease: string,
    metadata: string,
    original: string,
    pointer = true,
  ) {
    this.goType = pointer ? '*semver.Version' : 'semver.Version';
    this.goKind = pointer ? 'ptr' : 'struct';
    this.segments = segments;
    this.prerelease = prerelease;
    this.metadata = metadata;
    this.original = original;
  }
  goMember(name: string): unknown {
    return boundMethod(VERSION_METHODS, this, name);
  }
  toString(): string {
    const prerelease = this.prerelease === '' ? '' : `-${this.prerelease}`;
    return `${this.segments.join('.')}${prerelease}${this.metadata === '' ? '' : `+${this.metadata}`}`;
  }
}

function parseVersion(text: string): GoVersion {
  const found = VERSION.exec(text);
  if (found === null) throw new Error('Invalid Semantic Version');
  const [, major = '0', minor = '.0', patch = '.0', prerelease = '', metadata = ''] = found;
  const segments = [major, minor.slice(1), patch.slice(1)].map(BigInt) as [bigint, bigint, bigint];
  if (segments.some((segment) => segment > MAX_SEGMENT)) throw new Error('Error parsing version segment');
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part)))
    throw new Error('Version segment starts with 0');
  return new GoVersion(segments, prerelease, metadata, text);
}

const isNumeric = (part: string): boolean => /^[0-9]+$/.test(part) && BigInt(part) <= MAX_SEGMENT;

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const [left, right] = [isNumeric(a), isNumeric(b)];
  if (left && right) return BigInt(a) > BigInt(b) ? 1 : -1;
  if (left !== right) return left ? -1 : 1;
  return a > b ? 1 : -1;
}

function comparePrerelease(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const compared = comparePart(left[at] ?? '', right[at] ?? '');
    if (compared !== 0) return compared;
  }
  return 0;
}

function compare(a: GoVersion, b: GoVersion): number {
  for (const [at, segment] of a.segments.entries()) {
    const other = b.segments[at] as bigint;
    if (segment !== other) return segment < other ? -1 : 1;
  }
  if (a.prerelease === b.prerelease) return 0;
  if (a.prerelease === '' || b.prerelease === '') return a.prerelease === '' ? 1 : -1;
  return comparePrerelease(a.prerelease, b.prerelease);
}

interface Constraint {
  operator: string;
  version: GoVersion;
  /** A wildcard or a missing number stands somewhere, at the minor number, at the patch number. */
  dirty: boolean;
  minorDirty: boolean;
  patchDirty: boolean;
}

const NUMBER = '[0-9xX*|]+';
const CONSTRAINT_VERSION = `v?(?:${NUMBER})(?:\\.${NUMBER})?(?:\\.${NUMBER})?(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const OPERATORS = '=>|=<|=|!=|>=|<=|>|<|~>|~|\\^|';
const ONE = new RegExp(
  `^\\s*(${OPERATORS})\\s*(v?(${NUMBER})(\\.${NUMBER})?(\\.${NUMBER})?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?)\\s*$`,
);
const RANGE = new RegExp(`\\s*(${CONSTRAINT_VERSION})\\s+-\\s+(${CONSTRAINT_VERSION})\\s*`, 'g');
const EACH = new RegExp(`(?:${OPERATORS})\\s*${CONSTRAINT_VERSION}`, 'g');
const VALID = new RegExp(
  `^(?:\\s*(?:${OPERATORS})\\s*${CONSTRAINT_VERSION}\\s*)(?:(?:\\s+|,\\s*)(?:${OPERATORS})\\s*${CONSTRAINT_VERSION}\\s*)*$`,
);

/** A constraint longer than this is no constraint; the patterns above backtrack. */
const MAX_CONSTRAINT = 256;

const isWildcard = (part: string | undefined): boolean => part === undefined || /^\.?[xX*]$/.test(part);

function parseConstraint(text: string): Constraint {
  const found = ONE.exec(text);
  if (found === null) throw new Error(`improper constraint: ${text}`);
  const [, operator = '', whole = '', major, minor, patch, prerelease = ''] = found;
  let version = whole;
  const dirtyAt = isWildcard(major) ? 0 : isWildcard(minor) ? 1 : isWildcard(patch) ? 2 : 3;
  if (dirtyAt === 0) version = `0.0.0${prerelease}`;
  else if (dirtyAt === 1) version = `${major}.0.0${prerelease}`;
  else if (dirtyAt === 2) version = `${major}${minor}.0${prerelease}`;
  return {
    operator,
    version: parseVersion(version),
    dirty: dirtyAt < 3,
    minorDirty: dirtyAt === 1,
    patchDirty: dirtyAt === 2,
  };
}

function isNotEqual(
  version: GoVersion,
  { version: wanted, dirty, minorDirty, patchDirty }: Constraint,
): boolean {
  if (dirty) {
    if (version.prerelease !== '' && wanted.prerelease === '') return false;
    if (version.segments[0] !== wanted.segments[0]) return true;
    if (minorDirty) return false;
    if (version.segments[1] !== wanted.segments[1]) return true;
    if (patchDirty) {
      const prereleases = version.prerelease !== '' || wanted.prerelease !== '';
      return prereleases && comparePrerelease(version.prerelease, wanted.prerelease) !== 0;
    }
    if (version.segments[2] !== wanted.segments[2]) return true;
  }
  return compare(version, wanted) !== 0;
}

function isGreater(
  version: GoVersion,
  { version: wanted, dirty, minorDirty, patchDirty }: Constraint,
): boolean {
  if (!dirty) return compare(version, wanted) > 0;
  if (version.segments[0] !== wanted.segments[0]) return version.segments[0] > wanted.segments[0];
  if (minorDirty) return false;
  if (patchDirty) return version.segments[1] > wanted.segments[1];
  return compare(version, wanted) > 0;
}

function isAtMost(version: GoVersion, { version: wanted, dirty, minorDirty }: Constraint): boolean {
  if (!dirty) return compare(version, wanted) <= 0;
  if (version.segments[0] !== wanted.segments[0]) return version.segments[0] < wanted.segments[0];
  return minorDirty || version.segments[1] <= wanted.segments[1];
}

function isTilde(version: GoVersion, { version: wanted, minorDirty, patchDirty }: Constraint): boolean {
  if (compare(version, wanted) < 0) return false;
  if (wanted.segments.every((segment) => segment === 0n) && !minorDirty && !patchDirty) return true;
  if (version.segments[0] !== wanted.segments[0]) return false;
  return minorDirty || version.segments[1] === wanted.segments[1];
}

function isCaret(version: GoVersion, { version: wanted, minorDirty, patchDirty }: Constraint): boolean {
  const [major, minor, patch] = version.segments;
  const [wantedMajor, wantedMinor, wantedPatch] = wanted.segments;
  if (compare(version, wanted) < 0) return false;
  if (wantedMajor > 0n || minorDirty) return major === wantedMajor;
  if (major > 0n) return false;
  if (wantedMinor > 0n || patchDirty) return minor === wantedMinor;
  if (minor > 0n) return false;
  return patch === wantedPatch;
}

function satisfies(version: GoVersion, constraint: Constraint): boolean {
  const { operator, version: wanted, dirty } = constraint;
  if (operator === '!=') return isNotEqual(version, constraint);
  // A pre-release satisfies only a constraint that names one.
  if (version.prerelease !== '' && wanted.prerelease === '') return false;
  switch (operator) {
    case '>':
      return isGreater(version, constraint);
    case '<':
      return compare(version, wanted) < 0;
    case '>=':
    case '=>':
      return compare(version, wanted) >= 0;
    case '<=':
    case '=<':
      return isAtMost(version, constraint);
    case '~':
    case '~>':
      return isTilde(version, constraint);
    case '^':
      return isCaret(version, constraint);
    default:
      return dirty ? isTilde(version, constraint) : compare(version, wanted) === 0;
  }
}

function semverCompare(constraint: string, version: string): boolean {
  if (constraint.length > MAX_CONSTRAINT) throw new Error('improper constraint: it is too long');
  const alternatives = constraint
    .replace(RANGE, '>=$1 <=$2 ')
    .split('||')
    .map((segment) => {
      if (!VALID.test(segment)) throw new Error(`improper constraint: ${segment}`);
      return (segment.match(EACH) ?? [segment]).map(parseConstraint);
    });
  const parsed = parseVersion(version);
  return alternatives.some((constraints) => constraints.every((each) => satisfies(parsed, each)));
}

const uint64 = (value: bigint): GoInteger =>
  new GoInteger('uint64', value <= 9007199254740991n ? Number(value) : value);

function increment(version: GoVersion, at: 0 | 1 | 2): GoVersion {
  const [major, minor, patch] = version.segments;
  let segments: [bigint, bigint, bigint];
  if (at === 0) segments = [major + 1n, 0n, 0n];
  else if (at === 1) segments = [major, minor + 1n, 0n];
  else segments = [major, minor, version.prerelease === '' ? patch + 1n : patch];
  const prefix = version.original.startsWith('v') ? 'v' : '';
  return new GoVersion(segments, '', '', prefix + segments.join('.'), false);
}

const VERSION_METHODS: MethodTable<GoVersion> = methodTable<GoVersion>({
  Major: { type: 'func() uint64', call: (self) => uint64(self.segments[0]) },
  Minor: { type: 'func() uint64', call: (self) => uint64(self.segments[1]) },
  Patch: { type: 'func() uint64', call: (self) => uint64(self.segments[2]) },
  Prerelease: { type: 'func() string', call: (self) => self.prerelease },
  Metadata: { type: 'func() string', call: (self) => self.metadata },
  Original: { type: 'func() string', call: (self) => self.original },
  String: { type: 'func() string', call: (self) => self.toString() },
  MarshalJSON: {
    type: 'func() ([]uint8, error)',
    call: (self) => new GoBytes(toBytes(JSON.stringify(self.toString()))),
  },
  Compare: {
    type: 'func(*semver.Version) int',
    call: (self, other: GoVersion) => goInt(compare(self, other)),
  },
  Equal: { type: 'func(*semver.Version) bool', call: (self, other: GoVersion) => compare(self, other) === 0 },
  LessThan: {
    type: 'func(*semver.Version) bool',
    call: (self, other: GoVersion) => compare(self, other) < 0,
  },
  LessThanEqual: {
    type: 'func(*semver.Version) bool',
    call: (self, other: GoVersion) => compare(self, other) <= 0,
  },
  GreaterThan: {
    type: 'func(*semver.Version) bool',
    call: (self, other: GoVersion) => compare(self, other) > 0,
  },
  GreaterThanEqual: {
    type: 'func(*semver.Version) bool',
    call: (self, other: GoVersion) => compare(self, other) >= 0,
  },
  IncMajor: { type: 'func() semver.Version', call: (self) => increment(self, 0) },
  IncMinor: { type: 'func() semver.Version', call: (self) => increment(self, 1) },
  IncPatch: { type: 'func() semver.Version', call: (self) => increment(self, 2) },
});

export const SEMVER_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  semver: pure('func(string) (*semver.Version, error)', parseVersion),
  semverCompare: pure('func(string, string) (bool, error)', semverCompare),
};
