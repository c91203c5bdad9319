// The line at the bottom: typing commands, with a menu above it.
import { byId, el, fetchJSON, note, post } from './dom.js';
import { locale, say } from './words.js';

const input = byId('composer');
const list = byId('options');
const state = { items: [], chosen: -1, asked: 0, past: [], at: 0 };

/** startComposer wires the composer; channel says where a line goes. */
export function startComposer(channel) {
  byId('form').addEventListener('submit', (e) => {
    e.preventDefault();
    send(channel());
  });
  input.addEventListener('input', () => suggest(channel()));
  input.addEventListener('focus', () => input.value && suggest(channel()));
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (e) => key(e, channel));
  byId('note').querySelector('button').addEventListener('click', () => note(''));
}

/** relabel follows the language and the channel. */
export function relabel(where) {
  input.placeholder = say('placeholder');
  input.setAttribute('aria-label', say('composer') + ' ' + where);
  close();
}

async function send(channel) {
  const text = input.value.trim();
  if (!text) return;
  input.value = '';
  close();
  note('');
  state.past.push(text);
  state.at = state.past.length;
  if (!(await post('say', { text, channel, locale: locale() })) && !input.value) input.value = text;
}

/** key: Enter sends what is typed unless an entry of the menu was chosen with the arrows. */
function key(e, channel) {
  if (e.isComposing || e.keyCode === 229) return;
  const open = state.items.length > 0;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    e.preventDefault();
    if (open) choose(state.chosen + (e.key === 'ArrowDown' ? 1 : -1));
    else recall(e.key === 'ArrowUp' ? -1 : 1);
  } else if (e.key === 'Tab' && open && !e.shiftKey) {
    e.preventDefault();
    take(Math.max(0, state.chosen), channel());
  } else if (e.key === 'Enter' && open && state.chosen >= 0) {
    e.preventDefault();
    take(state.chosen, channel());
  } else if (e.key === 'Escape') {
    close();
  }
}

/** recall brings back an earlier line. */
function recall(step) {
  state.at = Math.min(state.past.length, Math.max(0, state.at + step));
  input.value = state.past[state.at] || '';
}

async function suggest(channel) {
  const text = input.value;
  const asked = ++state.asked;
  if (!/^\s*[/／]/.test(text)) return close();
  try {
    const menu = await fetchJSON('complete', { text, channel: channel || '', locale: locale() });
    if (asked === state.asked) show(menu);
  } catch {
    close();
  }
}

function show(menu) {
  state.items = menu.items;
  state.chosen = -1;
  const usage = byId('usage');
  usage.replaceChildren(el('strong', {}, menu.usage || ''), ' ', menu.about || '');
  usage.hidden = !menu.usage;
  list.replaceChildren(...menu.items.map(entry));
  byId('menu').hidden = !menu.usage && !menu.items.length;
  input.setAttribute('aria-expanded', String(menu.items.length > 0));
  input.removeAttribute('aria-activedescendant');
}

function entry(item, i) {
  return el('li', {
    id: 'option-' + i, role: 'option', 'aria-selected': 'false', 'data-testid': 'option',
    onmousedown: (e) => { e.preventDefault(); take(i); },
  },
  el('span', { class: 'label' }, item.label), item.hint && el('span', { class: 'hint' }, item.hint),
  item.about && el('span', { class: 'about' }, item.about));
}

function choose(i) {
  const n = state.items.length;
  state.chosen = (i + n) % n;
  [...list.children].forEach((e, j) => e.setAttribute('aria-selected', String(j === state.chosen)));
  list.children[state.chosen].scrollIntoView({ block: 'nearest' });
  input.setAttribute('aria-activedescendant', 'option-' + state.chosen);
}

function take(i) {
  input.value = state.items[i].text;
  input.focus();
  input.dispatchEvent(new Event('input'));
}

function close() {
  state.asked++;
  state.items = [];
  state.chosen = -1;
  byId('menu').hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}
