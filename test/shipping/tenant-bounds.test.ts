import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mostMatchers } from '../../src/alerts/matcher.ts';
import { mostPatterns, mostRules } from '../../src/alerts/schema.ts';
import { longestKey } from '../../src/config/keys.ts';
import { mostLines } from '../../src/configurations/problem-report.ts';
import { operatorShare, tenantShare } from '../../src/configurations/shares.ts';
import { mostRead } from '../../src/configurations/snapshot-problems.ts';
import { mostEvaluations } from '../../src/leader/evaluate.ts';
import { turn } from '../../src/leader/turns.ts';
import { mostAlerts } from '../../src/metrics/application-series.ts';
import { mostProblemKeys } from '../../src/metrics/config-series.ts';
import { tenantNames } from '../../src/metrics/configured-series.ts';
import { mostEntries, mostYaml } from '../../src/subscriptions/annotations.ts';
import { mostAsked, mostSubscriptions } from '../../src/subscriptions/resolve.ts';
import { DEFAULT_LIMITS } from '../../src/templates/gotemplate/run.ts';
import { mostConditions } from '../../src/triggers/schema.ts';
import { repository } from './kustomize.ts';

const page = await readFile(join(repository, 'docs/tenants.md'), 'utf8');
const text = page.replaceAll(/\s+/g, ' ');
const number = (value: number) => value.toLocaleString('en');
const kib = (value: number) => `${value / 1024} KiB`;

describe('docs/tenants.md states each bound as it is', () => {
  it.each([
    `more than ${number(mostSubscriptions)} subscriptions of an Application`,
    `more than ${number(mostEvaluations)} conditions and destinations`,
    `more than ${kib(mostYaml)} of YAML`,
    `more than ${number(mostEntries)} triggers and destinations of one of them`,
    `nor ${number(mostAsked)} pairs of a trigger and a destination`,
    `${mostLines} problems of one change are logged, ${mostProblemKeys} keys with problems and ${mostAlerts} alerts`,
    `at most ${tenantNames.triggers} triggers, ${tenantNames.templates} templates and ${tenantNames.services} services`,
    `${number(tenantShare.perEvent)} steps | ${number(operatorShare.perEvent)} |`,
    `${number(tenantShare.perSecond)} steps, saved up to ${number(tenantShare.burst)} |`,
    `| ${number(operatorShare.perSecond)}, saved up to ${number(operatorShare.burst)} |`,
    `read up to ${kib(mostRead)}, keys in order`,
    `| ${kib(mostRead)} | ${kib(longestKey)} |`,
    `| rules of a key | ${number(mostRules)} of ${mostMatchers} matchers each, with regular expressions of ${number(mostPatterns)} parts`,
    `| conditions of a trigger | ${number(mostConditions)} | ${number(mostConditions)} |`,
    `${number(DEFAULT_LIMITS.steps)} for one notification`,
    `After ${number(turn)} steps of whatever`,
  ])('%s', (stated) => {
    expect(text).toContain(stated);
  });
});
