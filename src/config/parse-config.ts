import type { Problem } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import { createAnnotationCache } from '../subscriptions/schema.ts';
import { parseArgocd } from './argocd-options.ts';
import { checkReferences } from './check-references.ts';
import { collectServices } from './collected-services.ts';
import { type Compilers, languages } from './compilers.ts';
import type { ArgocdOptions, Config } from './config.ts';
import type { InspectedConfig } from './inspect.ts';
import {
  isTooLong,
  kindOf,
  type NamedValues,
  namedCompilers,
  nameOf,
  namesOf,
  readWholeKeys,
  tooLong,
  unknownKey,
} from './keys.ts';
import { legacyKey, parseLegacyConfig } from './legacy.ts';
import { problemList } from './problem-list.ts';
import { createSuggest, type Definitions } from './references.ts';
import type { SecretData, SecretSource } from './secrets.ts';
import { createSources, type Made } from './sources.ts';
import { placed, textsOf } from './texts.ts';

export type { Config };

export interface ConfigInput {
  /** `data` of the ConfigMap; undefined while there is none, which leaves everything empty. */
  configMap: Readonly<Record<string, string>> | undefined;
  /** `data` of the Secret; undefined: not known, so that references to it are no problems. */
  secret: SecretData | undefined;
  /** Other Secrets labelled `app.kubernetes.io/part-of: argocd`, by name, for `$name:key`. */
  secrets?: ReadonlyMap<string, SecretData>;
  /** For messages. */
  secretName?: string;
  /** Of a tenant: what it does not configure, the controller's configuration may. */
  isTenant?: boolean;
  /** Of a tenant: what its services may connect to. Absent: everything. */
  addresses?: AddressPolicy;
  /** Says more of it, as `inspectConfig` does. */
  inspect?: (config: InspectedConfig) => Problem[];
  /** The configuration that this one replaces: its unchanged keys are taken over, its good ones stand in for bad ones. */
  previous?: Config;
}

/** Characters for whatever is around the text of a key. */
const aroundKey = 100;

/**
 * Reads a ConfigMap and its Secrets. Each key stands alone: a bad one is a problem and disables itself only, and what
 * it said last while it was good stays in force. Never throws for any input. Keys that have not changed are not
 * compiled again. Conformance: `config.json`.
 */
export function parseConfig(input: ConfigInput, compilers: Compilers = languages): Config {
  const steps = parseInTurns(input, compilers);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * `parseConfig` in pieces, so that other work gets its turn between them: yields the characters that were read, key by
 * key. A key of a trigger or a template is at most `longestKey` characters.
 */
export function* parseInTurns(
  input: ConfigInput,
  compilers: Compilers = languages,
): Generator<number, Config> {
  const { previous, addresses, isTenant = false } = input;
  const data = input.configMap ?? {};
  const secrets: SecretSource = {
    name: input.secretName ?? 'argocd-notifications-secret',
    data: input.secret,
    others: input.secrets ?? new Map(),
  };
  const sources = createSources(previous?.sources);
  const turn = () => aroundKey + sources.takeRead();

  const legacyText = data[legacyKey] ?? '';
  const legacySource =
    legacyText === ''
      ? undefined
      : sources.remember(legacyKey, legacyText, () => {
          const value = parseLegacyConfig(legacyText);
          return { value, problems: value.problems };
        });
  const legacy = legacySource?.value;
  const texts = yield* textsOf(data, legacySource);

  function read<T>(key: string, compile: (key: string, text: string) => Made<T>): T | undefined {
    const source = texts.get(key);
    if (!source) return undefined;
    if (isTooLong(key, source.text))
      return sources.remember<T>(key, 'too long', () => ({ problems: [tooLong(key)] })).value;
    return sources.remember(key, source.input, () => {
      const made = compile(key, source.text);
      return { ...made, problems: made.problems.map((problem) => placed(problem, source)) };
    }).value;
  }

  // Key by key.
  const services = collectServices(sources, secrets, addresses);
  const compile = namedCompilers(compilers);
  const named: { [K in keyof NamedValues]: Map<string, NamedValues[K]> } = {
    triggers: new Map(),
    templates: new Map(),
    defaultTriggersByService: new Map(),
  };
  function readNamed<K extends keyof NamedValues>(kind: K, key: string): void {
    const value = read(key, compile[kind]);
    if (value) named[kind].set(nameOf(key), value);
  }
  for (const key of [...texts.keys()].sort()) {
    const text = texts.get(key)?.text ?? '';
    yield turn();
    const kind = kindOf(key);
    if (kind === undefined) sources.report(unknownKey(key));
    else if (kind === 'service') {
      services.read(key, text);
      yield text.length;
    } else if (kind !== 'whole') readNamed(kind, key);
  }
  const { silences, muteTimes, inhibit, groups, ...whole } = yield* readWholeKeys(read, turn);
  const argocdText = data['argocd'];
  const argocdKeys = new Set<string>();
  const argocd =
    argocdText === undefined
      ? undefined
      : sources.renew<ArgocdOptions>('argocd', () => {
          const parsed = parseArgocd(argocdText, secrets, addresses);
          for (const name of parsed.secretKeys) argocdKeys.add(name);
          return parsed;
        }).value;

  // What `config.yaml` adds.
  const enabled = legacy?.triggers.filter((trigger) => trigger.enabled) ?? [];
  const values = {
    ...whole,
    ...named,
    services: services.services,
    rules: { silences, muteTimes, inhibit, groups },
    defaultTriggers: [
      ...whole.defaultTriggers,
      ...enabled.map(({ name, at }) => ({ name, ...(at && { at }) })),
    ],
    context: { ...whole.context, ...Object.fromEntries(legacy?.context ?? []) },
  };

  // Key against key.
  yield turn();
  const inspected: InspectedConfig & Definitions = {
    ...values,
    serviceNames: new Set(services.keysByName.keys()),
    triggerNames: namesOf(texts.keys(), 'triggers'),
    templateNames: namesOf(texts.keys(), 'templates'),
    suggest: createSuggest(100),
    textOf: (key) => texts.get(key)?.text,
  };
  const references = yield* checkReferences(inspected, whole.defaultTriggers, { isTenant });
  references.push(...(input.inspect?.(inspected) ?? []));
  yield turn();
  for (const problem of references) {
    // What an earlier version refers to is told once its key can be read again: its places are not in this text.
    if (!sources.made.get(problem.key)?.isEarlier) sources.report(placed(problem, texts.get(problem.key)));
  }

  return {
    ...values,
    argocd,
    annotations: previous?.annotations ?? createAnnotationCache(),
    problems: problemList(sources.problems),
    secretKeys: [...services.secretKeys.union(argocdKeys)].sort(),
    sources: sources.made,
  };
}
