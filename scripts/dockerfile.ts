import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, matchesGlob } from 'node:path';

/** The last stage of a Dockerfile, built below a folder of this machine. */
export interface Image {
  /** Folder that stands for `/`. */
  root: string;
  workdir: string;
  env: Record<string, string>;
  /** `UID:GID` or a name; '' for root. */
  user: string;
  command: string[];
}

export interface BuildOptions {
  /** Folder of the Dockerfile and .dockerignore. Only files that git tracks are in the build context. */
  context: string;
  /** Empty; gets a folder for each stage. */
  target: string;
  /** Folder of the `node` that stands for the image's. */
  nodeFolder: string;
}

/**
 * Carries out the steps of a Dockerfile without Docker: ARG before FROM, COPY from the context and from other stages,
 * RUN in the stage's folder (`ln -s` with its root), ENV, WORKDIR, USER, ENTRYPOINT and CMD in JSON form. Base images are this
 * machine with another Node.js, which has the packages that `apk add` would bring. An instruction that it does not know is an error, so that nothing is passed over.
 */
export function buildWithoutDocker(options: BuildOptions): Image {
  const context = contextFiles(options.context);
  const stages = new Map<string, Image>();
  const defaults = new Map<string, string>();
  let image: Image | undefined;
  for (const [instruction, written] of instructions(join(options.context, 'Dockerfile'))) {
    const text = written.replaceAll(/\$\{(\w+)\}/g, (all, name: string) => defaults.get(name) ?? all);
    if (instruction === 'ARG' && image === undefined) {
      const [, name = '', value = ''] = /^(\w+)=(\S*)$/.exec(text) ?? [];
      defaults.set(name, value);
      continue;
    }
    if (instruction === 'FROM') {
      const name = /\sAS\s+(\S+)$/i.exec(text)?.[1] ?? 'final';
      if (!/^(node:24-|alpine:3)/.test(text)) throw new Error(`FROM ${text}: neither Node.js 24 nor Alpine`);
      const root = join(options.target, name);
      mkdirSync(root);
      image = { root, workdir: '/', env: {}, user: '', command: [] };
      stages.set(name, image);
      continue;
    }
    if (image === undefined) throw new Error(`${instruction} before FROM`);
    const at = (path: string) =>
      join(image?.root ?? '', path.startsWith('/') ? path : join(image?.workdir ?? '', path));
    if (instruction === 'WORKDIR') {
      image.workdir = text;
      mkdirSync(at(text), { recursive: true });
    } else if (instruction === 'ENV') {
      const [, name = '', value = ''] = /^(\w+)=(\S*)$/.exec(text) ?? [];
      image.env[name] = value;
    } else if (instruction === 'USER') {
      image.user = text;
    } else if (instruction === 'ENTRYPOINT' || instruction === 'CMD') {
      image.command.push(...(JSON.parse(text) as string[]));
    } else if (instruction === 'RUN' && text.startsWith('ln -s ')) {
      const [, target = '', link = ''] = /^ln -s (\S+) (\S+)$/.exec(text) ?? [];
      mkdirSync(dirname(at(link)), { recursive: true });
      symlinkSync(target, at(link));
    } else if (instruction === 'RUN' && text.startsWith('apk add ')) {
      console.log(`left out, as this machine has it: ${text}`);
    } else if (instruction === 'RUN') {
      console.log(`RUN ${text}`);
      execFileSync('sh', ['-c', text], {
        cwd: at('.'),
        env: { ...baseEnvironment(options.nodeFolder), ...image.env },
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    } else if (instruction === 'COPY') {
      const from = /^--from=(\S+)\s+/.exec(text);
      const paths = text.slice(from?.[0].length ?? 0).split(/\s+/);
      const target = paths.pop() ?? '';
      for (const path of paths) {
        if (from !== null && path === ofNode)
          cpSync(join(options.nodeFolder, 'node'), join(at(target), 'node'));
        else if (from === null) copyFromContext(options.context, context, path, at(target), target);
        else cpSync(join(stages.get(from[1] ?? '')?.root ?? '', path), at(target), { recursive: true });
      }
    } else if (instruction !== 'EXPOSE') {
      throw new Error(`${instruction}: this script does not know the instruction`);
    }
  }
  if (image === undefined) throw new Error('the Dockerfile has no stage');
  return image;
}

/** Of the base image; its folder is made by whoever copies it from there. */
const ofNode = '/usr/local/bin/node';

/** What a process in the image gets to see of this machine's environment. */
export function baseEnvironment(nodeFolder: string): Record<string, string> {
  const kept = ['HOME', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const npm = Object.keys(process.env).filter((name) =>
    /^(NPM_CONFIG_|npm_config_(registry|cache|cafile))/.test(name),
  );
  const taken = [...kept, 'NODE_EXTRA_CA_CERTS', ...npm].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(taken), PATH: `${nodeFolder}:${process.env['PATH'] ?? ''}` };
}

function instructions(dockerfile: string): [string, string][] {
  return readFileSync(dockerfile, 'utf8')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, instruction = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return [instruction.toUpperCase(), text.trim()];
    });
}

/** Files that git tracks, less those that .dockerignore takes out; its last pattern that matches decides. */
function contextFiles(context: string): string[] {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: context, encoding: 'utf8' }).split('\0');
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  const ignored = (file: string) =>
    patterns.reduce((verdict, line) => {
      const pattern = line.replace(/^!/, '');
      const matches = matchesGlob(file, pattern) || file.startsWith(`${pattern}/`);
      return matches ? !line.startsWith('!') : verdict;
    }, false);
  return tracked.filter((file) => file !== '' && !ignored(file));
}

/** A file lands in a target that ends in `/` under its name; of a folder the contents land in the target. */
function copyFromContext(
  context: string,
  files: string[],
  path: string,
  target: string,
  written: string,
): void {
  const matching = files.filter((file) => file === path || file.startsWith(`${path}/`));
  if (matching.length === 0) throw new Error(`COPY ${path}: nothing of that name is in the build context`);
  for (const file of matching) {
    const within =
      file === path ? (written.endsWith('/') ? basename(file) : '') : file.slice(path.length + 1);
    const destination = join(target, within);
    mkdirSync(dirname(destination), { recursive: true });
    cpSync(join(context, file), destination);
    chmodSync(destination, statSync(join(context, file)).mode | 0o444);
  }
}
