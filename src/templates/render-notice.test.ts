import { describe, expect, it } from 'vitest';
import type { Delivery, JsonObject, Notification } from '../model.ts';
import { neutraliseMentions } from '../services/slack/mentions.ts';
import { type ToldAlert, type ToldParts, toldDelivery } from '../testing/told.ts';
import { renderNotice } from './render-notice.ts';
import { compileTemplate } from './schema.ts';
import { templateVars } from './vars.ts';

const now = Date.UTC(2026, 10, 28, 6, 25);
const minute = 60_000;
const context = { argocdUrl: 'https://cd.example.com' };

interface Options {
  serviceType?: string;
  isFirst?: boolean;
  lineBreak?: string;
  context?: Record<string, string>;
}

function render(delivery: Delivery, texts: readonly string[], options: Options = {}): Notification {
  const { serviceType = 'slack' } = options;
  const templates = texts.map((text) => {
    const { template, problems } = compileTemplate('t', text);
    if (!template) throw new Error(problems[0]?.what);
    return template;
  });
  const [app] = delivery.snapshots;
  const about = { appProject: {}, context, serviceType, recipient: 'deploys', now };
  const vars = templateVars({ app, notice: delivery, ...about });
  const rendered = renderNotice(templates, vars, delivery, {
    serviceType,
    jsonFields: ['attachments', 'blocks'],
    filterValue: neutraliseMentions,
    context: options.context ?? context,
    ...(options.lineBreak ? { lineBreak: options.lineBreak } : {}),
    isFirst: options.isFirst ?? delivery.id === delivery.ongoing?.root,
  });
  if (!rendered.ok) throw new Error(rendered.error);
  return rendered.notification;
}

const told = (parts: ToldParts = {}) => toldDelivery(now, parts);
const later = (parts: ToldParts = {}) => told({ id: 'later', ...parts });
const ended: ToldAlert = { state: 'resolved', endedAt: now, why: 'recovered' };

describe('what templates see', () => {
  const all =
    '{{ with .alert }}{{ .state }}|{{ .reason }}|{{ .since }}|{{ .firedAt.Format "15:04" }}|{{ .endedAt }}|' +
    '{{ .duration }}|{{ .changes }}|{{ .severity }}|{{ .labels.team }}|{{ .why }}|{{ .acknowledged.by }}|' +
    '{{ .silencedBy }}|{{ .key }}|{{ .trigger }}{{ end }}';
  const text = (delivery: Delivery, template: string) =>
    render(delivery, [`message: ${JSON.stringify(template)}`], { isFirst: true }).message;

  it('of an alert', () => {
    const acknowledged = { at: now - minute, by: 'ana', comment: 'on it' };
    const changes = [now - 10 * minute, now];
    const silencedBy = ['s1'];
    const alert = { ...ended, acknowledged, changes, silencedBy };
    expect(text(told({ reason: 'all resolved', alerts: [alert] }), all)).toBe(
      'resolved|all resolved|2026-11-28 05:25:00 +0000 UTC|05:26|2026-11-28 06:25:00 +0000 UTC|1h0m0s|2|critical|' +
        'payments|recovered|ana|[s1]|key-shop|on-degraded',
    );
    const asks =
      '{{ if .alert.acknowledged }}a{{ end }}{{ if .alert.endedAt }}b{{ end }}{{ if .alert.why }}c{{ end }}';
    expect(text(told(), `${asks}-`)).toBe('-');
  });

  it('of one that had to wait before it was sent: when it was decided', () => {
    const late = { ...told(), observedAt: now - 40 * minute };
    const { ongoing: _, ...plain } = { ...late, reason: 'matched' as const };
    const template = '{{ .alert.decidedAt.Format "15:04" }}';
    expect([text(late, template), text(plain, template)]).toEqual(['05:45', '05:45']);
    const decided = { ...late, ongoing: { ...late.ongoing!, decidedAt: now - 39 * minute } };
    expect(text(decided, template)).toBe('05:46');
  });

  it('of a condition whose matches have no end: the same', () => {
    const { ongoing: _, ...plain } = { ...told(), reason: 'matched' as const };
    const [{ lifecycle: _life, ...alert }] = plain.alerts;
    expect(text({ ...plain, alerts: [alert] }, all)).toBe(
      'firing|matched|2026-11-28 06:25:00 +0000 UTC|06:25||0s|0||<no value>||<no value>|[]|key-shop|on-degraded',
    );
    const list =
      '{{ range .alerts }}{{ .app.metadata.name }}{{ end }} {{ len .firing }} {{ .truncated }} {{ .reason }}';
    expect(text({ ...plain, alerts: [alert] }, list)).toBe('shop 1 0 matched');
  });

  it('of a group, in both dialects', () => {
    const alerts = [{ name: 'a' }, { name: 'b', severity: 'warning' }, { name: 'c', ...ended }];
    const ongoing = { groupLabels: { project: 'retail' }, firing: 212, resolved: 30 };
    const group = told({ reason: 'new in group', alerts, ongoing });
    expect(
      text(
        group,
        '{{ .app.metadata.name }} {{ .reason }} {{ .groupLabels.project }} {{ .counts.firing }}/{{ .counts.resolved }} ' +
          '{{ range .firing }}{{ .app.metadata.name }}={{ .severity }} {{ end }}' +
          '{{ range .resolved }}{{ .app.metadata.name }}:{{ .why }} {{ end }}and {{ .truncated }} more',
      ),
    ).toBe('a new in group retail 212/30 a=critical b=warning c:recovered and 239 more');
    expect(
      text(
        group,
        '{{reason}} {{#firing}}{{app.metadata.name}}={{severity}} {{/firing}}and {{truncated}} more, {{alert.state}}',
      ),
    ).toBe('new in group a=critical b=warning and 239 more, firing');
  });

  it('values of the cluster mention nobody, the condition’s own do', () => {
    const hostile = told({ alerts: [{ severity: '<!here>', labels: { team: '<!subteam^S1>' } }] });
    const [{ application }] = hostile.alerts;
    const [app] = hostile.snapshots;
    app['metadata'] = { name: '<!channel>' };
    const ongoing = { ...hostile.ongoing!, groupLabels: { repository: '<!everyone>' } };
    expect(application.name).toBe('shop');
    expect(
      text(
        { ...hostile, ongoing },
        '{{ .alert.severity }} {{ .alert.labels.team }} {{ range .alerts }}{{ .app.metadata.name }}{{ end }} {{ .groupLabels.repository }}',
      ),
    ).toBe('<!here> <!subteam^S1> &lt;!channel> &lt;!everyone>');
  });
});

