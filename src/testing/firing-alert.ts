import type { Alert } from '../ledger/rows.ts';

/** An alert as the ledger has it: `shop` has been degraded since an hour before `now`, and was told so at once. */
export function firingAlert(now: number, parts: Partial<Alert> = {}): Alert {
  return {
    key: 'abcdef0123456789abcdef0123456789abcdef01',
    configNamespace: 'argocd',
    trigger: 'on-degraded',
    condition: 'HASH',
    oncePer: '',
    application: { uid: 'u', namespace: 'argocd', name: 'shop', project: 'web' },
    severity: 'critical',
    labels: {},
    state: 'firing',
    since: now - 3_600_000,
    firedAt: now - 3_600_000,
    changes: [],
    ...parts,
  };
}
