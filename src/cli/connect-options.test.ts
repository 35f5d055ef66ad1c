import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { connectOptions } from './connect-options.ts';

function options(...argv: string[]) {
  const parsed = parseCommandLine(['run', ...argv], {});
  if ('exit' in parsed || parsed.command !== 'run') throw new Error(JSON.stringify(parsed));
  return connectOptions(parsed.options.kube);
}

test('absent flags leave everything to the kubeconfig', () => {
  const { overrides, ...rest } = options();
  expect(rest).toEqual({ headers: {} });
  expect(Object.values(overrides ?? {}).every((value) => value === '' || value === false)).toBe(true);
});

test('flags reach the connection', () => {
  expect(
    options('--kubeconfig=k', '--context=c', '--server=https://a', '--request-timeout=5s', '--as=root'),
  ).toMatchObject({
    kubeconfig: 'k',
    context: 'c',
    timeoutMs: 5000,
    overrides: { server: 'https://a', as: 'root' },
  });
});

test('impersonation of groups, a uid and extras is headers', () => {
  const argv = [
    '--as-group=a',
    '--as-group=b',
    '--as-uid=7',
    '--as-user-extra=Scope/x=1=2',
    '--as-user-extra=Scope/x=3',
  ];
  expect(options(...argv).headers).toEqual({
    'impersonate-group': ['a', 'b'],
    'impersonate-uid': '7',
    'impersonate-extra-scope%2fx': ['1=2', '3'],
  });
});