describe('why a message comes again', () => {
  const template = 'message: "{{ .app.metadata.name }} is broken"';
  const line = (parts: ToldParts) => render(later(parts), [template]).lead;

  it('stands before what the template says, and is what is new in brief', () => {
    const alerts = [{ since: now - 240 * minute }];
    expect(render(later({ reason: 'repeated', alerts }), [template])).toEqual({
      message: 'Still firing after 4h (repeated)\nshop is broken',
      lead: 'Still firing after 4h (repeated)',
      brief: 'shop: Still firing after 4h (repeated)',
    });
    expect(render(told(), [template])).toEqual({ message: 'shop is broken' });
    expect(render(told({ reason: 'silence ended' }), [template]).message).toBe(
      'Still firing after 1h (silence ended)\nshop is broken',
    );
  });

  const acknowledged = { at: now, by: 'ana', comment: 'on it' };
  const group = { groupLabels: { project: 'retail' } };
  const resolved = { ...ended, name: 'b' };
  it.each<[string, ToldParts, string]>([
    ['severity raised', {}, 'Severity raised to critical, firing for 1h'],
    ['severity lowered', { alerts: [{ severity: 'warning' }] }, 'Severity lowered to warning'],
    ['acknowledged', { alerts: [{ acknowledged }] }, 'Acknowledged by ana: on it'],
    ['acknowledged', { alerts: [{ acknowledged: { ...acknowledged, comment: '' } }] }, 'Acknowledged by ana'],
    [
      'severity lowered',
      { alerts: [{ severity: 'info', acknowledged }] },
      'Severity lowered to info; acknowledged by ana: on it',
    ],
    ['mute ended', {}, 'Still firing after 1h (mute ended)'],
    [
      'repeated',
      { alerts: [{ changes: [0, 1, 2, 3, 4, 5].map((n) => now - n * 2 * minute).reverse() }] },
      'Still firing after 1h (repeated), changed 6 times in 10 minutes',
    ],
    ['repeated', { alerts: [{ changes: [now] }] }, 'Still firing after 1h (repeated), changed once'],
    ['new in group', { ongoing: group, alerts: [{}, { name: 'b' }] }, 'New alerts, 2 firing'],
    ['some resolved', { ongoing: group, alerts: [{}, resolved] }, '1 resolved, 1 still firing'],
    ['all resolved', { ongoing: group, alerts: [{ ...ended }, resolved] }, 'All resolved'],
    [
      'inhibition ended',
      { ongoing: group, alerts: [{}, resolved] },
      '1 still firing (inhibition ended), 1 resolved',
    ],
    [
      'severity raised',
      { ongoing: group, alerts: [{ severity: 'warning' }, { name: 'b' }] },
      'Severity raised, critical at the most, 2 firing',
    ],
    [
      'acknowledged',
      { ongoing: group, alerts: [{ acknowledged }, { name: 'b', acknowledged }] },
      'Acknowledged by ana: on it, 2 firing',
    ],
  ])('%s, %#', (reason, parts, expected) => {
    expect(line({ reason: reason as Delivery['reason'], ...parts })).toBe(expected);
  });

  it('is left to a template that says it itself, and to the templates of the end', () => {
    const own = 'message: "{{ .alert.reason }}: {{ .app.metadata.name }}"';
    const repeated = later({ reason: 'repeated' });
    expect(render(repeated, [own]).message).toBe('repeated: shop');
    expect(render(repeated, ['message: "{{#alert}}{{reason}}{{/alert}}"']).message).toBe('repeated');
    const end = render(later({ reason: 'all resolved', alerts: [ended] }), [template]);
    expect(end).toEqual({ message: 'shop is broken', brief: 'shop: Resolved after 1h: recovered' });
    // Another `reason`.
    expect(render(repeated, ['message: "{{ .app.status.reason }}"']).lead).toBeDefined();
  });

  it.each([
    [
      'email',
      'message: m\nemail: {subject: s, body: "broken"}',
      { subject: 's', body: 'Still firing after 1h (repeated)\nbroken' },
    ],
    [
      'email',
      'email: {body: "<html><body class=x><b>broken</b></body></html>"}',
      { body: '<html><body class=x><p>Still firing after 1h (repeated)</p><b>broken</b></body></html>' },
    ],
    [
      'email',
      'email: {body: "<b>broken</b>"}',
      { body: '<p>Still firing after 1h (repeated)</p><b>broken</b>' },
    ],
    ['email', 'message: m\nemail: {subject: s}', { subject: 's' }],
    [
      'teams',
      'teams: {title: t, text: broken}',
      { title: 't', text: 'Still firing after 1h (repeated)\nbroken' },
    ],
    ['webhook', 'webhook: {hook: {body: "{}"}}', { hook: { body: '{}' } }],
  ])('stands in what is shown in place of the message: %s, %#', (serviceType, source, section) => {
    expect(render(later({ reason: 'repeated' }), [source], { serviceType }).section).toEqual(section);
  });

  it('is what a template of one Application does not say of a group', () => {
    const group = told({ alerts: [{}, { name: 'b' }], ongoing: { groupLabels: { project: 'retail' } } });
    expect(render(group, [template]).message).toBe('2 firing\nshop is broken');
    expect(render(told({ ongoing: { groupLabels: {} } }), [template]).message).toBe('shop is broken');
    for (const own of [
      '{{ range .firing }}{{ .key }}{{ end }}',
      '{{#alerts}}{{key}}{{/alerts}}',
      '{{ .counts.firing }}',
    ])
      expect(render(group, [`message: "${own}"`])).not.toHaveProperty('lead');
  });

  it('is one line, whatever somebody has written', () => {
    const comment = ' on\nit\t ';
    const alerts = [{ acknowledged: { at: now, by: 'ana', comment } }];
    expect(line({ reason: 'acknowledged', alerts })).toBe('Acknowledged by ana: on it');
    const ongoing = { groupLabels: { project: 'retail' } };
    expect(
      render(later({ reason: 'acknowledged', alerts, ongoing }), [], { serviceType: 'webex' }).message,
    ).toMatch(/• shop: on-degraded, critical, since .* \(1h\), acknowledged by ana: on it$/);
  });

  it('is all that is said where the template says nothing', () => {
    expect(render(later({ reason: 'repeated' }), ['slack: {blocks: "[]"}']).message).toBe(
      'Still firing after 1h (repeated)',
    );
  });
});

