// The messages of the open channel.
import { byId, el } from './dom.js';
import { channelLabel } from './channels.js';
import { render } from './message.js';
import { before, channelOf, inChannel, pings, shown, state } from './state.js';
import { inLanguage, say } from './words.js';

const stream = byId('stream');
const elementOf = (id) => stream.querySelector(`[data-id="${CSS.escape(id)}"]`);
const atEnd = () => stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;

/** startStream wires the stream; press is called with a message and a button's custom id. */
export function startStream(press) {
  actions.press = press;
  byId('newer').addEventListener('click', toEnd);
  stream.addEventListener('scroll', () => {
    following = atEnd() || (following && stream.scrollTop >= last); // only whoever scrolls up stops following
    last = stream.scrollTop;
    if (following) byId('newer').hidden = true;
  });
  new ResizeObserver(() => following && toEnd()).observe(stream);
}

const actions = { press: null };
let following = true; // the end is in view, and stays there
let last = 0; // how far it was scrolled

function context(message) {
  return {
    names: state.names, channels: Object.fromEntries(state.channels.map((c) => [c.id, c.name])), pings: pings(message),
    press: actions.press,
    dismiss: () => {
      state.dismissed.add(message.id);
      take(message.id);
    },
  };
}

function draw({ message, channel }) {
  const e = render(message, channelOf(channel).name, context(message));
  for (const img of e.querySelectorAll('img')) img.addEventListener('load', () => following && toEnd());
  return e;
}

/** place puts a new message where its time says, or a changed one where it was. */
export function place(entry) {
  const old = elementOf(entry.message.id);
  if (!shown(entry)) return;
  if (old) exchange(old, draw(entry));
  else insert(entry);
  if (following) toEnd();
  else if (!old) byId('newer').hidden = false;
}

/** take removes a message. */
export function take(id) {
  elementOf(id)?.remove();
}

/** exchange keeps the keyboard's place: whoever pressed "next" can press it again. */
function exchange(old, fresh) {
  const buttons = (e) => [...e.querySelectorAll('button')];
  const at = buttons(old).indexOf(document.activeElement);
  old.replaceWith(fresh);
  const same = buttons(fresh)[at];
  if (same?.disabled) buttons(fresh).find((b) => !b.disabled)?.focus();
  else same?.focus();
}

function insert(entry) {
  let next = null;
  for (let e = stream.lastElementChild; e; e = e.previousElementSibling) {
    const other = state.messages.get(e.dataset.id);
    if (!other || before(other, entry) < 0) break;
    next = e;
  }
  stream.insertBefore(draw(entry), next);
}

/** toEnd shows the newest message and stays with the newest. */
export function toEnd() {
  following = true;
  stream.scrollTop = stream.scrollHeight;
  byId('newer').hidden = true;
}

/** showStream draws the open channel; since is the id of the last message that was read. */
export function showStream(news) {
  const first = news[0]?.message.id;
  stream.replaceChildren(beginning(), ...inChannel(state.open).flatMap((e) => (e.message.id === first ? [divider(), draw(e)] : [draw(e)])));
  toEnd();
}

const divider = () => el('p', { class: 'divider', 'data-testid': 'divider' }, el('span', {}, say('news')));

function beginning() {
  const c = channelOf(state.open);
  return el('div', { class: 'beginning' },
    el('span', { class: 'bigmark', 'aria-hidden': 'true' }, c.direct ? '@' : '#'),
    el('h2', {}, say('welcome', channelLabel(c))),
    el('p', {}, inLanguage(c.topic) || say('beginning')));
}
