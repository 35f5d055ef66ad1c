import { expect, it } from 'vitest';
import { firingAlert } from '../testing/firing-alert.ts';
import { deliveryOfMessage } from './message.ts';

const decided = (observedAt: number, decidedAt: number) =>
  deliveryOfMessage({
    id: 'd',
    lane: 'l',
    key: 'n',
    notice: {
      configNamespace: 'argocd',
      destination: { service: 'slack', recipient: 'ops' },
      createdAt: 1_000,
    },
    message: {
      reason: 'first',
      firing: [firingAlert(1_000).key],
      resolved: [],
      isSilent: false,
      isEnd: false,
    },
    templates: ['t'],
    observedAt,
    decidedAt,
    shown: () => ({ alert: firingAlert(1_000), object: {} }),
  }).ongoing?.decidedAt;

it('says when it was decided where that was after its event was observed', () => {
  expect([decided(2_000, 2_000), decided(2_000, 2_400)]).toEqual([undefined, 2_400]);
});
