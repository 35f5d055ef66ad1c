import { createDecoder } from '../go/decode.ts';
import { field, fieldKey, type YamlPath } from '../go/yaml.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { ArgocdOptions } from './config.ts';
import type { SecretSource } from './secrets.ts';
import { parseWithSecrets, refusedHost, reportReferences } from './services.ts';
import type { Made } from './sources.ts';

export const argocdFields = ['url', 'token', 'insecureSkipVerify'];

/** The key `argocd`, with the Secret's values in place. */
export function parseArgocd(
  text: string,
  secrets: SecretSource,
  addresses: AddressPolicy | undefined,
): Made<ArgocdOptions> & { secretKeys: string[] } {
  const { document, references, hide } = parseWithSecrets(text, secrets);
  const decoder = createDecoder(document, 'argocd');
  reportReferences(decoder, 'argocd', references);
  const object = decoder.object([], document.value) ?? {};
  decoder.knownFields([], object, argocdFields);
  const at = (name: string): YamlPath => [fieldKey(object, name) ?? name];
  const string = (name: string) => decoder.string(at(name), field(object, name) ?? null) ?? '';
  const value = {
    url: string('url'),
    token: string('token'),
    insecureSkipVerify: field(object, 'insecureSkipVerify') === true,
    ...(addresses && { addresses }),
  };
  const unresolved = references.some((reference) => !reference.resolved);
  if (!unresolved && document.problems.length === 0 && !/^https?:\/\/[^/?#\s]/.test(value.url)) {
    decoder.report(
      at('url'),
      'error',
      'url is no http(s) URL',
      'Write the address of Argo CD, such as https://argocd.example.com.',
    );
  }
  const refused = addresses && refusedHost(value.url, addresses);
  if (refused !== undefined) decoder.report(at('url'), 'error', refused.what, refused.fix);
  const problems = decoder.problems.map((problem) => ({
    ...problem,
    what: hide(problem.what),
    fix: hide(problem.fix),
  }));
  const secretKeys = [...new Set(references.map((reference) => reference.name))];
  const failed = problems.some((problem) => problem.severity === 'error');
  return failed ? { problems, secretKeys } : { value, problems, secretKeys };
}
