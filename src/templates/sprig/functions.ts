/** Sprig 3.3.0 for text templates, and which of its functions are refused. */
import { BUILTINS } from '../gotemplate/builtins.ts';
import type { Library } from '../gotemplate/engine.ts';
import type { FunctionTable, TemplateFunction } from '../gotemplate/functions.ts';
import { spendWalk } from '../gotemplate/run.ts';
import { SLACK_FUNCTIONS } from '../slack-functions.ts';
import { CASE_FUNCTIONS } from './cases.ts';
import { CRYPTO_FUNCTIONS } from './crypto.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import { DEFAULT_FUNCTIONS } from './defaults.ts';
import { CHANGING_FUNCTIONS, DICT_FUNCTIONS } from './dicts.ts';
import { ENCODING_FUNCTIONS } from './encoding.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import { MATH_FUNCTIONS } from './math.ts';
import { REGEX_FUNCTIONS } from './regex.ts';
import { SEMVER_FUNCTIONS } from './semver.ts';
import { STRING_FUNCTIONS } from './strings.ts';
import { URL_FUNCTIONS } from './urls.ts';

const SPRIG: FunctionTable = new Map(
  Object.entries({
    ...CASE_FUNCTIONS,
    ...CRYPTO_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...DEFAULT_FUNCTIONS,
    ...DICT_FUNCTIONS,
    ...ENCODING_FUNCTIONS,
    ...JSON_FUNCTIONS,
    ...LIST_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...REGEX_FUNCTIONS,
    ...SEMVER_FUNCTIONS,
    ...STRING_FUNCTIONS,
    ...URL_FUNCTIONS,
  }),
);

/** Steps of functions that take long however short their arguments are. */
const STEPS: Readonly<Record<string, number>> = {
  addf: 8,
  subf: 8,
  mulf: 8,
  divf: 8,
  untitle: 2,
  fromJson: 4,
  mustFromJson: 4,
  encryptAES: 200,
  decryptAES: 200,
  uuidv4: 10,
  randBytes: 30,
  randInt: 5,
  sha1sum: 30,
  sha256sum: 30,
  sha512sum: 30,
  toDate: 60,
  mustToDate: 60,
  date: 30,
  dateInZone: 4_000,
  date_in_zone: 4_000,
  htmlDateInZone: 4_000,
  semver: 60,
  semverCompare: 120,
  urlParse: 60,
  urlJoin: 60,
};

/** Functions that make a text of whatever they get. */
const PRINTING: ReadonlySet<string> = new Set(
  'print printf println html js urlquery toString toStrings quote squote cat join without uniq has'.split(
    ' ',
  ),
);

function charged(name: string, definition: TemplateFunction): TemplateFunction {
  const steps = Object.hasOwn(STEPS, name) ? (STEPS[name] as number) : 0;
  const isPrinting = PRINTING.has(name);
  if (steps === 0 && !isPrinting) return definition;
  return {
    ...definition,
    invoke(context, args) {
      context.spend(steps);
      if (isPrinting) for (const arg of args) spendWalk(context, arg);
      return definition.invoke(context, args);
    },
  };
}

const ENVIRONMENT = "it would put the controller's environment into messages";
const NETWORK = 'it would let a template send DNS queries';
const KEYS = 'keys and certificates do not belong into messages, and making them blocks the controller';

/** Sprig functions that templates may not use, and why. argocd-notifications refuses the first two as well. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['env', ENVIRONMENT],
  ['expandenv', ENVIRONMENT],
  ['getHostByName', NETWORK],
  ['genPrivateKey', KEYS],
  ['genCA', KEYS],
  ['genCAWithKey', KEYS],
  ['genSelfSignedCert', KEYS],
  ['genSelfSignedCertWithKey', KEYS],
  ['genSignedCert', KEYS],
  ['genSignedCertWithKey', KEYS],
  ['buildCustomCert', KEYS],
]);

/** What templates run with; sprig's `slice` replaces text/template's. */
export const SPRIG_LIBRARY: Library = {
  functions: new Map(
    [...BUILTINS, ...SPRIG, ...Object.entries(SLACK_FUNCTIONS)].map(
      ([name, definition]) => [name, charged(name, definition)] as const,
    ),
  ),
  refused: REFUSED,
  changing: CHANGING_FUNCTIONS,
};
