/** The Application or ApplicationSet that is asked about, and its AppProject. */
import { projectOf } from '../../application.ts';
import { kindOf, projectOfSet } from '../../application-set.ts';
import { didYouMean } from '../../go/did-you-mean.ts';
import { isObject, textAt, textOf } from '../../json.ts';
import type { Application, JsonObject, OtherKind } from '../../model.ts';
import { CommandFailure, type CommandIo } from '../io.ts';
import { applicationOf, metadataOf } from '../object-values.ts';
import type { ExplainOptions } from '../options.ts';
import type { Source } from '../source.ts';
import type { ExplainFacts } from './facts.ts';
import { freshWrite } from './others.ts';
import { rightText } from './rights.ts';

export interface Found {
  identity: ExplainFacts['application'];
  /** Undefined: there is none, or it may not be read. */
  application: Application | undefined;
  written?: NonNullable<ExplainFacts['written']>;
  isFile: boolean;
  /** Rights that are missing to read it. */
  forbidden: string[];
}

export async function findApplication(
  { application: given, source: from }: ExplainOptions,
  source: Source,
  io: CommandIo,
): Promise<Found> {
  if (await io.isFile(given)) {
    const application = await source.application(given);
    const { namespace, name, project, object } = application;
    return {
      identity: { ...kindOf(object), namespace, name, project },
      application,
      isFile: true,
      forbidden: [],
    };
  }
  const [prefix] = /^(?:applicationset|appset)s?\//i.exec(given) ?? [''];
  const kind: OtherKind | undefined = prefix === '' ? undefined : 'ApplicationSet';
  const [name = '', namespace = from.kube.namespace || source.namespace(), ...more] = given
    .slice(prefix.length)
    .split('/')
    .reverse();
  const isName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
  if (more.length > 0 || !isName.test(name) || !isName.test(namespace))
    throw new CommandFailure(`${given}: no such file, and no name: give NAME or NAMESPACE/NAME`);
  const resource = resourceOf(kind);
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/${resource}/${name}`;
  const identity = { ...(kind && { kind }), namespace, name, project: '' };
  const what = `${kind ?? 'Application'} ${namespace}/${name}`;
  try {
    const answered = await source.cluster().json({ path });
    if (!isObject(answered)) throw new CommandFailure(`cannot read ${what}`);
    const raw = kind ? { ...answered, kind } : answered;
    // The model leaves out who wrote what. Nobody else sends notifications of ApplicationSets.
    const written = kind ? undefined : freshWrite(raw, io.now());
    const application = applicationOf(raw, namespace);
    return {
      identity: { ...identity, project: kind ? projectOfSet(raw) : projectOf(raw) },
      application,
      ...(written ? { written } : {}),
      isFile: false,
      forbidden: [],
    };
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) return { identity, application: undefined, isFile: false, forbidden: [] };
    if (status !== 403)
      throw error instanceof CommandFailure
        ? error
        : new CommandFailure(`cannot read ${what}: ${(error as Error).message}`, {
            cause: error,
          });
    const right = rightText({ verb: 'get', group: 'argoproj.io', resource, namespace });
    return { identity, application: undefined, isFile: false, forbidden: [right] };
  }
}

export function resourceOf(kind: OtherKind | undefined): 'applications' | 'applicationsets' {
  return kind === undefined ? 'applications' : 'applicationsets';
}

export function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  if (typeof status === 'number') return status;
  return error instanceof Error && error.cause !== undefined ? statusOf(error.cause) : undefined;
}

/** A name like it, or the same in another namespace. */
export async function meantBy(
  { kind, namespace, name }: ExplainFacts['application'],
  source: Source,
): Promise<string | undefined> {
  const resource = resourceOf(kind);
  const all = await source
    .list(resource, undefined)
    .catch(() => source.list(resource, namespace))
    .catch(() => []);
  const names = all.map(
    (each) => `${textAt(each, 'metadata', 'namespace')}/${textOf(metadataOf(each).name)}`,
  );
  return names.find((each) => each.endsWith(`/${name}`)) ?? didYouMean(`${namespace}/${name}`, names);
}

export async function readProject(
  source: Source,
  { project }: Application,
): Promise<JsonObject | 'missing' | 'unknown'> {
  // Each Application of an ApplicationSet may have one of its own.
  if (project === '') return 'unknown';
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${source.namespace()}/appprojects/${encodeURIComponent(project)}`;
  try {
    const found = await source.cluster().json({ path });
    return isObject(found) ? found : 'unknown';
  } catch (error) {
    return statusOf(error) === 404 ? 'missing' : 'unknown';
  }
}
