import { drawMessage, plain, timeOf } from './slack.js';

/** The page keeps nothing of its own but the channel that is shown: each event carries the whole state. */
let shown;
let state;

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
    return [row(`Herald ${state.bridge}: what fires is known when it is ready`, '')];
  return state.alerts.length > 0 ? state.alerts.map(alertRow) : [row('nothing is firing', '')];
}

function drawMessages(messages) {
  const list = byId('messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...messages.map(drawMessage));
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

function alertRow({ severity, trigger, name, since }) {
  const badge = element('span', { class: `severity ${severity}` }, severity);
  return element(
    'tr',
    {},
    element('td', {}, badge, `${trigger} `, element('b', {}, name)),
    element('td', {}, `since ${timeOf(since)}`),
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
