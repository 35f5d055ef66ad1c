import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedCluster } from '../../simulator/kubernetes/cluster.ts';
import { between, pick, type Random } from '../random.ts';
import {
  alertConfiguration,
  bounds,
  type Edit,
  firstEdit,
  mutedMinutesFrom,
  type Rules,
} from './configuration.ts';
import { annotationsOf, hub, kinds, listenersOf, projects } from './destinations.ts';
import type { Judge } from './judge.ts';
import { createSchedule } from './schedule.ts';

/** Applications that fail and recover, and what people do about it. */
export interface AlertStory {
  prepare(): void;
  run(signal: AbortSignal): Promise<void>;
  /** Nothing is held back any more, and what fails goes on to fail: it has to be told now. */
  rest(): Promise<void>;
  /** Everything is well: all ends have to be told now. */
  mend(): void;
}

export interface StoryOptions {
  applications: number;
  /** What one Application does, so many a second. */
  rate: number;
  /** Milliseconds of the story: a short one leaves out what takes minutes to be told. */
  duration: number;
  configure(data: Record<string, string>): void;
}

interface One {
  name: string;
  project: string;
  life: number;
  state: 'well' | 'fails' | 'flaps';
  /** May fail again from then on: before, it could be seen as the failure before that flaps. */
  wellUntil: number;
  /** Fails until its time is over, and does nothing else. */
  isBusy: boolean;
  /** When it began to fail. */
  failsSince: number;
}

/** Milliseconds. */
const gap = bounds.keep.most + 2_500;
const lengths = {
  short: [150, 600],
  long: [5_000, 18_000],
  flap: [150, 700],
  storm: [8_000, 14_000],
} as const;
const share = { short: 0.25, flap: 0.45, unsubscribe: 0.6, silence: 0.75, recreate: 0.85 };
const every = {
  storm: [18_000, 28_000],
  outage: [14_000, 24_000],
  silence: [16_000, 24_000],
  edit: [5_000, 11_000],
} as const;
/** A story as long as this also has what takes minutes. */
const longStory = 40_000;

