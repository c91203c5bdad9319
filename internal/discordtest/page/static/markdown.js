// Discord's markdown, as elements. Nothing here is ever parsed as HTML.
import { el } from './dom.js';
import { locale, say } from './words.js';

// Each rule: what it looks like, and the element that it becomes. The earliest
// match in a text wins; of two at one place, the first rule.
const rules = [
  [/\\([^\sA-Za-z0-9])/, (m) => m[1]],
  [/(`+)([\s\S]*?[^`])\1(?!`)/, (m) => el('code', {}, m[2].trim() || m[2])],
  [/<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (m) => time(Number(m[1]), m[2] || 'f')],
  [/<@&(\d+)>/, (m, c) => pill('@' + (c.names[m[1]] || say('role') + ' ' + m[1]))],
  [/<@!?(\d+)>/, (m, c) => pill('@' + (c.names[m[1]] || say('someone') + ' ' + m[1]))],
  [/<#(\d+)>/, (m, c) => pill('#' + (c.channels[m[1]] || m[1]))],
  [/<\/([^:>]+):\d+>/, (m) => pill('/' + m[1])],
  [/<a?(:\w+:)\d+>/, (m) => m[1]],
  [/@(?:everyone|here)\b/, (m) => pill(m[0])],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m, c) => el('span', { class: 'url', title: m[2] }, inline(m[1], c))],
  [/<(https?:\/\/[^\s>]+)>/, (m) => el('span', { class: 'url' }, m[1])],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;"'\])*_~`]/, (m) => el('span', { class: 'url' }, m[0])],
  [/\*\*\*([^\s*](?:[\s\S]*?[^\s*])?)\*\*\*/, (m, c) => el('strong', {}, el('em', {}, inline(m[1], c)))],
  [/\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, (m, c) => el('strong', {}, inline(m[1], c))],
  [/__((?:\\[\s\S]|[^\\])+?)__(?!_)/, (m, c) => el('u', {}, inline(m[1], c))],
  [/~~((?:\\[\s\S]|[^\\])+?)~~/, (m, c) => el('s', {}, inline(m[1], c))],
  [/\|\|((?:\\[\s\S]|[^\\])+?)\|\|/, (m, c) => spoiler(inline(m[1], c))],
  [/\*(?![\s*])((?:\\[\s\S]|[^\\*])*?[^\s\\*])\*(?!\*)/, (m, c) => el('em', {}, inline(m[1], c))],
  [/(?<![\p{L}\p{N}_])_(?![\s_])((?:\\[\s\S]|[^\\])*?[^\s\\])_(?![\p{L}\p{N}_])/u, (m, c) => el('em', {}, inline(m[1], c))],
];

/** inline renders what stands in a line. */
export function inline(text, context) {
  const out = document.createDocumentFragment();
  while (text) {
    const found = earliest(text);
    if (!found) {
      out.append(text);
      break;
    }
    const [match, make] = found;
    out.append(text.slice(0, match.index), make(match, context));
    text = text.slice(match.index + match[0].length);
  }
  return out;
}

function earliest(text) {
  let best = null;
  for (const [pattern, make] of rules) {
    const match = pattern.exec(text);
    if (match && (!best || match.index < best[0].index)) best = [match, make];
  }
  return best;
}

const pill = (text) => el('span', { class: 'pill' }, text);

function spoiler(content) {
  const show = (e) => e.currentTarget.classList.add('shown');
  return el('span', { class: 'spoiler', tabindex: 0, role: 'button', onclick: show, onkeydown: (e) => e.key === 'Enter' && show(e) }, content);
}

// Lines that begin with one of these are blocks of their own.
const blocks = [
  [/^(#{1,3}) +(.+)$/, (m, c) => el('p', { class: 'h' + m[1].length, role: 'heading', 'aria-level': 3 }, inline(m[2], c))],
  [/^-# +(.+)$/, (m, c) => el('p', { class: 'sub' }, inline(m[1], c))],
  [/^> (.*)$/, (m, c) => el('blockquote', {}, inline(m[1], c))],
  [/^( *)[-*] +(.+)$/, (m, c) => el('p', { class: m[1] ? 'item deep' : 'item' }, inline(m[2], c))],
];

/** markdown renders a whole text. */
export function markdown(text, context) {
  const out = el('div', { class: 'markdown' });
  text.split(/```/).forEach((part, i, all) => {
    if (i % 2 && i < all.length - 1) out.append(codeBlock(part));
    else prose(i % 2 ? '```' + part : part, context, out);
  });
  return out;
}

function codeBlock(text) {
  return el('pre', { tabindex: 0 }, el('code', {}, text.replace(/^[\w+-]*\n/, '').replace(/\n$/, '')));
}

/** prose renders text without code blocks; lines that are no block stay together. */
function prose(text, context, out) {
  let plain = [];
  const flush = () => {
    const joined = plain.join('\n').replace(/^\n|\n$/g, '');
    if (joined) out.append(el('p', {}, inline(joined, context)));
    plain = [];
  };
  for (const line of text.split('\n')) {
    const block = blocks.map(([pattern, make]) => [pattern.exec(line), make]).find(([match]) => match);
    if (!block) {
      plain.push(line);
      continue;
    }
    flush();
    out.append(block[1](block[0], context));
  }
  flush();
}

const styles = {
  t: { timeStyle: 'short' }, T: { timeStyle: 'medium' }, d: { dateStyle: 'short' }, D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' }, F: { dateStyle: 'full', timeStyle: 'short' },
};

/** format writes a time, in the language of the page. */
export const format = (date, style) => new Intl.DateTimeFormat(locale(), styles[style]).format(date);

/** time is a time that the page keeps current. */
function time(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return '<t:' + unix + '>';
  const e = el('time', { class: 'stamp', datetime: date.toISOString(), title: format(date, 'F'), 'data-unix': unix, 'data-style': style });
  refresh(e);
  return e;
}

function refresh(e) {
  const { unix, style } = e.dataset;
  const text = style === 'R' ? relative(Number(unix)) : format(new Date(unix * 1000), style);
  if (e.textContent !== text) e.textContent = text;
}

/** tick keeps the times of the page current. */
export function tick() {
  document.querySelectorAll('time[data-style="R"]').forEach(refresh);
}

const units = [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** relative is the distance of a time from now in its largest unit. */
function relative(unix) {
  const seconds = unix - Date.now() / 1000;
  const [unit, length] = units.find(([, l]) => Math.abs(seconds) >= l) || units[units.length - 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(seconds / length), unit);
}
