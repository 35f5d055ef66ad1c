/** Random texts, password hashes and AES. Their results differ from run to run; only their form can be compared. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  randomInt,
  randomUUID,
  scryptSync,
} from 'node:crypto';
import bcryptjs from 'bcryptjs';
import { fromBytes, toBytes } from '../../go/bytes.ts';
import { goInt } from '../../go/numbers.ts';
import type { GoInt } from '../../go/value.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { intArgument } from './cast.ts';
import { decodeBase64 } from './encoding.ts';
import { base64 } from './json.ts';
import { BCRYPT_STEPS, checkText, SCRYPT_STEPS } from './limits.ts';
import { runesOf } from './runes.ts';

const DIGITS = '0123456789';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PRINTABLE = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('');

const randomText = (alphabet: string): TemplateFunction =>
  contextual('func(int) string', (context, count: GoInt) => {
    const length = intArgument(count);
    checkText(context, length);
    if (length <= 0) return '';
    context.spend(4 * length);
    return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
  });

function randomBase64(context: FunctionContext, count: GoInt): string {
  const length = intArgument(count);
  if (length < 0) throw new Error('runtime error: makeslice: len out of range');
  checkText(context, length);
  return base64(randomBytes(length));
}

function randomInteger(min: GoInt, max: GoInt): GoInt {
  const [from, to] = [intArgument(min), intArgument(max)];
  if (to <= from) throw new Error('invalid argument to Intn');
  return goInt(from + Math.floor(Math.random() * (to - from)));
}

function shuffle(context: FunctionContext, text: string): string {
  const runes = runesOf(text);
  context.spend(runes.length);
  for (let at = runes.length - 1; at > 0; at--) {
    const other = randomInt(at + 1);
    [runes[at], runes[other]] = [runes[other] as string, runes[at] as string];
  }
  return runes.join('');
}

const BCRYPT_COST = 10;
const BCRYPT_MAX_BYTES = 72;

function bcrypt(context: FunctionContext, password: string): string {
  context.spend(BCRYPT_STEPS);
  const length = toBytes(password).length;
  if (length > BCRYPT_MAX_BYTES) {
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes';
  }
  return bcryptjs.hashSync(password, BCRYPT_COST).replace(/^\$2b\$/, '$2a$');
}

function htpasswd(context: FunctionContext, user: string, password: string): string {
  return user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(context, password)}`;
}

const SEED = 'com.lyndir.masterpassword';

/** Forms of the Master Password algorithm: each letter stands for a class of characters. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: [
    'CvcvnoCvcvCvcv',
    'CvcvCvcvnoCvcv',
    'CvcvCvcvCvcvno',
    'CvccnoCvcvCvcv',
    'CvccCvcvnoCvcv',
    'CvccCvcvCvcvno',
    'CvcvnoCvccCvcv',
    'CvcvCvccnoCvcv',
    'CvcvCvccCvcvno',
    'CvcvnoCvcvCvcc',
    'CvcvCvcvnoCvcc',
    'CvcvCvcvCvccno',
    'CvccnoCvccCvcv',
    'CvccCvccnoCvcv',
    'CvccCvccCvcvno',
    'CvcvnoCvccCvcc',
    'CvcvCvccnoCvcc',
    'CvcvCvccCvccno',
    'CvccnoCvcvCvcc',
    'CvccCvcvnoCvcc',
    'CvccCvcvCvccno',
  ],
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
};

const CLASSES: Readonly<Record<string, string>> = {
  V: 'AEIOU',
  C: 'BCDFGHJKLMNPQRSTVWXYZ',
  v: 'aeiou',
  c: 'bcdfghjklmnpqrstvwxyz',
  A: 'AEIOUBCDFGHJKLMNPQRSTVWXYZ',
  a: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz',
  n: DIGITS,
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: 'AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()',
};

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const labelled = (text: string, ...more: Uint8Array[]): Buffer => {
  const bytes = toBytes(text);
  return Buffer.concat([toBytes(SEED), uint32(bytes.length), bytes, ...more]);
};

/** The Master Password algorithm; `counter` is a uint32. */
function derivePassword(
  context: FunctionContext,
  counter: { value: number | bigint },
  form: string,
  password: string,
  user: string,
  site: string,
): string {
  const forms = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined;
  if (forms === undefined) return `cannot find password template ${form}`;
  context.spend(SCRYPT_STEPS);
  const options = { N: 32768, r: 8, p: 2, maxmem: 64 * 1024 * 1024 };
  const key = scryptSync(toBytes(password), labelled(user), 64, options);
  const seed = createHmac('sha256', key)
    .update(labelled(site, uint32(Number(counter.value))))
    .digest();
  const template = forms[(seed[0] as number) % forms.length] as string;
  return Array.from(template, (letter, at) => {
    const characters = CLASSES[letter] as string;
    return characters[(seed[at + 1] as number) % characters.length];
  }).join('');
}

const AES_BLOCK = 16;

function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32);
  key.set(toBytes(password).subarray(0, 32));
  return key;
}

function encryptAes(password: string, text: string): string {
  if (text === '') return '';
  const iv = randomBytes(AES_BLOCK);
  const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv);
  return base64(Buffer.concat([iv, cipher.update(toBytes(text)), cipher.final()]));
}

/** The padding is believed, as in sprig: a wrong password gives garbage rather than an error. */
function decryptAes(password: string, encrypted: string): string {
  if (encrypted === '') return '';
  const decoded = decodeBase64(encrypted);
  if (!decoded.ok) throw new Error(`illegal base64 data at input byte ${decoded.at}`);
  const { bytes } = decoded;
  if (bytes.length <= AES_BLOCK || bytes.length % AES_BLOCK !== 0)
    throw new Error('crypto/cipher: input not full blocks');
  const decipher = createDecipheriv(
    'aes-256-cbc',
    aesKey(password),
    bytes.subarray(0, AES_BLOCK),
  ).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes.subarray(AES_BLOCK)), decipher.final()]);
  const length = padded.length - (padded.at(-1) as number);
  if (length < 0) throw new Error('slice bounds out of range');
  return fromBytes(padded.subarray(0, length));
}

export const CRYPTO_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  randAlphaNum: randomText(DIGITS + LETTERS),
  randAlpha: randomText(LETTERS),
  randNumeric: randomText(DIGITS),
  randAscii: randomText(PRINTABLE),
  randBytes: contextual('func(int) (string, error)', randomBase64),
  randInt: pure('func(int, int) int', randomInteger),
  uuidv4: pure('func() string', () => randomUUID()),
  shuffle: contextual('func(string) string', shuffle),
  bcrypt: contextual('func(string) string', bcrypt),
  htpasswd: contextual('func(string, string) string', htpasswd),
  derivePassword: contextual('func(uint32, string, string, string, string) string', derivePassword),
  encryptAES: pure('func(string, string) (string, error)', encryptAes),
  decryptAES: contextual('func(string, string) (string, error)', (context, password: string, text: string) =>
    context.decoded(decryptAes(password, text)),
  ),
};
