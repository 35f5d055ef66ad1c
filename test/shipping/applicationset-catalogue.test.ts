/** The triggers and templates of the catalogue about ApplicationSets, for each that is at hand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/check.ts';
import { sampleApplicationSet } from '../../src/config/sample-application-set.ts';
import { textAt, textOf } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { neutraliseMentions } from '../../src/services/slack/mentions.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { compileTrigger, conditionVars } from '../../src/triggers/schema.ts';
import { cases, now } from './applicationset-fixtures.ts';
import { repository } from './kustomize.ts';

const catalogue = join(repository, 'config/catalogue');
const read = (folder: string) =>
  new Map(
    readdirSync(join(catalogue, folder))
      .filter((file) => file.includes('applicationset'))
      .map((file) => [file.replace(/\.yaml$/, ''), readFileSync(join(catalogue, folder, file), 'utf8')]),
  );
const triggers = new Map(
  [...read('triggers')].map(([name, text]) => {
    const { trigger, problems } = compileTrigger(name, text);
    if (trigger === undefined || problems.length > 0) throw new Error(JSON.stringify(problems));
    return [name, trigger] as const;
  }),
);
const templates = new Map(
  [...read('templates')].map(([name, text]) => {
    const { template, problems } = compileTemplate(name, text);
    if (template === undefined || problems.length > 0) throw new Error(JSON.stringify(problems));
    return [name, template] as const;
  }),
);
const context = { argocdUrl: 'https://cd.example.com' };

function results(set: JsonObject): string[] {
  const vars = conditionVars({ app: set, context, now });
  return [...triggers].flatMap(([name, { conditions }]) =>
    conditions.flatMap((condition) => {
      const result = condition.evaluate(vars);
      if (result.status === 'failed') throw new Error(`${name}: ${result.error}`);
      return result.status === 'matched' ? [name] : [];
    }),
  );
}

const jsonFields: Record<string, string[]> = {
  slack: ['attachments'],
  teams: ['facts'],
  'teams-workflows': ['facts'],
};

function render(name: string, serviceType: string, set: JsonObject) {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`there is no template ${name}`);
  const input = { app: set, appProject: {}, context, serviceType, recipient: 'r', now };
  const result = renderNotification([template], templateVars(input), {
    serviceType,
    jsonFields: jsonFields[serviceType] ?? [],
    ...(serviceType === 'slack' ? { filterValue: neutraliseMentions } : {}),
  });
  if (!result.ok) throw new Error(`${name}, ${serviceType}: ${result.error}`);
  expect(result.warnings).toEqual([]);
  return result.notification;
}

/** All that a service shows of it, as text. */
function shown(name: string, service: string, set: JsonObject): string {
  const { message, section = {} } = render(name, service, set);
  const texts = Object.entries(section).map(([field, value]) =>
    jsonFields[service]?.includes(field) ? JSON.stringify(JSON.parse(textOf(value))) : textOf(value),
  );
  return [message, ...texts].join('\n').replaceAll('\\"', '"');
}

describe.each(Object.entries(cases))('%s', (_, { set, matches, says }) => {
  it('matches the triggers that are meant', () => {
    expect(results(set).sort()).toEqual([...matches].sort());
  });

  const told = (service: string) =>
    matches.map((name) => shown(triggers.get(name)?.conditions[0]?.send[0] ?? '', service, set));

  it.each(['slack', 'email', 'teams', 'teams-workflows'])('is rendered for %s', (service) => {
    for (const name of templates.keys())
      expect(shown(name, service, set)).toContain(textAt(set, 'metadata', 'name'));
    for (const text of told(service))
      for (const part of [...says, `argocd appset get argocd/${textAt(set, 'metadata', 'name')}`])
        expect(text).toContain(part);
  });

  it('is a sentence for other services', () => {
    for (const text of told('pagerduty')) expect(text).toMatch(/^\S[^\n]*\.\n$/);
  });
});

it('mails a subject on one line', () => {
  for (const { set } of Object.values(cases))
    for (const name of templates.keys()) {
      const { section } = render(name, 'email', set);
      expect(section?.['subject']).toMatch(/^\S[^\n]*[^\n.]$/);
    }
});

it('waits before it tells of errors, tells of ends, and of Applications once a wave', () => {
  const lifecycles = Object.fromEntries(
    [...triggers].map(([name, { kind, conditions }]) => [
      name,
      [kind, ...conditions.map(({ lifecycle, oncePer }) => [lifecycle?.for, lifecycle?.resolved, oncePer])],
    ]),
  );
  expect(lifecycles).toEqual({
    'on-applicationset-error': ['ApplicationSet', [120_000, [], undefined]],
    'on-applicationset-rollout-stuck': ['ApplicationSet', [0, [], undefined]],
    'on-applicationset-applications-deleted': [
      'ApplicationSet',
      [30_000, undefined, 'applicationset.deletedApplications[0].deletedAt'],
    ],
  });
});

it('has nothing for config check to say, and matches its sample', () => {
  const data = Object.fromEntries([
    ...[...read('triggers')].map(([name, text]) => [`trigger.${name}`, text]),
    ...[...read('templates')].map(([name, text]) => [`template.${name}`, text]),
  ]);
  const text = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'argocd-notifications-cm' }, data });
  expect(checkConfig({ files: [{ name: 'cm.yaml', text }], now }).problems).toEqual([]);
  expect(results(sampleApplicationSet)).toHaveLength(triggers.size);
});
