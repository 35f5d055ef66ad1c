import { parseYaml } from '../../../../src/go/yaml.ts';
import { schemaOf } from '../../../../src/services/schemas.ts';
import { type Difference, expecting } from '../difference.ts';

export const differences: readonly Difference[] = [
  {
    engine: 'A token or a URL may be missing: requests are made that no server takes.',
    herald: 'Options without which nothing can be sent are an error when the configuration is read.',
    instead(step, { service, options = '' }) {
      // Those that the engine refuses, too, if later.
      if (['config', 'options', 'credentials', 'request'].includes(step.expect.error ?? '')) return undefined;
      const written = parseYaml(options).value;
      if (typeof written !== 'object' || Array.isArray(written)) return undefined;
      const given = new Set(
        Object.entries(written ?? {})
          .filter(([, value]) => value !== null && value !== '')
          .map(([name]) => name.toLowerCase()),
      );
      const missing = Object.entries(schemaOf(service)?.options ?? {}).filter(
        ([name, field]) => field.required !== undefined && !given.has(name.toLowerCase()),
      );
      return missing.length === 0 ? undefined : { ...step, expect: { error: 'options', requests: [] } };
    },
  },
  {
    engine: 'A `$key` that the Secret does not have is sent as it is, as a token or within a URL.',
    herald: 'The service is refused, with a problem that names the key: no `$key` is ever sent.',
    instead(step, { options = '', secrets }) {
      const names = [...options.matchAll(/(?<![A-Za-z0-9])\$([\w-]+)/g)].map(([, name = '']) => name);
      if (names.every((name) => Object.hasOwn(secrets, name))) return undefined;
      // A configuration that nobody can read is refused by both.
      if (parseYaml(options).problems.length > 0) return undefined;
      return { ...step, expect: { error: 'options', requests: [] } };
    },
  },
  {
    engine:
      "A line break at the end of a Secret's value makes the header invalid in which it stands: nothing is sent.",
    herald: 'The line break is left out of the header, and the notification is sent.',
    instead(step, { options = '', secrets }) {
      if (step.expect.error !== 'request') return undefined;
      const broken = Object.entries(secrets).filter(
        ([name, value]) => /[^\n]\n$/.test(value) && options.includes(`$${name}`),
      );
      const [first] = broken;
      if (first === undefined) return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) => {
        if (request === undefined || more.length > 0) return 'one request was to be sent';
        const value = first[1].trimEnd();
        const headers = Object.values(request.headers ?? {});
        return headers.some((header) => header.endsWith(value)) ? undefined : 'no header ends in the value';
      });
    },
  },
];
