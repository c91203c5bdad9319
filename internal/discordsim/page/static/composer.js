// The line at the bottom: typing commands, with a menu above it.
import { byId, el, fetchJSON, note, post } from './dom.js';
import { say } from './words.js';

const input = byId('composer');
const list = byId('options');
const state = { items: [], strict: false, shown: null, chosen: -1, asked: 0, past: [], at: 0, caller: null };

/** startComposer wires the composer; caller says who types, and where; sent is called when something was. */
export function startComposer(caller, sent) {
  state.caller = caller;
  byId('form').addEventListener('submit', (e) => {
    e.preventDefault();
    sent();
    send(caller());
  });
  input.addEventListener('input', () => suggest(caller()));
  input.addEventListener('focus', () => input.value && suggest(caller()));
  input.addEventListener('blur', close);
  input.addEventListener('keydown', key);
  byId('menu').addEventListener('mousedown', (e) => e.preventDefault()); // the composer keeps the keyboard
  byId('note').querySelector('button').addEventListener('click', () => note(''));
}

/** relabel follows the language and the channel. */
export function relabel(where) {
  input.placeholder = say('placeholder', where);
  input.setAttribute('aria-label', say('composer', where));
  close();
}

async function send(caller) {
  const text = input.value.trim();
  if (!text) return;
  input.value = '';
  close();
  note('');
  state.past.push(text);
  state.at = state.past.length;
  if (!(await post('say', { text, ...caller })) && !input.value) input.value = text;
}

/** key: the arrows and Tab choose from the menu; Enter completes or sends. */
function key(e) {
  if (e.isComposing || e.keyCode === 229) return;
  const open = state.items.length > 0;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    e.preventDefault();
    if (open) choose(state.chosen + (e.key === 'ArrowDown' ? 1 : -1));
    else recall(e.key === 'ArrowUp' ? -1 : 1);
  } else if (e.key === 'Tab' && open && !e.shiftKey) {
    e.preventDefault();
    take(Math.max(0, state.chosen));
  } else if (e.key === 'Enter') {
    e.preventDefault();
    enter();
  } else if (e.key === 'Escape') {
    close();
    state.shown = false; // Enter sends
  }
}

/** enter takes the chosen entry, as Discord the first one where only an entry will do, or sends what is typed. */
async function enter() {
  if (state.chosen >= 0) return take(state.chosen);
  if (state.shown !== false && state.shown !== input.value) await suggest(state.caller());
  const typed = input.value.trim();
  const done = !state.items.length || state.items.some((i) => i.text.trim() === typed);
  if (state.strict && !done) return take(0);
  byId('form').requestSubmit();
}

/** recall brings back an earlier line. */
function recall(step) {
  state.at = Math.min(state.past.length, Math.max(0, state.at + step));
  input.value = state.past[state.at] || '';
}

async function suggest(caller) {
  const text = input.value;
  const asked = ++state.asked;
  if (!/^\s*[/／]/.test(text)) return close();
  try {
    const menu = await fetchJSON('complete', { text, ...caller });
    if (asked === state.asked) show(menu);
  } catch {
    close();
  }
}

function show(menu) {
  state.items = menu.items;
  state.strict = Boolean(menu.strict);
  state.shown = input.value;
  state.chosen = -1;
  const usage = byId('usage');
  usage.replaceChildren(el('strong', {}, menu.usage || ''), ...(menu.chips || []).map(chip), el('span', { class: 'about' }, menu.about || ''));
  usage.hidden = !menu.usage;
  list.replaceChildren(...menu.items.map(entry));
  list.hidden = !menu.items.length;
  byId('menu').hidden = !menu.usage && !menu.items.length;
  input.setAttribute('aria-expanded', String(menu.items.length > 0));
  input.removeAttribute('aria-activedescendant');
}

/** chip is an option of the command: with its value, being typed, or added by a click. */
function chip(c) {
  const label = [el('span', { class: 'key' }, c.name + (c.required ? '*' : '')), c.value && el('span', { class: 'value' }, c.value)];
  if (c.state !== 'open') return el('span', { class: 'chip ' + c.state, 'data-testid': 'chip' }, ...label);
  return el('button', { type: 'button', class: 'chip open', tabindex: -1, 'data-testid': 'chip', onclick: () => write(c.text) }, ...label);
}

function entry(item, i) {
  return el('li', {
    id: 'option-' + i, role: 'option', 'aria-selected': 'false', 'data-testid': 'option',
    onclick: () => take(i),
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

const take = (i) => write(state.items[i].text);

/** write puts a line into the composer, as if it had been typed. */
function write(text) {
  input.value = text;
  input.focus();
  input.dispatchEvent(new Event('input'));
}

function close() {
  state.asked++;
  state.items = [];
  state.strict = false;
  state.shown = null;
  state.chosen = -1;
  byId('menu').hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}
