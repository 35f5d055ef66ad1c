import type { Json } from '../../src/model.ts';
import type { Arguments } from './answers.ts';

/** The arguments of a call that lists, with at most so many items. */
export function capped(args: Arguments, mostItems: number | undefined): Arguments {
  if (mostItems === undefined) return args;
  return { ...args, limit: String(Math.min(Number(args.limit ?? mostItems), mostItems)) };
}

/** From a form or JSON, as the content type says. */
export function parseArguments(contentType: string, body: string): Arguments {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(body));
  try {
    return JSON.parse(body) as Record<string, Json>;
  } catch {
    return {};
  }
}

/** As text, without the token. */
export function printed(args: Arguments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => name !== 'token')
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}
