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
    herald:
      'The service, or the one recipient whose entry of a mapping it is, is refused, with a problem that names the key: no `$key` is ever sent.',
    instead(step, { service, options = '', secrets }) {
      const document = parseYaml(options);
      const written = document.value;
      // A configuration that nobody can read is refused by both.
      if (document.problems.length > 0 || typeof written !== 'object' || written === null) return undefined;
      const lacksKey = (value: unknown) =>
        [...JSON.stringify(value ?? '').matchAll(/(?<![A-Za-z0-9])\$([\w-]+)/g)].some(
          ([, name = '']) => !Object.hasOwn(secrets, name),
        );
      const fields = Object.entries(schemaOf(service)?.options ?? {});
      const kindOf = (name: string) =>
        fields.find(([field]) => field.toLowerCase() === name.toLowerCase())?.[1].kind;
      const refused = Object.entries(written).flatMap(([name, value]) => {
        if (kindOf(name) !== 'map') return lacksKey(value) ? ['options'] : [];
        // The other recipients of a mapping are what they were.
        return lacksKey((value as Record<string, unknown>)[step.recipient]) ? ['recipient'] : [];
      });
      const error = refused.includes('options') ? 'options' : refused[0];
      return error === undefined ? undefined : { ...step, expect: { error, requests: [] } };
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
