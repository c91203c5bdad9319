// The list of channels, and who is asking.
import { byId, el, store } from './dom.js';
import { face } from './message.js';
import { channelOf, me, pings, places, state, unread } from './state.js';
import { inLanguage, say } from './words.js';

/** channelLabel is a channel's name as Discord writes it. */
export const channelLabel = (channel) => (channel.direct ? '@' : '#') + channel.name;

/** showChannels draws the list; open is called with the id of the one that is chosen. */
export function showChannels(open) {
  const focused = document.activeElement?.dataset.testid;
  const groups = [['textChannels', places().filter((c) => !c.direct)], ['direct', places().filter((c) => c.direct)]];
  byId('channels').replaceChildren(...groups.filter(([, list]) => list.length).flatMap(([word, list]) => [
    el('h3', {}, say(word)),
    el('ul', {}, ...list.map((c) => entry(c, open))),
  ]));
  if (focused?.startsWith('channel-')) byId('channels').querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
  showElsewhere();
}

function entry(c, open) {
  const news = unread(c.id);
  const count = news.filter((e) => pings(e.message)).length;
  return el('li', {}, el('button', {
    type: 'button', class: news.length ? 'unread' : '', 'aria-current': c.id === state.open && 'page',
    'data-testid': 'channel-' + (c.direct ? 'direct' : c.name), title: inLanguage(c.topic), onclick: () => open(c.id),
  },
  c.direct ? face(c.name) : el('span', { class: 'mark', 'aria-hidden': 'true' }, '#'),
  el('span', { class: 'name' }, c.name),
  news.length > 0 && el('span', { class: 'sr' }, say('unread', String(news.length))),
  count > 0 && el('span', { class: 'count' }, el('span', { 'aria-hidden': 'true' }, String(count)), el('span', { class: 'sr' }, say('pings', String(count))))));
}

/** showElsewhere counts the unread messages on the button that opens the list where it is folded away. */
function showElsewhere() {
  const n = places().reduce((sum, c) => sum + unread(c.id).length, 0);
  byId('elsewhere').replaceChildren(el('span', { 'aria-hidden': 'true' }, String(n)), el('span', { class: 'sr' }, say('unread', String(n))));
  byId('elsewhere').hidden = !n;
}

/** showTop names the open channel above its messages. */
export function showTop() {
  const c = channelOf(state.open);
  byId('title').replaceChildren(el('span', { class: 'mark', 'aria-hidden': 'true' }, c.direct ? '@' : '#'), c.name || '');
  byId('topic').textContent = inLanguage(c.topic);
}

/** showPerson draws who is asking. */
export function showPerson() {
  const select = byId('person');
  select.replaceChildren(...state.people.map((p) => el('option', { value: p.id }, p.name)));
  select.value = state.me;
  select.disabled = state.people.length < 2;
  byId('face').replaceChildren(face(me().name));
  byId('personAbout').textContent = inLanguage(me().about);
}

/** startPerson calls changed when somebody else is to ask. */
export function startPerson(changed) {
  byId('person').addEventListener('change', (e) => {
    state.me = e.target.value;
    store('person', state.me);
    changed();
  });
}
