import { describe, expect, it } from 'vitest';
import { createAllowance } from '../../src/templates/gotemplate/run.ts';
import { renderNotification } from '../../src/templates/render.ts';
import { compileTemplate } from '../../src/templates/schema.ts';
import { templateVars } from '../../src/templates/vars.ts';
import { LIMITS } from '../../src/triggers/expr/limits.ts';
import { compileTrigger, conditionVars } from '../../src/triggers/schema.ts';
import { runs } from '../runs.ts';
import { CONDITIONS, nastyApplication, TEMPLATES } from './stalls.ts';

/**
 * Texts of somebody who means to hold up the process. What counts is asserted in steps; how long the longest held it up
 * is printed, in milliseconds of CPU.
 */
const app = nastyApplication();
const longest = { milliseconds: 0, text: '' };

/** All of them in the long form. */
const some = (texts: readonly string[]): string[] =>
  texts.filter((_, index, all) => index % Math.ceil(all.length / runs(all.length).numRuns) === 0);

function measured<T>(text: string, run: () => T): T {
  const before = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(before);
  const milliseconds = (user + system) / 1_000;
  if (milliseconds > longest.milliseconds) Object.assign(longest, { milliseconds, text });
  return result;
}

describe('hostile texts end within their steps', () => {
  it.each(some(CONDITIONS))('condition %#', (when) => {
    const { trigger } = compileTrigger('t', JSON.stringify([{ when, send: ['x'] }]));
    expect(trigger, when).toBeDefined();
    const allowance = { steps: LIMITS.steps, exhausted: 'more than is allowed' };
    const vars = conditionVars({ app, context: {}, now: 0, changes: () => 0, allowance });
    const result = measured(when, () => trigger?.conditions[0]?.evaluate(vars));
    expect(result?.status === 'failed' ? 0 : allowance.steps).toBeGreaterThanOrEqual(0);
  });

  it.each(some(TEMPLATES))('template %#', (message) => {
    const { template } = compileTemplate('evil', JSON.stringify({ message }));
    if (template === undefined) throw new Error(message);
    const vars = templateVars({ app, appProject: {}, context: {}, serviceType: 's', recipient: 'a', now: 0 });
    const allowance = createAllowance();
    const result = measured(message, () =>
      renderNotification([template], vars, {
        serviceType: 's',
        jsonFields: [],
        allowance,
        template: () => template,
      }),
    );
    expect(result.ok ? allowance.steps : 0).toBeGreaterThanOrEqual(0);
  });

  it('is reported', () => {
    const { milliseconds, text } = longest;
    process.stdout.write(`longest stretch: ${Math.round(milliseconds)} ms of CPU, ${text.slice(0, 80)}\n`);
    expect(text).not.toBe('');
  });
});
