export interface ExposedSample {
  name: string;
  labels: Record<string, string>;
  value: string;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' };

/** Reads the text format of Prometheus as strictly as its own parser does. Throws where that would refuse the scrape. */
export function parseExposition(text: string): ExposedSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(sampleOf);
}

function sampleOf(line: string): ExposedSample {
  const [name] = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line) ?? [];
  if (name === undefined) throw new Error(`no name: ${JSON.stringify(line)}`);
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === '{') {
    at += 1;
    while (line[at] !== '}') {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)",?/s.exec(line.slice(at));
      if (!label) throw new Error(`no label at ${at}: ${JSON.stringify(line)}`);
      const [all, key = '', written = ''] = label;
      if (Object.hasOwn(labels, key)) throw new Error(`${key} twice: ${JSON.stringify(line)}`);
      labels[key] = written.replace(/\\([\\"n])/g, (_all, letter: string) => escapes[letter] ?? '');
      at += all.length;
    }
    at += 1;
  }
  const value = line.slice(at);
  if (!/^ (?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|Na[nN])$/i.test(value))
    throw new Error(`no value: ${JSON.stringify(line)}`);
  return { name, labels, value: value.trim() };
}
