import { describe, expect, it } from 'vitest';
import { alertsOf, bad, gone, health, nothing, play, restart, type Step, well } from './timeline.ts';

const trigger = (fields: string, when = "app.status.health.status == 'Degraded'") => ({
  'trigger.on-degraded': `
- when: ${when}
  send: [m]
  severity: warning
  ${fields.split('; ').join('\n  ')}`,
});

type Story = [what: string, fields: string, story: [at: string, ...steps: Step[]][], told: string[]];

describe('for', () => {
  it.each<Story>([
    ['fires when it has lasted, not before (check 1)', 'for: 5m', [['0s', bad('a')], ['6m', nothing]], ['5m ops first +a']],
    ['0 fires at once', 'for: 0s', [['0s', bad('a')], ['1m', nothing]], ['0s ops first +a']],
    ['is cancelled without a word (check 2)', 'for: 5m; resolved: [m]', [['0s', bad('a')], ['4m', well('a')], ['10m', nothing]], []],
    ['goes on through restarts', 'for: 5m', [['0s', bad('a')], ['3m', restart], ['4m', restart], ['6m', nothing]], ['5m ops first +a']],
  ])('%s', async (_what, fields, story, told) => {
    expect((await play(trigger(fields), story)).lines).toEqual(told);
  });
});
