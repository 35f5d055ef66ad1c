import { parseYaml, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject, textOf } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { CommandFailure } from './io.ts';

/** A Kubernetes object of a file. */
export interface Manifest {
  /** The path, or `standard input`. */
  file: string;
  kind: string;
  name: string;
  namespace: string;
  object: JsonObject;
  /** Where a position inside the text at `path` stands in the file; without one, where the value itself does. */
  position(path: YamlPath, inside?: Position): Position | undefined;
}

/** All objects of a file: YAML documents or JSON, lists taken apart. Anything that is no object is a failure. */
export function readManifests(file: string, text: string): Manifest[] {
  return documentsOf(text).flatMap((document) => {
    const [problem] = document.problems;
    if (problem) {
      throw new CommandFailure(`${file}:${problem.line}:${problem.column}: not valid YAML: ${problem.what}`);
    }
    if (document.value === null) return [];
    if (!isObject(document.value)) throw new CommandFailure(`${file}: a Kubernetes object was expected`);
    return manifestsOf(file, document, document.value, []);
  });
}

function manifestsOf(file: string, document: YamlDocument, object: JsonObject, path: YamlPath): Manifest[] {
  const { items } = object;
  if (Array.isArray(items) && textOf(object.kind).endsWith('List')) {
    return items.flatMap((item, i) =>
      isObject(item) ? manifestsOf(file, document, item, [...path, 'items', i]) : [],
    );
  }
  const metadata = isObject(object.metadata) ? object.metadata : {};
  return [
    {
      file,
      kind: textOf(object.kind),
      name: textOf(metadata.name),
      namespace: textOf(metadata.namespace),
      object,
      position: (inner, inside) =>
        inside ? document.within([...path, ...inner], inside) : document.at([...path, ...inner]),
    },
  ];
}

/** Each document keeps its lines, counted from the top of the file. */
function documentsOf(text: string): YamlDocument[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, i) => (/^---(\s|$)/.test(line) ? [i] : []));
  const bounds = [0, ...starts.filter((start) => start > 0), lines.length];
  return bounds.slice(1).map((end, i) => {
    const start = bounds[i] ?? 0;
    return parseYaml('\n'.repeat(start) + lines.slice(start, end).join('\n'));
  });
}
