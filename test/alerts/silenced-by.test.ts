import { expect, it } from 'vitest';
import { bad, nothing, play, well } from './timeline.ts';

const data = {
  'trigger.on-degraded':
    "\n- when: app.status.health.status == 'Degraded'\n  severity: warning\n  send: [m]\n  resolved: true\n",
};

it('a message says which silence has held its alert back until then', async () => {
  const { lines, world } = await play(data, [
    ['0s', (edited) => edited.silence('s1', { matchers: [['name="a"']] })],
    ['1m', bad('a')],
    ['2m', (edited) => edited.expire('s1')],
    ['3m', nothing],
    ['4m', well('a')],
  ]);
  expect(lines).toEqual([
    expect.stringMatching(/^2m\d*s? ops silence ended \+a$/),
    expect.stringMatching(/^4m ops all resolved -a$/),
  ]);
  const silences = world.told.map(({ delivery }) => delivery.alerts[0].lifecycle?.silencedBy);
  expect(silences).toEqual([['s1'], undefined]);
});
