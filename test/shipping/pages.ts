import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { commandSpecs } from '../../src/cli/commands.ts';
import { repository } from './kustomize.ts';

/** The text of a page below the repository. */
export const readPage = (page: string): string => readFileSync(join(repository, page), 'utf8');

/** Lines of a page's blocks of shell, without comments. */
export function shellLines(page: string): string[] {
  return [...readPage(page).matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\s*\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => line !== ''),
  );
}

/** The arguments of each `herald` of a page: in blocks, behind `kubectl exec` too, and in sentences. */
export function heraldArguments(page: string): string[] {
  const inBlocks = shellLines(page).flatMap((line) => {
    const [, args] = /(?:^| -- | \| |npm start -- )herald (.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [args.replace(/ [<>]\S+$/, '')];
  });
  const inSentences = [...readPage(page).matchAll(/`herald ([^`]*)`/g)].map(([, args = '']) =>
    args.replaceAll(/\s+/g, ' '),
  );
  return [...inBlocks, ...inSentences];
}

/** Whether there is such a command, with these flags; a sentence may also name a command without what it needs. */
export function isCommand(args: string): boolean {
  if (commandSpecs.some(({ path }) => path.join(' ') === args)) return true;
  const words = (args.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
  return !('exit' in parseCommandLine(words, { USER: 'jo', HERALD_QUEUE: 'sqlite:/data' }));
}

/** Links of a page into the repository that lead nowhere: to a file or a heading that is not there. */
export function deadLinks(page: string): string[] {
  return [...readPage(page).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)].flatMap(([, target = '', anchor]) => {
    if (/^https?:/.test(target)) return [];
    const file = target === '' ? join(repository, page) : join(repository, dirname(page), target);
    if (!existsSync(file)) return [target];
    return anchor === undefined || headings(file).includes(anchor) ? [] : [`${target}#${anchor}`];
  });
}

/** As GitHub names them in links. */
function headings(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
