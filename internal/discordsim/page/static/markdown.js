// Discord's markdown, as elements. Nothing here is ever parsed as HTML.
import { el } from './dom.js';
import { stamp } from './time.js';
import { say } from './words.js';

// Each rule: what it looks like, and the element that it becomes. The earliest
// match in a text wins; of two at one place, the first rule.
const rules = [
  [/\\([^\sA-Za-z0-9])/, (m) => m[1]],
  [/(`+)([\s\S]*?[^`])\1(?!`)/, (m) => el('code', {}, m[2].trim() || m[2])],
  [/<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>/, (m) => stamp(Number(m[1]), m[2] || 'f')],
  [/<@&(\d+)>/, (m, c) => pill('@' + (c.names[m[1]] || say('role') + ' ' + m[1]))],
  [/<@!?(\d+)>/, (m, c) => pill('@' + (c.names[m[1]] || say('someone') + ' ' + m[1]))],
  [/<#(\d+)>/, (m, c) => pill('#' + (c.channels[m[1]] || m[1]))],
  [/<\/([^:>]+):\d+>/, (m) => pill('/' + m[1])],
  [/<a?(:\w+:)\d+>/, (m) => m[1]],
  [/@(?:everyone|here)\b/, (m) => pill(m[0])],
  [/\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m, c) => link(m[2], inline(m[1], c))],
  [/<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], m[1])],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;"'\])*_~`]/, (m) => link(m[0], m[0])],
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

const link = (url, content) => el('a', { class: 'url', href: url, target: '_blank', rel: 'noopener noreferrer' }, content);

const pill = (text) => el('span', { class: 'pill' }, text);

function spoiler(content) {
  const show = (e) => e.currentTarget.classList.add('shown');
  return el('span', { class: 'spoiler', tabindex: 0, role: 'button', onclick: show, onkeydown: (e) => e.key === 'Enter' && show(e) }, content);
}

// Lines that begin with one of these are blocks of their own.
const blocks = [
  [/^(#{1,3}) +(.+)$/, (m, c, out) => out.append(el('p', { class: 'h' + m[1].length, role: 'heading', 'aria-level': 4 }, inline(m[2], c)))],
  [/^-# +(.+)$/, (m, c, out) => out.append(el('p', { class: 'sub' }, inline(m[1], c)))],
  [/^> (.*)$/, (m, c, out) => quote(out, inline(m[1], c))],
  [/^( *)[-*] +(.+)$/, (m, c, out) => list(out, 'UL').append(el('li', { class: m[1] && 'deep' }, inline(m[2], c)))],
  [/^( *)(\d{1,9})\. +(.+)$/, (m, c, out) => list(out, 'OL').append(el('li', { class: m[1] && 'deep', value: m[2] }, inline(m[3], c)))],
];

/** list is the list that the text so far ends with, or a new one. */
function list(out, tag) {
  return out.lastElementChild?.tagName === tag ? out.lastElementChild : out.appendChild(el(tag));
}

/** quote goes on with the quotation that the text so far ends with. */
function quote(out, line) {
  const box = list(out, 'BLOCKQUOTE');
  box.append(box.hasChildNodes() ? '\n' : '', line);
}

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
  const [lines, rest] = toTheEnd(text);
  for (const line of lines) {
    const block = blocks.map(([pattern, make]) => [pattern.exec(line), make]).find(([match]) => match);
    if (!block) {
      plain.push(line);
      continue;
    }
    flush();
    block[1](block[0], context, out);
  }
  flush();
  if (rest) quote(out, inline(rest, context));
}

/** toTheEnd splits a text into its lines, and what is quoted by >>> to the end. */
function toTheEnd(text) {
  const at = text.search(/^>>> /m);
  return at < 0 ? [text.split('\n'), ''] : [text.slice(0, at).split('\n'), text.slice(at + 4)];
}
