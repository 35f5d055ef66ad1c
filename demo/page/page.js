import { drawMessage, plain, timeOf } from './slack.js';

/** The page keeps nothing of its own but the channel that is shown: each event carries the whole state. */
let shown;
let state;
const day = 24 * 3_600_000;

const events = new EventSource('events');
events.onmessage = ({ data }) => {
  state = JSON.parse(data);
  shown ??= state.channels[0]?.name;
  draw();
};
events.onerror = () => byId('status').replaceChildren('The demo has ended.');

function draw() {
  byId('status').replaceChildren(state.status);
  byId('channels').replaceChildren(...state.channels.map(channelButton));
  const channel = state.channels.find(({ name }) => name === shown);
  byId('channel').replaceChildren(channel ? `# ${channel.name}` : '');
  drawMessages(channel?.messages ?? []);
  byId('alerts').replaceChildren(...alertRows());
  byId('changes').replaceChildren(...state.timeline.toReversed().map(timelineItem));
  byId('metrics').replaceChildren(...state.metrics.map(({ name, value }) => row(name, value)));
  byId('metrics-link').href = state.metricsUrl;
}

/** What fires is known only while Herald runs. */
function alertRows() {
  if (state.bridge !== 'runs')
    return [element('li', {}, `Herald ${state.bridge}: what fires is known when it is ready`)];
  if (state.alerts.length === 0) return [element('li', {}, 'nothing is firing')];
  const shown = groups(state.alerts);
  return shown.map(alertItem);
}

function drawMessages(messages) {
  const list = byId('messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...messages.map((message) => drawMessage(message)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function channelButton({ name, messages }) {
  const button = element(
    'button',
    {},
    element('span', {}, `# ${name}`),
    element('span', {}, String(messages.length)),
  );
  button.ariaCurrent = String(name === shown);
  button.onclick = () => {
    shown = name;
    draw();
  };
  return element('li', {}, button);
}

/** Alerts that differ in their Application alone stand together, as they are told. */
function groups(alerts) {
  const found = new Map();
  for (const { name, since, ...alert } of alerts) {
    const key = JSON.stringify([alert.state, alert.trigger, alert.reasons, alert.told]);
    const known = found.get(key);
    if (known) known.names.push(name);
    else found.set(key, { ...alert, since, names: [name] });
  }
  return [...found.values()];
}

function alertItem({ state: is, severity, trigger, names, since, reasons, told, nextAt }) {
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  const why = [
    ...reasons,
    told.length > 0 ? `told to ${told.join(', ')}` : 'nobody is told yet',
    // Of another day the page shows no time.
    ...(nextAt === undefined || nextAt - Date.now() > day ? [] : [`looked at next at ${timeOf(nextAt)}`]),
  ];
  return element(
    'li',
    { class: is },
    element(
      'div',
      {},
      element('span', { class: `state ${is}` }, is),
      element('b', {}, shown.join(', ')),
      element('span', { class: 'time' }, `since ${timeOf(since)}`),
    ),
    element('div', { class: 'small' }, `${trigger}, ${severity}: ${why.join('; ')}`),
  );
}

function timelineItem({ at, kind, text }) {
  return element(
    'li',
    {},
    element('span', { class: 'time' }, timeOf(at)),
    element(
      'span',
      { class: kind === 'message' ? 'message-line' : '' },
      kind === 'message' ? `→ ${plain(text)}` : text,
    ),
  );
}

function row(name, value) {
  return element('tr', {}, element('td', {}, name), element('td', {}, value));
}

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function byId(id) {
  return document.getElementById(id);
}
