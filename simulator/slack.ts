import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../src/model.ts';
import { backstop } from './backstop.ts';
import { answerWithFault, createFaultPlan, type Fault, readBody } from './http-faults.ts';
import { closeAtOnce, listen } from './listening.ts';
import { type Answer, type Arguments, missingScope, refuse } from './slack/answers.ts';
import { capped, parseArguments, printed } from './slack/arguments.ts';
import { METHODS } from './slack/methods.ts';
import { createPace, createQuota, type PaceOptions } from './slack/pace.ts';
import {
  type ChannelOptions,
  type ChannelView,
  channelView,
  createTsClock,
  createWorkspace,
  type SlackMessage,
  type Workspace,
} from './slack/workspace.ts';
import { createWaiting } from './waiting.ts';

export type { ChannelView, SlackMessage };

/** A fault of HTTP, or an error that Slack answers inside a 200. */
export type SlackFault =
  | Fault
  | { kind: 'error'; error: string; extra?: JsonObject }
  /** Does what was asked, and then answers as if it had not: `hang` stalls, a status of 500 hides that it posted. */
  | { kind: 'done'; answer: Exclude<Fault, { kind: 'drop' | 'delay' }> };

export interface SlackCallRecord {
  method: string;
  /** What was sent, as text; a JSON body's values are printed as JSON. */
  form: Record<string, string>;
  /** Unix milliseconds. */
  at: number;
  /** Absent when the call had a fault in place of an answer. */
  answer?: Answer;
  /** It came above the pace of its channel and was answered 429. */
  tooFast?: true;
}

export interface SlackSimulatorOptions extends PaceOptions {
  token: string;
  port: number;
  host: string;
  channels: ChannelOptions[];
  /** Posting to an unknown name makes the channel. Default true. */
  createChannels: boolean;
  scopes: string[];
  /** Checks texts and layouts as Slack does. Default true; false accepts any. */
  strict: boolean;
  /** Ids of users by e-mail address. */
  users: Record<string, string>;
  /** Ids of user groups by handle. */
  userGroups: Record<string, string>;
  /** Milliseconds for which messages may be edited; absent: for ever. */
  editWindow?: number;
  botName: string;
  /** For long runs: the last so many messages of each channel, and calls, are kept; absent: all. */
  keep: { messages?: number; calls?: number };
  nextTs?: () => string;
  channelId: (name: string) => string;
}

/** Slack's Web API on localhost: real HTTP, in memory, with what can go wrong. */
export interface SlackSimulator {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** For `apiURL`; valid once started. */
  readonly apiUrl: string;
  /** What calls must carry. */
  readonly token: string;
  /** Revokes the token: calls must carry this one from now on. */
  setToken(token: string): void;
  readonly workspace: Workspace;
  /** Every call that arrived, in order; the last ones with `keep`. */
  readonly calls: readonly SlackCallRecord[];
  /** Messages of a channel, by its name or id, in the order of posting; of all channels without one. */
  messages(channel?: string): SlackMessage[];
  /** What a page draws of it. */
  view(): ChannelView[];
  /** The next `times` calls (default 1) that match get this fault. */
  fail(fault: SlackFault, options?: { times?: number; where?: (call: SlackCallRecord) => boolean }): void;
  clearFaults(): void;
  /** Every call answers this error, as after a revoked token, until undefined is set. */
  refuseAll(error: string | undefined): void;
  setScopes(scopes: string[]): void;
  /** Resolves when the condition holds; it is asked after each call. Rejects after `timeout` milliseconds. */
  until(condition: () => boolean, timeout?: number): Promise<void>;
  /** Called after each call, with what it changed. Returns the way to end it. */
  onCall(listener: (call: SlackCallRecord) => void): () => void;
}

const allScopes = [
  'chat:write',
  'chat:write.public',
  'chat:write.customize',
  'channels:history',
  'groups:history',
  'im:history',
  'channels:read',
  'groups:read',
  'users:read',
  'users:read.email',
  'usergroups:read',
];

