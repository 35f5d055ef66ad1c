import { describe, expect, it } from 'vitest';
import type { Delivery } from '../model.ts';
import { deliveryOfJob, type JobData, jobDataOf } from './job-data.ts';

const delivery: Delivery = {
  id: 'ab',
  episode: 'cd',
  reason: 'matched',
  trigger: 'on-sync\0',
  condition: 'c',
  oncePer: '\ud800',
  destination: { service: 'slack', recipient: 'general' },
  templates: ['t'],
  application: { uid: 'u', namespace: 'argocd', name: 'app', project: 'default' },
  configNamespace: 'argocd',
  snapshot: { metadata: { name: 'app' } },
  observedAt: 1,
};

describe('job data', () => {
  it('gives back the delivery', () => {
    const [data] = jobDataOf([delivery], 5);
    expect(data).toMatchObject({ v: 1, queuedAt: 5, dueAt: 5, failures: 0 });
    const stored = JSON.parse(JSON.stringify(data)) as JobData;
    expect(deliveryOfJob(stored)).toEqual(delivery);
  });

  it('holds no character that a store objects to', () => {
    const text = JSON.stringify(jobDataOf([delivery], 5));
    expect(JSON.stringify(JSON.parse(text))).toBe(text);
    // PostgreSQL reads jobs as jsonb, which has no place for a NUL or half a pair, escaped or not.
    expect(text).not.toMatch(/(?<!\\)\\u(0000|d800)/);
  });

  it('refuses a version that it does not know', () => {
    const [data] = jobDataOf([delivery], 5);
    expect(() => deliveryOfJob({ ...data, v: 2 } as unknown as JobData)).toThrow('unknown version 2');
  });
});
