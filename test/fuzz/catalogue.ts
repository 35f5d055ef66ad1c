import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The ConfigMap's data that `config/catalogue` makes. */
export function catalogue(): Record<string, string> {
  return { ...folder('trigger', 'triggers'), ...folder('template', 'templates') };
}

function folder(prefix: string, name: string): Record<string, string> {
  const path = join(root, 'config', 'catalogue', name);
  return Object.fromEntries(
    readdirSync(path)
      .sort()
      .map((file) => [`${prefix}.${file.replace(/\.yaml$/, '')}`, readFileSync(join(path, file), 'utf8')]),
  );
}

/** Services, defaults and subscriptions in every form, beside the catalogue. */
export function wholeConfigMap(): Record<string, string> {
  return {
    ...catalogue(),
    'service.slack': 'token: $slack-token\nusername: Argo CD\nicon: ":rocket:"\n',
    'service.webhook.audit':
      'url: https://audit.example.com/$webhook-path\nheaders:\n- name: Authorization\n  value: Bearer $webhook-token\n',
    'herald.service.console': '{}',
    subscriptions:
      '- recipients: [slack:all, "audit:"]\n  triggers: [on-sync-failed, on-health-degraded]\n  selector: team in (a, b),!internal\n',
    defaultTriggers: '- on-sync-failed\n- on-deployed\n',
    'defaultTriggers.slack': '- on-health-degraded\n',
    context: 'argocdUrl: https://argocd.example.com\nregion: eu\n',
  };
}

export const secret: Record<string, string> = {
  'slack-token': 'xoxb-secret-0123456789',
  'webhook-path': 'hook-secret-9876',
  'webhook-token': 'bearer-secret-4567',
};
