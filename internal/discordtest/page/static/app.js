// The page of a simulated Discord: it keeps what the server reports, and shows it.
import { byId, el, fetchJSON, post, store, stored } from './dom.js';
import { relabel, startComposer } from './composer.js';
import { tick } from './markdown.js';
import { channelLabel, pings, render } from './message.js';
import { locale, say, setLanguage, translate } from './words.js';

const ALL = '';
const asked = new URLSearchParams(location.search);
const stream = byId('stream');
const state = {
  channels: [], names: {}, messages: new Map(), // id → {message, channel, at}
  view: ALL, unread: {}, pinged: {}, dismissed: new Set(), link: 'connecting', actions: '',
};

// --- what the server reports

function connect() {
  const source = new EventSource('events');
  source.addEventListener('open', () => setLink('live'));
  source.addEventListener('error', () => {
    setLink('lost');
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  source.addEventListener('snapshot', (e) => takeAll(JSON.parse(e.data)));
  for (const kind of ['create', 'update', 'delete']) source.addEventListener(kind, (e) => change(JSON.parse(e.data)));
}

function setLink(link) {
  state.link = link;
  byId('link').textContent = say(link);
  byId('link').dataset.state = link;
}

function takeAll({ channels, messages, names }) {
  Object.assign(state, { channels, names: names || {}, messages: new Map() });
  for (const c of channels) for (const m of messages[c.id] || []) keep(m, c.id);
  if (state.view !== ALL && !channels.some((c) => c.id === state.view)) state.view = ALL;
  showAll();
  loadActions();
}

function keep(message, channel) {
  const old = state.messages.get(message.id);
  const merged = message.author ? message : { ...old?.message, ...message }; // without an author it is a part
  const entry = { message: merged, channel, at: Date.parse(merged.timestamp) || 0 };
  state.messages.set(message.id, entry);
  return entry;
}

function change({ type, channel, message }) {
  if (type === 'delete') {
    state.messages.delete(message.id);
    elementOf(message.id)?.remove();
    return showEmpty();
  }
  const known = state.messages.has(message.id);
  const entry = keep(message, channel);
  if (state.view === ALL || state.view === channel) place(entry);
  else if (!known) markUnread(entry);
}

function markUnread({ channel, message }) {
  state.unread[channel] = (state.unread[channel] || 0) + 1;
  if (pings(message)) state.pinged[channel] = (state.pinged[channel] || 0) + 1;
  showChannels();
}

// --- the stream

const channelOf = (id) => state.channels.find((c) => c.id === id) || { id, name: id };
const elementOf = (id) => stream.querySelector(`[data-id="${CSS.escape(id)}"]`);
const atEnd = () => stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;

function context() {
  return { names: state.names, channels: Object.fromEntries(state.channels.map((c) => [c.id, c.name])) };
}

function draw({ message, channel }) {
  const e = render(message, channelOf(channel), context(), () => {
    state.dismissed.add(message.id);
    elementOf(message.id)?.remove();
    showEmpty();
  });
  for (const img of e.querySelectorAll('img')) stick(img);
  return e;
}

/** stick keeps the end in view while a picture loads. */
function stick(img) {
  let end = true;
  requestAnimationFrame(() => { end = atEnd(); });
  img.addEventListener('load', () => end && toEnd());
}

const before = (a, b) => a.at - b.at || a.message.id.length - b.message.id.length || (a.message.id < b.message.id ? -1 : 1);

/** place puts a new message where its time says, or a changed one where it was. */
function place(entry) {
  if (state.dismissed.has(entry.message.id)) return;
  const end = atEnd();
  const old = elementOf(entry.message.id);
  if (old) old.replaceWith(draw(entry));
  else insert(entry);
  showEmpty();
  if (end) toEnd();
  else if (!old) byId('newer').hidden = false;
}

function insert(entry) {
  let next = null;
  for (let e = stream.lastElementChild; e; e = e.previousElementSibling) {
    const other = state.messages.get(e.dataset.id);
    if (other && before(other, entry) < 0) break;
    next = e;
  }
  stream.insertBefore(draw(entry), next);
}

function toEnd() {
  stream.scrollTop = stream.scrollHeight;
  byId('newer').hidden = true;
}

function showStream() {
  const shown = [...state.messages.values()]
    .filter((e) => (state.view === ALL || e.channel === state.view) && !state.dismissed.has(e.message.id));
  stream.classList.toggle('merged', state.view === ALL);
  stream.replaceChildren(...shown.sort(before).map(draw));
  showEmpty();
  toEnd();
}

function showEmpty() {
  stream.querySelector('.empty')?.remove();
  if (!stream.childElementCount) stream.append(el('p', { class: 'empty' }, say('empty')));
}

// --- channels

function showChannels() {
  const all = { id: ALL, name: say('all'), test: 'channel-all', mark: '∗' };
  const list = [all, ...state.channels.filter((c) => !c.direct), ...state.channels.filter((c) => c.direct)];
  byId('channels').replaceChildren(...list.map(channelEntry));
}

function channelEntry(c) {
  const unread = state.unread[c.id];
  const pinged = state.pinged[c.id];
  return el('li', {}, el('button', {
    type: 'button', class: unread ? 'unread' : '', 'aria-current': c.id === state.view && 'page',
    'data-testid': c.test || 'channel-' + c.name, title: c.topic, onclick: () => open(c.id),
  },
  el('span', { class: 'mark', 'aria-hidden': 'true' }, c.mark || (c.direct ? '@' : '#')),
  el('span', { class: 'name' }, c.name),
  unread && el('span', { class: pinged ? 'count pinged' : 'count', 'aria-label': pinged ? say('pings', pinged) : say('unread', unread) },
    String(pinged || unread))));
}

function open(id) {
  state.view = id;
  for (const c of id === ALL ? state.channels : [{ id }]) {
    delete state.unread[c.id];
    delete state.pinged[c.id];
  }
  showAll();
  if (matchMedia('(pointer: fine)').matches) byId('composer').focus({ preventScroll: true }); // no keyboard pops up
}

function showTop() {
  const c = state.view === ALL ? null : channelOf(state.view);
  byId('title').textContent = c ? channelLabel(c) : say('all');
  byId('topic').textContent = c ? c.topic || '' : say('allTopic');
  byId('targetLabel').hidden = Boolean(c);
  relabel(c ? channelLabel(c) : '');
}

function showTargets() {
  const target = byId('target');
  const old = target.value || stored('target');
  target.replaceChildren(...state.channels.map((c) => el('option', { value: c.id }, channelLabel(c))));
  if (state.channels.some((c) => c.id === old)) target.value = old;
}

// --- the side panel

async function loadActions() {
  try {
    const list = await fetchJSON('actions', { locale: locale() });
    const told = JSON.stringify(list);
    if (told !== state.actions) showActions(list); // a button being clicked is left alone
    state.actions = told;
  } catch { /* the stream shows that the connection is lost */ }
}

function showActions(list) {
  document.body.classList.toggle('controlled', list.length > 0);
  byId('panel').hidden = byId('drawer').hidden = !list.length;
  const focused = document.activeElement?.dataset.testid;
  byId('actions').replaceChildren(...list.map(actionButton));
  if (focused?.startsWith('action-')) byId('actions').querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}

function actionButton(a) {
  return el('button', { type: 'button', class: a.active ? 'action active' : 'action', 'aria-pressed': a.active ? 'true' : null,
    'data-testid': 'action-' + a.id, onclick: (e) => act(e.currentTarget, a.id) },
  el('span', {}, a.label), a.detail && el('small', {}, a.detail));
}

async function act(button, id) {
  button.setAttribute('aria-busy', 'true');
  await post('act', { id });
  button.removeAttribute('aria-busy');
  loadActions();
}

/** setDrawer opens or closes the side panel where there is no room beside the messages. */
function setDrawer(opened) {
  document.body.classList.toggle('drawer', opened);
  byId('drawer').setAttribute('aria-expanded', String(opened));
  (opened ? byId('shut') : byId('drawer')).focus();
}

// --- theme and language

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const button = byId('theme');
  button.textContent = (theme === 'dark' ? '☀ ' : '☾ ') + say(theme === 'dark' ? 'light' : 'dark');
  button.setAttribute('aria-label', say(theme === 'dark' ? 'toLight' : 'toDark'));
}

const theme = () => document.documentElement.dataset.theme;

function speak(tag) {
  setLanguage(tag);
  translate();
  byId('language').textContent = say('other');
  byId('language').setAttribute('aria-label', say('otherLabel'));
  setTheme(theme());
  setLink(state.link);
}

function showAll() {
  showChannels();
  showTop();
  showTargets();
  showStream();
}

function start() {
  setTheme(asked.get('theme') || stored('theme') || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'));
  speak(asked.get('lang') || stored('language') || navigator.language || 'en');
  byId('theme').addEventListener('click', () => {
    setTheme(theme() === 'dark' ? 'light' : 'dark');
    store('theme', theme());
  });
  byId('language').addEventListener('click', () => {
    speak(locale() === 'en-US' ? 'zh-CN' : 'en-US');
    store('language', locale());
    showAll();
    loadActions();
  });
  byId('drawer').addEventListener('click', () => setDrawer(!document.body.classList.contains('drawer')));
  byId('shut').addEventListener('click', () => setDrawer(false));
  byId('panel').addEventListener('keydown', (e) => e.key === 'Escape' && setDrawer(false));
  byId('newer').addEventListener('click', toEnd);
  byId('target').addEventListener('change', (e) => store('target', e.target.value));
  byId('picture').addEventListener('click', (e) => e.target === e.currentTarget && e.currentTarget.close());
  stream.addEventListener('scroll', () => { if (atEnd()) byId('newer').hidden = true; });
  startComposer(() => (state.view === ALL ? byId('target').value : state.view));
  showAll();
  setInterval(tick, 1000);
  setInterval(() => document.hidden || loadActions(), 5000);
  connect();
}

start();