export function createSlackSimulator(given: Partial<SlackSimulatorOptions> = {}): SlackSimulator {
  const options: SlackSimulatorOptions = {
    token: 'xoxb-simulator',
    port: 0,
    host: '127.0.0.1',
    channels: [],
    createChannels: true,
    scopes: allScopes,
    strict: true,
    users: {},
    userGroups: {},
    quotas: {},
    botName: 'Argo CD',
    keep: {},
    now: Date.now,
    channelId: (name) => `C${name.toUpperCase()}`,
    ...given,
  };
  const workspace = createWorkspace({
    ...options,
    nextTs: options.nextTs ?? createTsClock(options.now),
    ...(options.keep.messages === undefined ? {} : { keepMessages: options.keep.messages }),
  });
  const { calls: keepCalls = Number.POSITIVE_INFINITY } = options.keep;
  const plan = createFaultPlan<SlackFault, SlackCallRecord>();
  const calls: SlackCallRecord[] = [];
  const listeners = new Set<(call: SlackCallRecord) => void>();
  const waiting = createWaiting(() => `${calls.length} calls to Slack`);
  const pace = createPace(options);
  const userGroups = new Map(Object.entries(options.userGroups));
  const quota = createQuota(options);
  const users = new Map(Object.entries(options.users).map(([email, id]) => [email.toLowerCase(), id]));
  let scopes: ReadonlySet<string> = new Set(options.scopes);
  let refusal: string | undefined;
  let { token: wanted } = options;
  let server: Server | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = decodeURIComponent((request.url ?? '').split('?')[0]?.split('/').at(-1) ?? '');
    const args = capped(
      parseArguments(request.headers['content-type'] ?? '', await readBody(request)),
      options.quotas[method]?.mostItems,
    );
    const call: SlackCallRecord = { method, form: printed(args), at: options.now() };
    calls.push(call);
    if (calls.length > 2 * keepCalls) calls.splice(0, calls.length - keepCalls);
    const fault = plan.take(call);
    const paced = fault === undefined && METHODS[method]?.posts === true;
    const pause = paced ? pace(nameOf(call.form.channel ?? '')) : fault === undefined ? quota(method) : 0;
    const tooFast: Fault = {
      kind: 'status',
      status: 429,
      headers: { 'retry-after': String(pause), 'content-type': 'application/json' },
      body: JSON.stringify(refuse('ratelimited')),
    };
    if (pause > 0) call.tooFast = true;
    if (fault?.kind === 'done') call.answer = run(method, args, request);
    const httpFault = pause > 0 ? tooFast : httpFaultOf(fault);
    await answerWithFault(httpFault, { request, response }, () => {
      const answer =
        fault?.kind === 'error' ? { ...refuse(fault.error), ...fault.extra } : run(method, args, request);
      call.answer = answer;
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'x-oauth-scopes': [...scopes].join(','),
        'x-accepted-oauth-scopes': (METHODS[method]?.scopes ?? []).join(','),
      };
      return { status: 200, headers, body: JSON.stringify(answer) };
    });
    for (const listener of listeners) listener(call);
    waiting.ask();
  }

  /** The same for an id and a name, also of a channel that the call makes. */
  function nameOf(reference: string): string {
    return workspace.find(reference)?.name ?? reference.replace(/^[#@]/, '');
  }

  function run(name: string, args: Arguments, request: IncomingMessage): Answer {
    const method = METHODS[name];
    if (method === undefined) return refuse('unknown_method');
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? args.token;
    if (token === undefined || token === '') return refuse('not_authed');
    if (token !== wanted) return refuse('invalid_auth');
    if (refusal !== undefined) return refuse(refusal);
    if (method.scopes.length > 0 && !method.scopes.some((scope) => scopes.has(scope)))
      return missingScope(method.scopes.join(','), scopes);
    return method.run(args, {
      workspace,
      scopes,
      users,
      userGroups,
      botName: options.botName,
      strict: options.strict,
    });
  }

  return {
    get token() {
      return wanted;
    },
    setToken(token) {
      wanted = token;
    },
    workspace,
    calls,
    get apiUrl() {
      if (server === undefined) throw new Error('the Slack simulator is not started');
      return `http://${options.host}:${(server.address() as AddressInfo).port}/api/`;
    },
    async start() {
      const listening = createServer((request, response) => {
        handle(request, response).catch(() => request.socket.destroy());
      });
      // Slack keeps connections open for longer than Node.js would: what a client sends late still arrives.
      listening.keepAliveTimeout = 75_000;
      server = listening;
      await listen(listening, options.port, options.host);
    },
    async stop() {
      const stopping = server;
      if (stopping === undefined) return;
      server = undefined;
      await closeAtOnce(stopping);
    },
    messages(channel) {
      if (channel !== undefined) return workspace.find(channel)?.messages ?? [];
      return workspace.channels().flatMap(({ messages }) => messages);
    },
    view: () => workspace.channels().map(channelView),
    fail: (fault, where) => plan.add(fault, where),
    clearFaults: () => plan.clear(),
    refuseAll(error) {
      refusal = error;
    },
    setScopes(list) {
      scopes = new Set(list);
    },
    until: (condition, timeout = backstop) => waiting.until(condition, timeout),
    onCall(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function httpFaultOf(fault: SlackFault | undefined): Fault | undefined {
  if (fault?.kind === 'error') return undefined;
  return fault?.kind === 'done' ? fault.answer : fault;
}
