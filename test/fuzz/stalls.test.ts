import { describe, expect, it } from 'vitest';
import { longestKey } from '../../src/config/keys.ts';
import { parseConfig, parseInTurns } from '../../src/config/parse-config.ts';
import { resolveSubscriptions } from '../../src/subscriptions/resolve.ts';
import { createAllowance } from '../../src/templates/gotemplate/run.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { LIMITS } from '../../src/triggers/expr/limits.ts';
import { compileTrigger, conditionVars } from '../../src/triggers/schema.ts';
import { runs } from '../runs.ts';
import { ANNOTATIONS, CONDITIONS, CONFIG_MAPS, nastyApplication, TEMPLATES } from './stalls.ts';

/**
 * Texts of somebody who means to hold up the process. What counts is asserted in steps; how long the longest held it up
 * is printed, in milliseconds of CPU.
 */
const app = nastyApplication();
const longest = new Map<string, { milliseconds: number; text: string }>();

/** All of them in the long form. */
const some = (texts: readonly string[]): string[] =>
  texts.filter((_, index, all) => index % Math.ceil(all.length / runs(all.length).numRuns) === 0);

function measured<T>(kind: string, text: string, run: () => T): T {
  const before = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(before);
  const milliseconds = (user + system) / 1_000;
  if (milliseconds > (longest.get(kind)?.milliseconds ?? 0)) longest.set(kind, { milliseconds, text });
  return result;
}

describe('hostile texts end within their steps', () => {
  it.each(some(CONDITIONS))('condition %#', (when) => {
    const { trigger } = compileTrigger('t', JSON.stringify([{ when, send: ['x'] }]));
    expect(trigger, when).toBeDefined();
    const allowance = { steps: LIMITS.steps, exhausted: 'more than is allowed' };
    const vars = conditionVars({ app, context: {}, now: 0, changes: () => 0, allowance });
    const result = measured('condition', when, () => trigger?.conditions[0]?.evaluate(vars));
    expect(result?.status === 'failed' ? 0 : allowance.steps).toBeGreaterThanOrEqual(0);
  });

  it.each(some(TEMPLATES))('template %#', (message) => {
    const { template } = compileTemplate('evil', JSON.stringify({ message }));
    if (template === undefined) throw new Error(message);
    const vars = templateVars({ app, appProject: {}, context: {}, serviceType: 's', recipient: 'a', now: 0 });
    const allowance = createAllowance();
    const result = measured('template', message, () =>
      renderNotification([template], vars, {
        serviceType: 's',
        jsonFields: [],
        allowance,
        template: () => template,
      }),
    );
    expect(result.ok ? allowance.steps : 0).toBeGreaterThanOrEqual(0);
  });

  /** A section whose text has to be JSON is rendered again where it is none, and where it mentions somebody. */
  it.each(some(TEMPLATES))('template %# as attachments, rendered again', (attachments) => {
    const { template } = compileTemplate('evil', JSON.stringify({ slack: { attachments } }));
    if (template === undefined) return;
    const vars = templateVars({ app, appProject: {}, context: {}, serviceType: 's', recipient: 'a', now: 0 });
    const allowance = createAllowance();
    const result = measured('rendered again', attachments, () =>
      renderNotification([template], vars, {
        serviceType: 'slack',
        jsonFields: ['attachments'],
        filterValue: (value, { isForeign }) => (isForeign(0) ? value.toLowerCase() : value),
        allowance,
        template: () => template,
      }),
    );
    expect(result.ok ? allowance.steps : 0).toBeGreaterThanOrEqual(0);
  });

  it.each([...ANNOTATIONS])('annotations %#', (annotations) => {
    const [[first, value]] = Object.entries(annotations) as [[string, string]];
    const asked = measured('annotations', `${first}: ${value.slice(0, 40)}`, () => {
      const config = parseConfig({ configMap: {}, secret: undefined });
      return resolveSubscriptions({ annotations, labels: {} }, {}, config);
    });
    expect(asked.subscriptions.length).toBeLessThanOrEqual(20_000);
    expect(asked.problems.length).toBeLessThanOrEqual(4_001);
  });

  it.each([...CONFIG_MAPS])('ConfigMap %#', (configMap) => {
    const [[first, value]] = Object.entries(configMap) as [[string, string]];
    const turns = parseInTurns({ configMap, secret: undefined });
    for (;;) {
      const { done, value: read } = measured('ConfigMap', `${first}: ${value.slice(0, 40)}`, () =>
        turns.next(),
      );
      if (done) break;
      // A turn is a key, and no key that is compiled is longer.
      const isCompiled = /^(?:trigger|template)/.test(first);
      expect(read).toBeLessThanOrEqual(isCompiled ? longestKey + 200 : 1_048_576);
    }
  });

  it('is reported', () => {
    for (const [kind, { milliseconds, text }] of longest) {
      const shown = text.replaceAll('\n', '\\n').slice(0, 80);
      process.stdout.write(`longest stretch, ${kind}: ${Math.round(milliseconds)} ms of CPU, ${shown}\n`);
    }
    expect([...longest.keys()].sort()).toEqual([
      'ConfigMap',
      'annotations',
      'condition',
      'rendered again',
      'template',
    ]);
  });
});