describe('the default', () => {
  const attachmentsOf = ({ section }: Notification) =>
    JSON.parse(section?.['attachments'] as string) as JsonObject[];

  it.each([
    ['recovered', 'recovered'],
    ['application deleted', 'it was deleted'],
    ['unsubscribed', 'it is no longer subscribed to'],
    ['trigger removed', 'the trigger was removed'],
    ['superseded', 'another value has taken its place'],
  ])('of an end names the Application, how long, and why: %s', (why, words) => {
    const changes = [now - 30 * minute, now - 20 * minute];
    const end = later({ reason: 'all resolved', alerts: [{ ...ended, why, changes }] });
    const notification = render(end, []);
    expect(notification.message).toBe('Resolved: shop: on-degraded (critical)');
    const lines = [
      `Resolved after 1h: ${words}, changed twice in 10 minutes`,
      'Since 2026-11-28 05:25 UTC, until 2026-11-28 06:25 UTC',
      'Application argocd/shop, project retail',
    ];
    expect(attachmentsOf(notification)).toEqual([
      {
        color: '#18be52',
        title: 'shop',
        title_link: 'https://cd.example.com/applications/argocd/shop',
        text: lines.join('\n'),
        fallback: ['shop', ...lines].join('\n'),
        mrkdwn_in: ['text'],
      },
    ]);
    expect(render(end, [], { serviceType: 'telegram' })).toMatchObject({
      message: ['Resolved: shop: on-degraded (critical)', ...lines].join('\n'),
    });
    expect(render(end, [], { serviceType: 'teams', lineBreak: '\n\n' }).message).toContain(
      lines.join('\n\n'),
    );
    expect(render(end, [], { serviceType: 'email' }).section).toEqual({
      subject: 'Resolved: shop: on-degraded (critical)',
    });
  });

  it('of a group lists its alerts by Application, what fires first', () => {
    const alerts = [
      { name: 'a', since: now - 5 * minute },
      { name: 'a', trigger: 'on-sync-failed', severity: 'warning', since: now - 2 * minute },
      { name: 'b', severity: '' },
      { name: 'c', ...ended },
    ];
    const ongoing = { groupLabels: { project: 'retail', severity: '' }, firing: 215 };
    const notification = render(later({ reason: 'new in group', alerts, ongoing }), []);
    expect(notification).toMatchObject({
      message: 'project retail: New alerts, 215 firing, 1 resolved',
      brief: 'project retail: New alerts, 215 firing, 1 resolved',
      replaces: true,
    });
    expect(notification).not.toHaveProperty('lead');
    const url = 'https://cd.example.com/applications/argocd';
    expect(attachmentsOf(notification)).toMatchObject([
      {
        color: '#E96D76',
        title: 'Firing',
        text: [
          `• <${url}/a|a>: on-degraded, critical, since 2026-11-28 06:20 UTC (5m); on-sync-failed, warning, since 2026-11-28 06:23 UTC (2m)`,
          `• <${url}/b|b>: on-degraded, since 2026-11-28 05:25 UTC (1h)`,
          'and 212 more',
        ].join('\n'),
      },
      {
        color: '#18be52',
        title: 'Resolved',
        text: `• <${url}/c|c>: on-degraded, critical, after 1h, recovered`,
      },
    ]);
  });

  it('of a group leaves out what its labels say, and links nothing without an address', () => {
    const ongoing = { groupLabels: { trigger: 'on-degraded', project: 'retail' } };
    const notification = render(told({ alerts: [{ name: 'a' }, { name: 'b' }], ongoing }), [], {
      context: {},
    });
    expect(notification.message).toBe('on-degraded, project retail: 2 firing');
    expect(attachmentsOf(notification)[0]?.['text']).toBe(
      '• a: critical, since 2026-11-28 05:25 UTC (1h)\n• b: critical, since 2026-11-28 05:25 UTC (1h)',
    );
    expect(render(told({ ongoing: { groupLabels: {} } }), []).message).toBe('Alerts: 1 firing');
  });

  it.each(['slack', 'mattermost', 'telegram', 'teams', 'email'])(
    'fits, however many there are: %s',
    (serviceType) => {
      const alerts = Array.from({ length: 100 }, (_, i) => ({
        name: `application-with-a-rather-long-name-number-${i}`,
        ...(i >= 60 ? ended : {}),
      }));
      const ongoing = { groupLabels: { project: 'retail' }, firing: 2_960, resolved: 400 };
      const notification = render(later({ reason: 'some resolved', alerts, ongoing }), [], { serviceType });
      const hasAttachments = serviceType === 'slack' || serviceType === 'mattermost';
      const texts = hasAttachments
        ? attachmentsOf(notification).map(({ text }) => text as string)
        : [notification.message.slice(0, notification.message.indexOf('\nResolved')), notification.message];
      expect(texts.join('').length).toBeLessThan(8_000);
      const named = texts[0]?.match(/^•/gm)?.length ?? 0;
      expect(named).toBeGreaterThan(15);
      expect(texts[0]?.split('\n').at(-1)).toBe(`and ${2_960 - named} more`);
    },
  );

  it('mentions nobody', () => {
    const hostile = later({
      alerts: [{ name: '<!channel>' }],
      ongoing: { groupLabels: { repository: '<!here>&' } },
    });
    const notification = render(hostile, []);
    expect(notification.message).toBe('repository &lt;!here&gt;&amp;: 1 firing');
    expect(JSON.stringify(notification)).not.toMatch(/<!/);
    const { ongoing, ...rest } = hostile;
    const { groupLabels: _, ...single } = ongoing!;
    expect(JSON.stringify(render({ ...rest, ongoing: single }, []))).not.toMatch(/<!/);
  });
});
