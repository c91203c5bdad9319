// A message as Discord shows it.
import { byId, el, post } from './dom.js';
import { format, inline, markdown } from './markdown.js';
import { locale, say } from './words.js';

const EPHEMERAL = 64;
const LOADING = 128;

/** render makes the element of a message. The context knows names and channels. */
export function render(message, channel, context, dismiss) {
  context = { ...context, names: { ...context.names, ...mentioned(message) } };
  const author = message.author || {};
  const ephemeral = Boolean(message.flags & EPHEMERAL);
  return el('article', {
    class: ['message', pings(message) && 'pinged', ephemeral && 'ephemeral'].filter(Boolean).join(' '),
    'data-testid': 'message', 'data-id': message.id, 'data-channel': channel.name, 'data-pings': pings(message),
  },
  used(message, context),
  avatar(author),
  el('div', { class: 'body' }, head(message, author, channel), ...contents(message, context),
    ephemeral && only(dismiss)));
}

/** pings tells whether a message notifies somebody. */
export function pings(message) {
  return Boolean(message.mention_everyone || message.mentions?.length || message.mention_roles?.length);
}

function mentioned(message) {
  return Object.fromEntries((message.mentions || []).filter((u) => u?.id).map((u) => [u.id, nameOf(u)]));
}

const nameOf = (user) => user.global_name || user.username || say('someone');

/** used is the line above an answer: who used which command. */
function used(message) {
  const name = message.interaction?.name || message.interaction_metadata?.name;
  const user = message.interaction?.user || message.interaction_metadata?.user;
  if (!name || message.type === 3) return null;
  return el('p', { class: 'used' }, say('used', nameOf(user || {}), '/' + name));
}

function avatar(author) {
  const name = nameOf(author);
  const hue = [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 5, 7);
  return el('span', { class: 'avatar tint' + hue, 'aria-hidden': 'true', 'data-letter': [...name][0]?.toUpperCase() || '?' });
}

function head(message, author, channel) {
  return el('header', {},
    el('span', { class: 'author' }, nameOf(author)),
    author.bot && el('span', { class: 'app' }, say('app')),
    el('span', { class: 'tag', title: say('in', channelLabel(channel)) }, channelLabel(channel)),
    when(message.timestamp));
}

/** channelLabel is a channel's name as Discord writes it. */
export const channelLabel = (channel) => (channel.direct ? '@' : '#') + channel.name;

function when(timestamp) {
  const date = new Date(timestamp);
  if (!timestamp || Number.isNaN(date.getTime())) return null;
  return el('time', { class: 'when', datetime: date.toISOString(), title: format(date, 'F') }, day(date));
}

function day(date) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const days = Math.round((midnight - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return say('today', format(date, 't'));
  if (days === 1) return say('yesterday', format(date, 't'));
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'short', timeStyle: 'short' }).format(date);
}

function contents(message, context) {
  if (message.flags & LOADING) {
    return [el('p', { class: 'thinking' }, say('thinking', nameOf(message.author || {})))];
  }
  const attachments = message.attachments || [];
  const embeds = message.embeds || [];
  return [
    text(message, context),
    ...embeds.map((e) => embed(e, attachments, context)),
    ...loose(attachments, embeds).map(attachment),
    ...(message.components || []).map((row) => buttons(row, message)),
  ];
}

function text(message, context) {
  if (!message.content && !message.edited_timestamp) return null;
  const out = markdown(message.content || '', context);
  if (message.edited_timestamp) {
    const at = new Date(message.edited_timestamp);
    (out.lastElementChild || out).append(' ', el('span', { class: 'edited', title: Number.isNaN(at.getTime()) ? '' : format(at, 'F') }, say('edited')));
  }
  return out;
}

function embed(e, attachments, context) {
  const box = el('section', { class: 'embed' },
    e.author?.name && el('p', { class: 'by' }, e.author.name),
    e.title && el('h3', {}, inline(e.title, context)),
    e.description && markdown(e.description, context),
    e.fields?.length > 0 && fields(e.fields, context),
    e.image?.url && picture(address(e.image.url, attachments), described(e.image.url, attachments)),
    footer(e));
  if (Number.isInteger(e.color)) box.style.setProperty('--bar', '#' + e.color.toString(16).padStart(6, '0').slice(-6));
  return box;
}

