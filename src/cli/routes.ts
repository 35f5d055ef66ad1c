import { labelValues } from '../alerts/labels.ts';
import { createRuleBook } from '../alerts/rule-book.ts';
import { createWatchScope } from '../cluster/scope.ts';
import type { Config } from '../config/config.ts';
import { textAt } from '../json.ts';
import type { Application, Destination, JsonObject } from '../model.ts';
import { parseSelector } from '../subscriptions/selector.ts';
import type { Origin } from './explain/facts.ts';
import { subscribedOf, troubleOf } from './explain/subscribed.ts';
import { formatted } from './formatted.ts';
import { CommandFailure, type CommandIo, exitCode } from './io.ts';
import { configOf } from './loaded-config.ts';
import { readManifests } from './manifests.ts';
import { applicationOf, metadataOf, stringsOf } from './object-values.ts';
import type { RoutesOptions } from './options.ts';
import { nameOf, openSource, readInput, type Source } from './source.ts';
import { formatTable, oneLine, printable } from './table.ts';

interface Route {
  /** `namespace/name`. */
  application: string;
  trigger: string;
  destination: Destination;
  from: readonly Origin[];
  /** The rules by which its messages are told together. */
  groups: string[];
  /** Why nothing can come of it. */
  problem?: string;
}

interface Objects {
  applications: Application[];
  projects: JsonObject[];
}

/** `herald routes`: which Applications go where. 1 where there is none. */
export async function showRoutes(options: RoutesOptions, io: CommandIo): Promise<number> {
  const source = openSource(options.source, io);
  try {
    const loaded = await source.config(options.source.configMap === '' ? 'wanted' : 'given');
    const config = configOf(loaded, options.source.secretName);
    const objects =
      options.files.length > 0
        ? await ofFiles(options, loaded.namespace, io)
        : await ofCluster(options, source);
    const routes = objects.applications
      .filter((application) => isAsked(application, options))
      .flatMap((application) => routesOf(application, objects.projects, config))
      .filter((route) => matches(route, options));
    io.stdout(options.output === 'wide' ? tableOf(routes, options) : formatted(routes, options.output));
    return routes.length === 0 ? exitCode.negative : exitCode.ok;
  } finally {
    await source.close();
  }
}

async function ofFiles({ files }: RoutesOptions, namespace: string, io: CommandIo): Promise<Objects> {
  const found: Objects = { applications: [], projects: [] };
  for (const path of files) {
    for (const { kind, object, namespace: own } of readManifests(nameOf(path), await readInput(path, io))) {
      if (kind === 'Application') found.applications.push(applicationOf(object, own || namespace));
      if (kind === 'AppProject') found.projects.push(object);
    }
  }
  if (found.applications.length === 0)
    throw new CommandFailure(`${files.map(nameOf).join(', ')}: no Application`);
  return found;
}

async function ofCluster(
  { applicationNamespaces, appLabelSelector }: RoutesOptions,
  source: Source,
): Promise<Objects> {
  const namespace = source.namespace();
  const scope = createWatchScope(namespace, applicationNamespaces);
  const selector = parseSelector(appLabelSelector);
  const [applications, projects] = await Promise.all([
    source.list('applications', scope.onlyOwn ? namespace : undefined),
    source.list('appprojects', namespace).catch(() => []),
  ]);
  return {
    applications: applications
      .map((object) => applicationOf(object, namespace))
      .filter(
        (each) => scope.includes(each.namespace) && (!selector.ok || selector.selector.matches(each.labels)),
      ),
    projects,
  };
}

function isAsked({ namespace, name }: Application, { applications }: RoutesOptions): boolean {
  return (
    applications.length === 0 || applications.some((each) => each === name || each === `${namespace}/${name}`)
  );
}

function matches({ trigger, destination }: Route, options: RoutesOptions): boolean {
  const isTrigger = options.trigger === '' || options.trigger === trigger;
  const { service, recipient } = destination;
  return isTrigger && ['', service, `${service}:${recipient}`].includes(options.destination);
}

function routesOf(application: Application, projects: readonly JsonObject[], config: Config): Route[] {
  const project = projects.find((each) => textAt(each, 'metadata', 'name') === application.project);
  const book = createRuleBook(config.rules);
  const annotations = stringsOf(metadataOf(project).annotations);
  return subscribedOf(application, annotations, config).map(({ trigger, destination, from }) => {
    const trouble = troubleOf({ trigger, destination }, [config], application.kind);
    const conditions = config.triggers.get(trigger)?.conditions ?? [];
    const groups = conditions.flatMap(({ severity, labels }) => {
      const { object } = application;
      const rule = book.group(labelValues({ trigger, severity, labels, application, object, destination }));
      if (!rule) return [];
      const by = rule.groupBy === 'all' ? 'every label' : rule.groupBy.join(', ');
      const entry = rule.entry ?? config.rules.groups.indexOf(rule) + 1;
      return [`groups ${entry}${by === '' ? '' : `, by ${by}`}`];
    });
    return {
      application: `${application.namespace}/${application.name}`,
      trigger,
      destination,
      from,
      groups: [...new Set(groups)],
      ...(trouble ? { problem: trouble.what } : {}),
    };
  });
}

function destinationText({ destination: { service, recipient } }: Route): string {
  return `${service}:${recipient}`;
}

function tableOf(routes: readonly Route[], { by }: RoutesOptions): string {
  if (routes.length === 0) return 'Nobody is subscribed.\n';
  return by === 'destination' ? byDestination(routes) : byApplication(routes);
}

function byApplication(routes: readonly Route[]): string {
  const rows = routes.map((route) => [
    route.application,
    route.trigger,
    destinationText(route),
    route.groups.join(' or '),
    route.problem ?? route.from.map(originText).join(' and '),
  ]);
  return shown([['APPLICATION', 'TRIGGER', 'DESTINATION', 'GROUP', 'FROM OR PROBLEM'], ...rows]);
}

function byDestination(routes: readonly Route[]): string {
  const groups = Map.groupBy(routes, (route) => `${destinationText(route)}\n${route.trigger}`);
  const rows = [...groups.values()]
    .map((all) => {
      const [first] = all as [Route];
      const applications = all.map(({ application }) => application);
      return [
        destinationText(first),
        first.trigger,
        String(all.length),
        first.problem ?? applications.join(' '),
      ];
    })
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
  return shown([['DESTINATION', 'TRIGGER', 'COUNT', 'APPLICATIONS OR PROBLEM'], ...rows]);
}

function originText({ kind, name, isDefault }: Origin): string {
  const where = { annotation: 'annotation', project: 'AppProject', global: name }[kind];
  return isDefault ? `${where}, default triggers` : where;
}

function shown(rows: readonly string[][]): string {
  return printable(formatTable(rows.map((row) => row.map((cell) => oneLine(cell, 200)))));
}
