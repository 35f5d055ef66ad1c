/** Runs real ConfigMaps through the product, and compares with what the real engine makes of them. */

import { checkConfig, type FileProblem } from '../../src/config/check.ts';
import { type Config, parseConfig } from '../../src/config/parse-config.ts';
import { UTC } from '../../src/go/location.ts';
import type { JsonObject } from '../../src/model.ts';
import { conditionVars } from '../../src/triggers/schema.ts';
import type { Trigger } from '../../src/triggers/trigger.ts';
import {
  type Corpus,
  type CorpusConfig,
  configMapOf,
  type Golden,
  type GoldenRendering,
  type GoldenResult,
  readApplication,
} from './corpus-golden.ts';
import { compareRendering } from './corpus-render.ts';
import { type Fixtures, FROZEN_NOW, fixedRepo, readFixtures } from './fixtures.ts';
import type { FiledVerdict } from './report.ts';
import { sendsNothing } from './run-config.ts';
import { printOncePer } from './run-state-rules.ts';
import type { Verdict } from './verdict.ts';

export { type Corpus, CorpusError, openCorpus } from './corpus-golden.ts';

type Judgement = Omit<Verdict, 'name' | 'group'>;

const PASSED: Judgement = { status: 'passed' };
const failed = (detail: string): Judgement => ({ status: 'failed', detail });

/** Per ConfigMap one verdict of the whole, one per trigger and Application, one per template and Application. */
export function runCorpus(corpus: Corpus, fixturesFile: string): FiledVerdict[] {
  const fixtures = readFixtures(fixturesFile);
  const applications = new Map<string, JsonObject | undefined>();
  const application = (name: string): JsonObject | undefined => {
    if (!applications.has(name)) applications.set(name, fixtures.apps[name] ?? readApplication(corpus, name));
    return applications.get(name);
  };
  return corpus.configs.flatMap((config) => runConfigMap(config, { fixtures, application }));
}

interface Context {
  fixtures: Fixtures;
  application(name: string): JsonObject | undefined;
}

function runConfigMap({ golden, text }: CorpusConfig, context: Context): FiledVerdict[] {
  const verdicts: FiledVerdict[] = [];
  const judge = (group: string, name: string, run: () => Judgement): void => {
    const verdict = { file: 'corpus', group, name: `${golden.file} ${name}`.trim() };
    try {
      verdicts.push({ ...verdict, ...run() });
    } catch (error) {
      verdicts.push({ ...verdict, ...failed(`throws ${String((error as Error).stack)}`) });
    }
  };
  const { problems } = checkConfig({ files: [{ name: golden.file, text }], now: Date.now() });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (golden.engineRejects === undefined) judge('accepted', '', () => judgeAccepted(errors));
  else judge('rejected', '', () => judgeRejected(golden, errors));

  const config = parseConfig({ configMap: configMapOf(golden.file, text), secret: undefined });
  for (const [name, byApplication] of Object.entries(golden.triggers)) {
    for (const [app, results] of Object.entries(byApplication)) {
      judge('conditions', `${name} ${app}`, () =>
        golden.nondeterministic === true
          ? { status: 'skipped' }
          : judgeTrigger(config, name, app, results, context),
      );
    }
  }
  for (const [name, byApplication] of Object.entries(golden.templates)) {
    for (const [app, rendering] of Object.entries(byApplication)) {
      judge('templates', `${name} ${app}`, () =>
        golden.nondeterministic === true
          ? { status: 'skipped' }
          : judgeTemplate(config, name, app, rendering, context),
      );
    }
  }
  return verdicts;
}

/** Of keys that the engine takes, and that fail whenever they are used. */
const failsLater = /is no JSON once it is rendered|there is no function|has no (?:function|method) /;

/** The engine starts with options with which nothing can be sent, and with templates that fail later. */
function judgeAccepted(all: FileProblem[]): Judgement {
  const errors = all.filter(({ what }) => !what.endsWith(sendsNothing) && !failsLater.test(what));
  const [error] = errors;
  if (error === undefined) {
    return all.length === 0
      ? PASSED
      : { status: 'documented', detail: 'what fails whenever it is used is an error' };
  }
  if (errors.every(({ key }) => key.startsWith('service.'))) {
    return { status: 'documented', detail: 'options with which nothing can be sent are an error' };
  }
  return failed(`${error.key}, line ${error.line}: ${error.what}`);
}

/** Each key that the engine complains of must have an error of ours with its place. */
function judgeRejected(golden: Golden, errors: FileProblem[]): Judgement {
  const isTold = (key: string) =>
    errors.some((error) => error.key === key || error.key.startsWith(`${key}.`));
  const missing = badKeys(golden).find((key) => !isTold(key));
  if (missing !== undefined) return failed(`no error for ${missing}: ${golden.engineRejects}`);
  if (errors.length === 0) return failed(`no error: ${golden.engineRejects}`);
  return {
    status: 'documented',
    detail: 'c: the bad key is reported with its line, the rest of the ConfigMap works',
  };
}

function badKeys({ triggerErrors = {}, templateErrors = {}, engineRejects = '' }: Golden): string[] {
  const alone = [
    ...Object.keys(triggerErrors).map((name) => `trigger.${name}`),
    ...Object.keys(templateErrors).map((name) => `template.${name}`),
  ];
  if (alone.length > 0) return alone;
  const [, kind, name] = /^parse: failed to unmarshal (trigger|template) (.+?): /.exec(engineRejects) ?? [];
  if (kind !== undefined) return [`${kind}.${name}`];
  const [, type] = /^service: service type '(.+?)' is not supported/.exec(engineRejects) ?? [];
  return type === undefined ? [] : [`service.${type}`];
}

function judgeTrigger(
  config: Config,
  name: string,
  app: string,
  results: (GoldenResult | null)[],
  context: Context,
): Judgement {
  const trigger: Trigger | undefined = config.triggers.get(name);
  if (trigger === undefined) return failed(problemOf(config, `trigger.${name}`));
  const object = context.application(app);
  if (object === undefined) return failed(`there is no Application ${app}`);
  const { appProject } = context.fixtures;
  const repo = fixedRepo(context.fixtures, object);
  const vars = conditionVars({
    app: object,
    appProject,
    context: config.context,
    secrets: {},
    now: FROZEN_NOW,
    local: () => UTC,
    repo,
  });
  const actual = trigger.conditions.map((condition): GoldenResult => {
    const result = condition.evaluate(vars);
    if (result.status !== 'matched') return { triggered: false };
    const oncePer = printOncePer(result.plainOncePer ?? result.oncePer);
    return oncePer === '' ? { triggered: true } : { triggered: true, oncePer };
  });
  const wanted = results.map((result, index) => result ?? actual[index]);
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(actual)];
  return left === right ? PASSED : failed(`expected ${left}, got ${right}`);
}

function judgeTemplate(
  config: Config,
  name: string,
  app: string,
  rendering: GoldenRendering,
  context: Context,
): Judgement {
  const template = config.templates.get(name);
  if (template === undefined) return failed(problemOf(config, `template.${name}`));
  const object = context.application(app);
  if (object === undefined) return failed(`there is no Application ${app}`);
  return compareRendering(template, rendering, { app: object, config, fixtures: context.fixtures });
}

function problemOf({ problems }: Config, key: string): string {
  const problem = problems.find((each) => each.key === key && each.severity === 'error');
  return problem ? `${key}: ${problem.what}` : `${key} is not in force, and no error is reported`;
}
