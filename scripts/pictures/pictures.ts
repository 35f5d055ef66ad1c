/** The pictures of messages in docs/: of which story each is, and what of it is shown. */
import { all, incidents } from '../../test/alerts/incident-stories.ts';
import { B, C, shipped, shop } from '../../test/alerts/incidents.ts';
import { nothing, type Step, type Story } from '../../test/alerts/timeline.ts';

export interface Picture {
  /** Of the file in docs/images/messages. */
  name: string;
  configMap: Readonly<Record<string, string>>;
  story: Story;
  /** Of the messages in the channel, the last so many. @defaultValue all */
  last?: number;
}

/** A trigger has more than one story where it is told of for more than one reason. */
const incidentPictures: readonly Picture[] = incidents.map(([trigger, , story], index) => ({
  name: incidents.findIndex(([first]) => first === trigger) === index ? trigger : `${trigger}-2`,
  configMap: shipped,
  story: story(trigger),
  // The first deployments are what comes before.
  ...(trigger === 'on-deployed' ? { last: 1 } : {}),
}));

/** Of a group, whose message is brought up to date, as it was while it fired. */
const firingPictures: readonly Picture[] = incidentPictures
  .filter(({ name }) => name === 'on-sync-status-unknown')
  .map((picture) => ({ ...picture, name: `${picture.name}-firing`, story: picture.story.slice(0, -2) }));

const trigger = 'on-health-degraded';
const well = (name: string) => shop(trigger, { name });
const degraded = (name: string) =>
  shop(trigger, {
    name,
    revision: B,
    health: 'Degraded',
    message: `Deployment "${name}" exceeded its progress deadline`,
  });
const condition = (severity: string, more = '') => `
- when: app.status?.health?.status == 'Degraded'
  for: 5m
  severity: ${severity}
  send: [short]
  resolved: true
${more}`;
const short = 'message: ":rotating_light: {{.app.metadata.name}}: {{.app.status.health.message}}"';
const configured = (changes: Readonly<Record<string, string>>) => ({
  ...shipped,
  'template.short': short,
  ...changes,
});
const edit =
  (changes: Readonly<Record<string, string>>): Step =>
  (world) =>
    world.configure(configured(changes));

const life = configured({ [`trigger.${trigger}`]: condition('warning', '  repeat: 4h') });
const held = {
  ...configured({ [`trigger.${trigger}`]: condition('critical') }),
  muteTimes: `
- match: {name: cart}
  times: [{times: [{start: '01:00', end: '02:30'}]}]
`,
  inhibit: `
- source: {name: database}
  target: {name: search}
`,
};
const storm = {
  ...configured({ [`trigger.${trigger}`]: condition('critical') }),
  groups: `
- match: {trigger: ${trigger}}
  groupBy: [trigger, project]
  groupWait: 30s
  groupInterval: 5m
`,
};
const names = (count: number) => Array.from({ length: count }, (_, index) => `shop-${index + 1}`);

const alertPictures: readonly Picture[] = [
  {
    name: 'thread',
    configMap: life,
    story: [
      ['0s', well('shop')],
      ['1h', degraded('shop')],
      ['6h', edit({ [`trigger.${trigger}`]: condition('critical', '  repeat: 4h') })],
      ['7h', (world) => world.acknowledge('shop', 'rolling back')],
      ['8h', shop(trigger, { revision: C })],
    ],
  },
  {
    name: 'held-back',
    configMap: held,
    story: [
      ['0s', all(...['shop', 'cart', 'search', 'database'].map(well))],
      ['1h', (world) => world.silence('migration', { matchers: [['name="shop"']] })],
      ['1h', all(...['database', 'shop', 'cart', 'search'].map(degraded))],
      ['2h40m', well('database')],
      ['3h', nothing],
    ],
    last: 3,
  },
  {
    name: 'group',
    configMap: storm,
    story: [
      ['0s', all(...names(12).map(well))],
      ['1h', all(...names(12).map(degraded))],
      ['1h7m', nothing],
    ],
  },
  {
    name: 'group-end',
    configMap: storm,
    story: [
      ['0s', all(...names(4).map(well))],
      ['1h', all(...names(3).map(degraded))],
      ['1h8m', degraded('shop-4')],
      ['1h20m', all(...names(2).map(well))],
      ['1h40m', all(...names(4).map(well))],
      ['2h', nothing],
    ],
  },
];

export const pictures: readonly Picture[] = [...incidentPictures, ...firingPictures, ...alertPictures];