export function createAlertStory(
  cluster: SimulatedCluster,
  judge: Judge,
  random: Random,
  { applications, rate, duration, configure }: StoryOptions,
): AlertStory {
  const all: One[] = Array.from({ length: applications }, (_, index) =>
    one(`app-${index}`, projects[index % projects.length] ?? 'loud'),
  );
  const outage = one(hub, 'inhibited');
  const { after, repeated, run, clear } = createSchedule(random);
  const isLong = duration >= longStory;
  const lifts: (() => void)[] = [];
  /** How to end the silence that stands on an Application, by its life. */
  const silences = new Map<string, () => void>();
  let edit: Edit = firstEdit;
  const rules: Rules = { mutedMinutes: mutedMinutesFrom(Date.now()) };
  let liftOutage: (() => void) | undefined;

  function one(name: string, project: string): One {
    return { name, project, life: 0, state: 'well', wellUntil: 0, isBusy: false, failsSince: 0 };
  }

  const lifeOf = ({ name, life }: One) => `${name}.${life}`;
  const mayFail = ({ state, wellUntil }: One) => state === 'well' && Date.now() >= wellUntil;
  const objectOf = ({ name }: One) => ({ kind: 'Application', namespace: 'argocd', name });

  const listeners = (application: One) => listenersOf({ ...application, life: lifeOf(application) }, isLong);

  function make(application: One): void {
    judge.change();
    Object.assign(application, { life: application.life + 1, state: 'well', isBusy: false, wellUntil: 0 });
    const listening = listeners(application);
    for (const listener of listening) judge.listens(listener);
    const { name, project } = application;
    cluster.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name,
        namespace: 'argocd',
        annotations: { ...annotationsOf(listening), life: lifeOf(application) },
      },
      spec: {
        project,
        source: { repoURL: 'https://git.example.com/apps.git', path: name },
        destination: { server: 'https://kubernetes.default.svc', namespace: name },
      },
      status: { health: { status: 'Healthy', lastTransitionTime: timeOf(seconds()) } },
    });
  }

  function setHealth(application: One, status: 'Healthy' | 'Degraded', said: number): void {
    judge.change();
    cluster.patch(objectOf(application), {
      status: { health: { status, lastTransitionTime: timeOf(said) } },
    });
  }

  function fail(application: One): void {
    const said = seconds();
    Object.assign(application, { state: 'fails', failsSince: Date.now() });
    judge.fails(lifeOf(application), said);
    if (application === outage)
      liftOutage = judge.holds(({ project, kind }) => project === 'inhibited' && kind === kinds.warned);
    setHealth(application, 'Degraded', said);
  }

  function recover(application: One): void {
    Object.assign(application, { state: 'well', isBusy: false, wellUntil: Date.now() + gap });
    judge.recovers(lifeOf(application));
    setHealth(application, 'Healthy', seconds());
    if (application === outage) liftOutage?.();
  }

  function failFor(application: One, [least, most]: readonly [number, number]): void {
    fail(application);
    const { life } = application;
    after(between(random, least, most), () => {
      if (application.life === life && application.state !== 'well') recover(application);
    });
  }

  /** Well, and failing again, in less than it is kept firing. */
  function flap(application: One): void {
    application.state = 'flaps';
    judge.falters(lifeOf(application));
    setHealth(application, 'Healthy', seconds());
    const { life } = application;
    after(between(random, ...lengths.flap), () => {
      if (application.life !== life || application.state !== 'flaps') return;
      failAgain(application);
    });
  }

  function failAgain(application: One): void {
    const said = seconds();
    application.state = 'fails';
    judge.flaps(lifeOf(application), said);
    setHealth(application, 'Degraded', said);
  }

  function annotate(application: One, annotations: Record<string, string | null>): void {
    judge.change();
    judge.notes(lifeOf(application), `is annotated: ${JSON.stringify(annotations)}`);
    cluster.patch(objectOf(application), { metadata: { annotations } });
  }

  function unsubscribe(application: One): void {
    const every = listeners(application);
    const own = every.filter(({ kind }) => kind === kinds.own);
    if (own.length === 0) return;
    const { life } = application;
    for (const { channel } of own) judge.unlistens(lifeOf(application), channel);
    annotate(application, annotationsOf(every.filter(({ kind }) => kind !== kinds.own)));
    after(between(random, 3_000, 8_000), () => {
      if (application.life !== life) return;
      for (const listener of own) judge.listens(listener);
      annotate(application, annotationsOf(every));
    });
  }

  function silence(application: One): void {
    const until = (seconds() + Math.round(between(random, 6, 11))) * 1_000;
    const life = lifeOf(application);
    // Another takes the place of the one before.
    silences.get(life)?.();
    silences.set(
      life,
      judge.holds((listener) => listener.life === life, until),
    );
    annotate(application, { 'herald.argoproj.io/silence-until': new Date(until).toISOString() });
  }

  function recreate(application: One): void {
    judge.change();
    const life = lifeOf(application);
    judge.deletes(life);
    for (const { channel } of listeners(application)) judge.unlistens(life, channel);
    cluster.remove(objectOf(application));
    make(application);
  }

  function changeAny(): void {
    const application = pick(random, all);
    const dice = random();
    if (application.state === 'flaps' || application.isBusy) return;
    if (application.state === 'well') {
      if (!mayFail(application)) return;
      failFor(application, dice < share.short ? lengths.short : lengths.long);
      application.isBusy = dice < share.short;
      return;
    }
    if (dice < share.flap) {
      // Before, it would only wait anew.
      if (Date.now() - application.failsSince > bounds.wait.most + 1_500) flap(application);
    } else if (dice < share.unsubscribe) unsubscribe(application);
    else if (dice < share.silence) silence(application);
    else if (dice < share.recreate) recreate(application);
  }

  function storm(): void {
    const length = between(random, ...lengths.storm);
    for (const application of all) {
      if (application.project !== 'loud' || !mayFail(application)) continue;
      application.isBusy = true;
      failFor(application, [length, length + 500]);
    }
    judge.note('a storm');
  }

  function configured(what: string): void {
    judge.note(what);
    configure(alertConfiguration(edit, rules));
  }

  function silenceProject(): void {
    const until = Math.round(Date.now() + between(random, 8_000, 13_000));
    lifts.push(judge.holds(({ project }) => project === 'quiet', until));
    rules.silencedUntil = until;
    configured('quiet is silenced');
  }

  function editConfiguration(): void {
    edit = {
      wait: pick(random, [2, 3]),
      keep: pick(random, [2, 3]),
      when: edit.when + (random() < 0.5 ? 1 : 0),
      interval: pick(random, [2, 3]),
    };
    configured(`the configuration is edited: ${JSON.stringify(edit)}`);
  }

  return {
    prepare() {
      const minute = 60_000;
      const now = Date.now();
      const start = now - (now % minute);
      for (let at = start; at < start + 60 * minute; at += minute) {
        if (rules.mutedMinutes.includes(new Date(at).getUTCMinutes()))
          lifts.push(judge.holds(({ project }) => project === 'night', at + minute, at));
      }
      configured('the configuration is applied');
      for (const application of [...all, outage]) make(application);
    },
    async run(signal) {
      repeated([1_000 / rate, 1_000 / rate], changeAny);
      repeated(every.storm, storm);
      repeated(every.silence, silenceProject);
      repeated(every.edit, editConfiguration);
      repeated(every.outage, () => {
        if (mayFail(outage)) failFor(outage, [5_000, 9_000]);
      });
      await run(signal);
    },
    async rest() {
      clear();
      for (const application of all) if (application.state === 'flaps') failAgain(application);
      if (outage.state !== 'well') recover(outage);
      for (const lift of lifts) lift();
      delete rules.silencedUntil;
      rules.mutedMinutes = [];
      configured('nothing is held back any more');
      await delay(isLong ? 8_000 : 5_000);
    },
    mend() {
      judge.note('everything recovers');
      for (const application of all) if (application.state !== 'well') recover(application);
    },
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}

function timeOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1_000).toISOString().replace('.000Z', 'Z');
}
