import { stringify } from 'yaml';

/** A value as `-o json` and `-o yaml` print it. */
export function formatted(value: unknown, output: 'json' | 'yaml'): string {
  return output === 'json'
    ? `${JSON.stringify(value, null, 2)}\n`
    : stringify(value, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false });
}
