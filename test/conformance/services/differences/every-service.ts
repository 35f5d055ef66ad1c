import { parseYaml } from '../../../../src/go/yaml.ts';
import { type Difference, expecting } from '../difference.ts';

export const differences: readonly Difference[] = [
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