/** fields stand in up to three columns while they are inline. */
function fields(list, context) {
  const out = el('dl', { class: 'fields' });
  for (const run of runs(list)) {
    run.forEach((f) => out.append(el('div', { class: f.inline ? 'field of' + run.length : 'field' },
      el('dt', {}, inline(f.name || '', context)), el('dd', {}, markdown(f.value || '', context)))));
  }
  return out;
}

/** runs groups inline fields by the row that they stand in. */
function runs(list) {
  const out = [];
  for (const f of list) {
    const last = out[out.length - 1];
    if (f.inline && last?.[0].inline && last.length < 3) last.push(f);
    else out.push([f]);
  }
  return out;
}

function footer(e) {
  const time = e.timestamp ? new Date(e.timestamp) : null;
  const parts = [e.footer?.text, time && !Number.isNaN(time.getTime()) && day(time)].filter(Boolean);
  return parts.length ? el('footer', {}, parts.join(' • ')) : null;
}

/** address is where the page gets a file: always from its own server. */
function address(url, attachments) {
  if (url.startsWith('attachment://')) {
    const own = attachments.find((a) => a.filename === url.slice(13));
    return own ? address(own.url || '', attachments) : '';
  }
  const at = url.indexOf('/attachments/');
  return at < 0 ? url : url.slice(at + 1);
}

function described(url, attachments) {
  const at = address(url, attachments);
  const own = attachments.find((a) => address(a.url || '', attachments) === at);
  return own?.description || own?.filename || say('picture');
}

/** loose are the attachments that no embed shows. */
function loose(attachments, embeds) {
  const shown = embeds.filter((e) => e.image?.url).map((e) => address(e.image.url, attachments));
  return attachments.filter((a) => !shown.includes(address(a.url || '', attachments)));
}

function attachment(a) {
  const url = address(a.url || '', []);
  if (/\.(png|jpe?g|gif|webp)$/i.test(a.filename || '')) return picture(url, a.description || a.filename);
  return el('a', { class: 'file', href: safe(url), download: a.filename, 'aria-label': say('download', a.filename) },
    el('span', { class: 'icon', 'aria-hidden': 'true' }, (a.filename || '').split('.').pop().slice(0, 4)),
    el('span', { class: 'filename' }, a.filename, el('small', {}, size(a.size))),
    el('span', { class: 'arrow', 'aria-hidden': 'true' }, '⬇'));
}

const safe = (url) => (/^(https?:|attachments\/)/.test(url) ? url : null);

const size = (bytes) => (bytes >= 1e6 ? (bytes / 1e6).toFixed(1) + ' MB' : bytes >= 1e3 ? (bytes / 1e3).toFixed(1) + ' KB' : (bytes || 0) + ' B');

function picture(url, alt) {
  return el('button', { type: 'button', class: 'thumb', 'aria-label': say('picture') + ': ' + alt, onclick: () => enlarge(url, alt) },
    el('img', { src: safe(url) || (url.startsWith('data:image/') ? url : null), alt }));
}

function enlarge(url, alt) {
  const dialog = byId('picture');
  dialog.querySelector('img').src = url;
  dialog.querySelector('img').alt = alt;
  dialog.showModal();
}

const looks = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'secondary' };

function buttons(row, message) {
  return el('div', { class: 'buttons' }, ...(row.components || []).filter((c) => c.type === 2).map((c) => button(c, message)));
}

function button(c, message) {
  const label = [c.emoji?.name, c.label].filter(Boolean).join(' ') || '…';
  if (c.style === 5) return el('span', { class: 'button secondary', title: c.url }, label);
  return el('button', {
    type: 'button', class: 'button ' + (looks[c.style] || 'secondary'), disabled: Boolean(c.disabled),
    'data-testid': 'button-' + c.custom_id, onclick: (e) => press(e.currentTarget, message.id, c.custom_id),
  }, label);
}

async function press(button, message, custom) {
  button.disabled = true;
  await post('press', { message_id: message, custom_id: custom, locale: locale() });
  button.disabled = false;
}

function only(dismiss) {
  return el('p', { class: 'only' }, say('ephemeral') + ' • ',
    el('button', { type: 'button', class: 'linklike', onclick: dismiss }, say('dismissMessage')));
}
