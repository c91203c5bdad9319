// A message as Discord shows it.
import { el } from './dom.js';
import { attachment, embed, loose } from './embed.js';
import { markdown } from './markdown.js';
import { day, format } from './time.js';
import { say } from './words.js';

const EPHEMERAL = 64;
const LOADING = 128;

/**
 * render makes the element of a message. The context has names and channels by
 * id; whether it pings the reader; press and dismiss, which do what their
 * buttons say; and files, where attachments are, if not at their own addresses.
 */
export function render(message, channel, context) {
  context = { ...context, names: { ...context.names, ...mentioned(message) } };
  const author = message.author || {};
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  return el('article', {
    class: ['message', context.pings && 'pinged', ephemeral && 'ephemeral'].filter(Boolean).join(' '),
    'data-testid': 'message', 'data-id': message.id, 'data-channel': channel, 'data-pings': Boolean(context.pings),
    'data-state': message.flags & LOADING ? 'thinking' : 'done', 'data-command': commandOf(message),
    'aria-label': say('by', nameOf(author)),
  },
  used(message),
  face(nameOf(author)),
  el('div', { class: 'body' }, head(message, author), ...contents(message, context), ephemeral && only(context.dismiss)));
}

function mentioned(message) {
  return Object.fromEntries((message.mentions || []).filter((u) => u?.id).map((u) => [u.id, nameOf(u)]));
}

const nameOf = (user) => user.global_name || user.username || say('someone');

const interactionOf = (message) => message.interaction || message.interaction_metadata;

/** commandOf is the name of the command that the message answers. */
const commandOf = (message) => (message.type === 3 ? null : interactionOf(message)?.name || null);

/** used is the line above an answer: who used which command. */
function used(message) {
  const name = commandOf(message);
  if (!name || name.includes(':')) return null; // what a button caused names the button
  const who = nameOf(interactionOf(message).user || {});
  const [before, between, after] = say('used').split('{}');
  return el('p', { class: 'used' }, face(who), el('span', {}, before, el('strong', {}, who), between, el('span', { class: 'pill' }, '/' + name), after));
}

/** face is the round picture of somebody: the first letter of the name. */
export function face(name) {
  const hue = [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 5, 7);
  return el('span', { class: 'avatar tint' + hue, 'aria-hidden': 'true', 'data-letter': [...name][0]?.toUpperCase() || '?' });
}

function head(message, author) {
  return el('header', {},
    el('span', { class: 'author' }, nameOf(author)),
    author.bot && el('span', { class: 'app' }, say('app')),
    when(message.timestamp));
}

function when(timestamp) {
  const date = new Date(timestamp);
  if (!timestamp || Number.isNaN(date.getTime())) return null;
  return el('time', { class: 'when', datetime: date.toISOString(), title: format(date, 'F') }, day(date));
}

function contents(message, context) {
  if (message.flags & LOADING) {
    const dots = el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'));
    return [el('p', { class: 'thinking' }, dots, say('thinking', nameOf(message.author || {})))];
  }
  const attachments = message.attachments || [];
  const embeds = message.embeds || [];
  return [
    text(message, context),
    ...embeds.map((e) => embed(e, attachments, context)),
    ...loose(attachments, embeds, context).map((a) => attachment(a, context)),
    ...(message.components || []).map((row) => buttons(row, message, context)),
  ];
}

function text(message, context) {
  if (!message.content && !message.edited_timestamp) return null;
  const out = markdown(message.content || '', context);
  if (message.edited_timestamp) {
    const at = new Date(message.edited_timestamp);
    const mark = el('span', { class: 'edited', title: Number.isNaN(at.getTime()) ? '' : format(at, 'F') }, say('edited'));
    if (out.lastElementChild?.tagName === 'P') out.lastElementChild.append(' ', mark);
    else out.append(mark);
  }
  return out;
}

const looks = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger' };

function buttons(row, message, context) {
  return el('div', { class: 'buttons' }, ...(row.components || []).filter((c) => c.type === 2).map((c) => button(c, message, context)));
}

function button(c, message, context) {
  const label = [c.emoji?.name, c.label].filter(Boolean).join(' ') || '…';
  if (c.style === 5) return linkButton(c, label);
  return el('button', {
    type: 'button', class: 'button ' + (looks[c.style] || 'secondary'), disabled: Boolean(c.disabled),
    'data-testid': 'button-' + c.custom_id, 'data-kind': c.custom_id?.split(':').slice(0, 2).join(':'),
    onclick: (e) => press(e.currentTarget, message.id, c.custom_id, context),
  }, label);
}

function linkButton(c, label) {
  const url = /^https?:/.test(c.url || '') ? c.url : null;
  return el('a', { class: 'button secondary', href: url, target: '_blank', rel: 'noopener noreferrer' }, label + ' ↗');
}

async function press(button, message, custom, context) {
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true'); // not disabled: that would take the keyboard away
  await context.press(message, custom);
  button.removeAttribute('aria-busy');
}

function only(dismiss) {
  return el('p', { class: 'only' }, say('ephemeral'), dismiss && ' • ',
    dismiss && el('button', { type: 'button', class: 'linklike', onclick: dismiss }, say('dismissMessage')));
}
