import { expect, it } from 'vitest';
import type { Alert } from '../ledger/rows.ts';
import { deliveryOfMessage } from './message.ts';

const alert: Alert = {
  key: 'a',
  configNamespace: 'argocd',
  trigger: 'on-degraded',
  condition: 'c',
  oncePer: '',
  application: { uid: 'u', namespace: 'argocd', name: 'shop', project: 'default' },
  severity: 'critical',
  labels: {},
  state: 'firing',
  since: 1_000,
  changes: [],
};

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
    message: { reason: 'first', firing: ['a'], resolved: [], isSilent: false, isEnd: false },
    templates: ['t'],
    observedAt,
    decidedAt,
    shown: () => ({ alert, object: {} }),
  }).ongoing?.decidedAt;

it('says when it was decided where that was after its event was observed', () => {
  expect([decided(2_000, 2_000), decided(2_000, 2_400)]).toEqual([undefined, 2_400]);
});
