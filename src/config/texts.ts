import { parseYaml } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import type { Json, Problem } from '../model.ts';
import type { Source } from './config.ts';
import { isTooLong } from './keys.ts';
import { type LegacyConfig, legacyKey, mergeLegacyTrigger } from './legacy.ts';

/** The text of a key: the ConfigMap's, or what `config.yaml` puts in its place. */
export interface TextSource {
  text: string;
  /** What `text` depends on. */
  input: string;
  /** `config.yaml` in place of the key. */
  origin?: true;
  at?: Position;
}

/** The text of each key, with what `config.yaml` puts over it. Yields the characters that were read. */
export function* textsOf(
  data: Readonly<Record<string, string>>,
  legacy: Source<LegacyConfig> | undefined,
): Generator<number, Map<string, TextSource>> {
  const texts = new Map<string, TextSource>(
    Object.entries(data).map(([key, text]) => [key, { text, input: text }]),
  );
  const { triggers = [], templates = [], subscriptions } = legacy?.value ?? {};
  const put = (key: string, source: Json, place: Position | undefined) => {
    const text = JSON.stringify(source);
    const at = legacy?.isEarlier ? undefined : place;
    // Its problems name the place, which may change alone.
    const input = `${legacyKey} ${at?.line} ${at?.column}\n${text}`;
    texts.set(key, { text, input, origin: true, ...(at && { at }) });
  };
  for (const trigger of triggers) {
    const key = `trigger.${trigger.name}`;
    const replaced = texts.get(key)?.text ?? '';
    const conditions = isTooLong(key, replaced) ? null : parseYaml(replaced).value;
    yield replaced.length;
    put(key, mergeLegacyTrigger(Array.isArray(conditions) ? conditions : [], trigger), trigger.at);
  }
  for (const { name, source, at } of templates) put(`template.${name}`, source, at);
  if (subscriptions) put('subscriptions', subscriptions.source, subscriptions.at);
  return texts;
}

/** A problem of a key where it can be mended: in `config.yaml` only the entry's place is known. */
export function placed(problem: Problem, source: TextSource | undefined): Problem {
  if (!source?.origin) return problem;
  const { line: _line, column: _column, ...rest } = problem;
  return { ...rest, key: legacyKey, ...source.at, what: `${problem.key}: ${problem.what}` };
}
