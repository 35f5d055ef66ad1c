import {
  createSlackSimulator,
  type SlackSimulator,
  type SlackSimulatorOptions,
} from '../../simulator/slack.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject, Notification, Outcome } from '../../src/model.ts';
import type { SendContext, Service } from '../../src/services/service.ts';
import type { SlackSettings } from '../../src/services/slack/slack.ts';
import { createMemoryState, type MemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

export interface Attempt {
  deliveryId?: string;
  recipient?: string;
  section?: JsonObject;
  /** Unix milliseconds. */
  earlier?: number;
  signal?: AbortSignal;
  alert?: NonNullable<SendContext['alert']>;
  /** What else the notification has. */
  also?: Pick<Notification, 'lead' | 'brief' | 'replaces'>;
}

/** A Slack service on a simulated Slack; the state outlives a restart. */
export interface SlackFixture {
  slack: SlackSimulator;
  state: MemoryState;
  send(message: string, attempt?: Attempt): Promise<Outcome>;
  restart(settings?: Partial<SlackSettings>): Promise<void>;
  service(): Service;
  /** Warnings that were logged. */
  readonly warnings: readonly JsonObject[];
  texts(channel?: string): string[];
  methods(): string[];
  close(): Promise<void>;
}

export async function openSlack(
  simulated: Partial<SlackSimulatorOptions> = {},
  settings: Partial<SlackSettings> = {},
): Promise<SlackFixture> {
  const slack = createSlackSimulator({ channels: [{ name: 'deploys' }], ...simulated });
  await slack.start();
  const state = createMemoryState();
  const warnings: JsonObject[] = [];
  const write = (line: string) => void warnings.push(JSON.parse(line) as JsonObject);
  const log = createLog({ level: 'warn', format: 'json' }, { write });

  function start(chosen: Partial<SlackSettings>): Service {
    const { now } = simulated;
    const options = { token: slack.token, apiURL: slack.apiUrl };
    return startService('slack', options, { log, state, slack: chosen, ...(now && { now }) });
  }
  let service = start(settings);

  return {
    slack,
    state,
    send(message, { deliveryId = 'd1', recipient = 'deploys', section, earlier, signal, alert, also } = {}) {
      const notification = { message, ...also, ...(section === undefined ? {} : { section }) };
      return service.send(notification, recipient, {
        deliveryId,
        signal: signal ?? AbortSignal.timeout(600_000),
        ...(earlier === undefined ? {} : { earlier: { since: earlier } }),
        ...(alert && { alert }),
      });
    },
    async restart(chosen = settings) {
      await service.close();
      service = start(chosen);
    },
    service: () => service,
    warnings,
    texts: (channel = 'deploys') => slack.messages(channel).map(({ text }) => text),
    methods: () => slack.calls.map(({ method }) => method),
    async close() {
      await service.close();
      await slack.stop();
    },
  };
}
