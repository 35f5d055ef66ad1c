/** Draws messages as Slack does: attachments with colour bar and fields, blocks, threads, and mrkdwn. */

const namedColours = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' };

export function timeOf(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
}

/** `isReply`: it stands in a thread, and not in the channel. */
export function drawMessage(
  { username, ts, threadTs, text, attachments = [], blocks = [], replies = [] },
  isReply = false,
) {
  const head = element(
    'div',
    {},
    element('span', { class: 'who' }, username),
    element('span', { class: 'tag' }, 'APP'),
    element('span', { class: 'time' }, timeOf(Number(ts) * 1000)),
  );
  const body = element('div', {}, head);
  if (!isReply && threadTs && threadTs !== ts)
    body.append(element('div', { class: 'small' }, 'replied to a thread'));
  if (blocks.length > 0) body.append(...blocks.map(drawBlock));
  else if (text) body.append(mrkdwn(text));
  body.append(...attachments.map(drawAttachment));
  if (replies.length > 0) body.append(drawReplies(replies));
  return element(
    'li',
    { class: 'message' },
    element('div', { class: 'avatar' }, username.slice(0, 1).toUpperCase()),
    body,
  );
}

function drawReplies(replies) {
  const count = `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`;
  return element(
    'div',
    { class: 'replies' },
    element('div', { class: 'small' }, count),
    element('ol', {}, ...replies.map((reply) => drawMessage(reply, true))),
  );
}

function drawAttachment(attachment) {
  const {
    color,
    pretext,
    author_name: author,
    title,
    title_link: link,
    text,
    fields,
    footer,
    blocks,
  } = attachment;
  const bar = element('div', { class: 'attachment' });
  if (color) bar.style.borderColor = namedColours[color] ?? (color.startsWith('#') ? color : `#${color}`);
  if (author) bar.append(element('div', { class: 'small' }, author));
  if (title) {
    bar.append(element('div', { class: 'title' }, link ? anchor(link, plain(title)) : plain(title)));
  }
  if (text) bar.append(mrkdwn(text));
  bar.append(...(blocks ?? []).map(drawBlock));
  if (fields?.length > 0) bar.append(element('div', { class: 'fields' }, ...fields.map(drawField)));
  if (footer) bar.append(element('div', { class: 'small' }, footer));
  if (!pretext) return bar;
  return element('div', {}, mrkdwn(pretext), bar);
}

function drawField({ title, value, short }) {
  return element(
    'div',
    { class: short ? '' : 'long' },
    element('b', {}, title ?? ''),
    mrkdwn(String(value ?? '')),
  );
}

function drawBlock(block) {
  switch (block.type) {
    case 'header':
      return element('div', { class: 'header' }, plain(block.text?.text ?? ''));
    case 'divider':
      return element('hr', {});
    case 'context':
      return element(
        'div',
        { class: 'context' },
        ...(block.elements ?? []).map(({ text }) => mrkdwn(text ?? '')),
      );
    case 'actions':
      return element(
        'div',
        {},
        ...(block.elements ?? []).map(({ text, url }) => {
          const label = element('span', { class: 'button' }, plain(text?.text ?? ''));
          return url ? element('a', { href: safeUrl(url) }, label) : label;
        }),
      );
    case 'section': {
      const section = element('div', {});
      if (block.text)
        section.append(block.text.type === 'mrkdwn' ? mrkdwn(block.text.text) : plain(block.text.text));
      if (block.fields) {
        const fields = block.fields.map(({ text }) => mrkdwn(text));
        section.append(element('div', { class: 'fields' }, ...fields));
      }
      return section;
    }
    default:
      return element('div', { class: 'small' }, `[${block.type}]`);
  }
}

/** Slack's markup: code, links and mentions first, then emphasis in what is left. */
function mrkdwn(text) {
  const node = element('div', { class: 'text' });
  const pattern =
    /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?! )([^*\n]+)(?<! )\*(?!\w)|(?<![\w_])_([^_\n]+)_(?!\w)|~([^~\n]+)~/g;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    node.append(plain(text.slice(end, match.index)));
    const [, block, code, link, bold, italic, strike] = match;
    if (block) node.append(element('pre', {}, plain(block.replace(/^\n|\n$/g, ''))));
    else if (code) node.append(element('code', {}, plain(code)));
    else if (link) node.append(drawLink(link));
    else if (bold) node.append(element('b', {}, plain(bold)));
    else if (italic) node.append(element('i', {}, plain(italic)));
    else if (strike) node.append(element('s', {}, plain(strike)));
    end = match.index + match[0].length;
  }
  node.append(plain(text.slice(end)));
  return node;
}

function drawLink(link) {
  const [target, label] = link.split('|');
  if (/^[!@#]/.test(target)) return element('span', { class: 'mention' }, label ?? target.replace(/^!/, '@'));
  return anchor(target, plain(label ?? target));
}

function anchor(url, label) {
  return element('a', { href: safeUrl(url), rel: 'noopener' }, label);
}

function safeUrl(url) {
  return /^(https?|mailto):/i.test(url) ? plain(url) : '#';
}

const emoji = {
  white_check_mark: '✅',
  x: '❌',
  warning: '⚠️',
  rotating_light: '🚨',
  rocket: '🚀',
  heavy_check_mark: '✔️',
  hourglass: '⌛',
  hourglass_flowing_sand: '⏳',
  grey_question: '❔',
  wastebasket: '🗑️',
  green_heart: '💚',
  large_green_circle: '🟢',
  closed_lock_with_key: '🔐',
  left_right_arrow: '↔️',
  repeat: '🔁',
  rewind: '⏪',
  arrows_counterclockwise: '🔄',
  double_vertical_bar: '⏸️',
  no_entry_sign: '🚫',
  calendar: '📆',
  sparkles: '✨',
};

export function plain(text) {
  return text
    .replace(/:([a-z_]+):/g, (whole, name) => emoji[name] ?? whole)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== '') node.setAttribute(name, value);
  node.append(...children);
  return node;
}
