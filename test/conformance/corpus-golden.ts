/** The layout of a corpus: ConfigMaps, Applications, and what the real engine made of them (`golden.jsonl`). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifests } from '../../src/cli/manifests.ts';
import { decodeJson } from '../../src/go/json.ts';
import type { JsonObject } from '../../src/model.ts';

/** A corpus that cannot be run at all; the message says why and what to do. */
export class CorpusError extends Error {}

/** What the engine does with one ConfigMap. */
export interface Golden {
  file: string;
  /** Why it refuses the whole of it; absent: it accepts it. */
  engineRejects?: string;
  /** What is wrong with each key when it is tried alone. */
  triggerErrors?: Record<string, string>;
  templateErrors?: Record<string, string>;
  /** By name, then by Application: a result per condition, null where the engine panics. */
  triggers: Record<string, Record<string, (GoldenResult | null)[]>>;
  templates: Record<string, Record<string, GoldenRendering>>;
  /** The answers change from run to run. */
  nondeterministic?: boolean;
}

export interface GoldenResult {
  triggered: boolean;
  oncePer?: string;
}

export type GoldenRendering = { notification: GoldenNotification } | { error: string };

/** `message`, and a section per type of service. */
export type GoldenNotification = JsonObject;

export interface CorpusConfig {
  golden: Golden;
  text: string;
}

export interface Corpus {
  directory: string;
  configs: CorpusConfig[];
}

/** Reads what `golden.jsonl` names. Throws a CorpusError for what is no corpus, or not a whole one. */
export function openCorpus(directory: string): Corpus {
  const file = join(directory, 'golden.jsonl');
  if (!existsSync(file)) {
    throw new CorpusError(`--corpus: ${directory} has no golden.jsonl: give the directory that holds it`);
  }
  const lines = readFileSync(file, 'utf8').split('\n');
  const goldens = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [parseLine(line, file, index + 1)],
  );
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const places = [directory, ...folders.map(({ name }) => join(directory, name))];
  const configs = goldens.map((golden) => {
    const path = places.map((place) => join(place, golden.file)).find(existsSync);
    if (path === undefined) {
      throw new CorpusError(
        `--corpus: ${golden.file} of ${file} is neither in ${directory} nor in a folder of it`,
      );
    }
    return { golden, text: readFileSync(path, 'utf8') };
  });
  return { directory, configs };
}

/** An Application of the corpus, by its path, or undefined. */
export function readApplication({ directory }: Corpus, name: string): JsonObject | undefined {
  const path = join(directory, name);
  return existsSync(path) ? (decodeJson(readFileSync(path, 'utf8')) as JsonObject) : undefined;
}

/** The data of the ConfigMap in a file. */
export function configMapOf(file: string, text: string): Record<string, string> {
  const manifest = readManifests(file, text).find(({ kind }) => kind === 'ConfigMap');
  const values = Object.entries(manifest?.object.data ?? {});
  return Object.fromEntries(
    values.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parseLine(line: string, file: string, number: number): Golden {
  try {
    const golden = JSON.parse(line) as Golden;
    if (typeof golden.file === 'string')
      return { ...golden, triggers: golden.triggers ?? {}, templates: golden.templates ?? {} };
  } catch (error) {
    throw new CorpusError(`--corpus: ${file}, line ${number} is no JSON: ${String(error)}`, { cause: error });
  }
  throw new CorpusError(`--corpus: ${file}, line ${number} names no file`);
}
