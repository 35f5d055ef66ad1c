import { isDeepStrictEqual } from 'node:util';

/**
 * Equal to a reader: escapes of Markdown and HTML, and what keeps a mention from being one, are not seen; a long text may
 * be cut.
 */
export function isShownAlike(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'string' && typeof wanted === 'string') {
    return [plain(actual), decoded(plain(actual))].some((text) => {
      const isCut = text.length > 1_000 && text.endsWith('…') && plain(wanted).startsWith(text.slice(0, -1));
      return text === plain(wanted) || isCut;
    });
  }
  if (typeof actual !== 'object' || typeof wanted !== 'object' || actual === null || wanted === null)
    return actual === wanted;
  const keys = Object.keys(wanted);
  return (
    isDeepStrictEqual(new Set(Object.keys(actual)), new Set(keys)) &&
    keys.every((key) => isShownAlike(Reflect.get(actual, key), Reflect.get(wanted, key)))
  );
}

function plain(text: string): string {
  return text.replaceAll('\\', '').replaceAll('\u200b', '');
}

function decoded(text: string): string {
  const characters: Record<string, string> = { lt: '<', gt: '>', amp: '&' };
  return text.replace(/&(lt|gt|amp);/g, (found, name: string) => characters[name] ?? found);
}
