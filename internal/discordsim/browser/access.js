// What keeps people from using a page, as sentences. It is run as the body of a
// function and looks at what is visible now.
const faults = [];
const fault = (e, text) => faults.push(`${text}: ${describe(e)}`);
const describe = (e) => e.outerHTML.replace(/\s+/g, ' ').slice(0, 160);
const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0 && !e.closest('[inert]');
const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

/** name is what a screen reader calls a control. */
function name(e) {
  const by = (e.getAttribute('aria-labelledby') || '').split(' ').map((id) => document.getElementById(id)?.textContent || '').join(' ');
  const label = [...(e.labels || [])].map((l) => l.textContent).join(' ');
  const text = [...e.childNodes].map((n) => (n.nodeType === 3 ? n.data : n.nodeType === 1 && n.getAttribute('aria-hidden') !== 'true' ? n.getAttribute('alt') || name(n) : '')).join(' ');
  return (by || e.getAttribute('aria-label') || label || text || e.title || '').trim();
}

function names() {
  for (const e of all('button, a[href], input, select, textarea, [role="button"], [role="option"], [tabindex="0"], nav, aside, dialog')) {
    if (!name(e)) fault(e, 'has no name');
  }
  for (const e of all('img')) if (!e.hasAttribute('alt')) fault(e, 'has no alternative text');
}

function structure() {
  const html = document.documentElement;
  if (!/^[a-z]{2}/.test(html.lang)) faults.push('the page has no language');
  if (!document.title) faults.push('the page has no title');
  for (const one of ['main', 'h1']) { // also while a dialog lies over them
    const n = document.querySelectorAll(one).length;
    if (n !== 1) faults.push(`${n} elements are ${one}`);
  }
  const ids = new Set();
  for (const e of document.querySelectorAll('[id]')) {
    if (ids.has(e.id)) fault(e, 'has the id of another element');
    ids.add(e.id);
  }
  for (const [attribute, many] of [['aria-labelledby', true], ['aria-controls', true], ['aria-activedescendant', false], ['for', false]]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of (many ? e.getAttribute(attribute).split(' ') : [e.getAttribute(attribute)])) if (!ids.has(id)) fault(e, `${attribute} names nothing`);
    }
  }
}

/** headings may go deeper by one level only. */
function headings() {
  let last = 0;
  for (const e of all('h1, h2, h3, h4, h5, h6, [role="heading"]')) {
    const level = Number(e.getAttribute('aria-level') || e.tagName[1]);
    if (last && level > last + 1) fault(e, `a heading of level ${level} follows one of level ${last}`);
    last = level;
  }
}

/** landmarks: whatever is read stands in a part of the page that can be jumped to. */
function landmarks() {
  const parts = 'header, nav, main, aside, footer, dialog, [role="status"], [role="alert"], [role="log"], noscript';
  for (const e of all('body p, body h1, body h2, body button')) if (!e.closest(parts)) fault(e, 'stands outside of all landmarks');
}

/** nesting: a control within a control cannot be reached. */
function nesting() {
  const controls = 'button, a[href], input, select, [role="button"], [role="option"]';
  for (const e of all(controls)) if (e.parentElement.closest(controls)) fault(e, 'stands within another control');
  for (const e of all('li')) if (!e.closest('ul, ol, [role="listbox"]')) fault(e, 'stands outside of a list');
  for (const e of all('[aria-hidden="true"]')) {
    for (const c of e.querySelectorAll(controls)) fault(c, 'is hidden from screen readers and takes the keyboard');
  }
}

/** targets are large enough for a finger: 24 points, but for links in a text. */
function targets() {
  for (const e of all('button, input, select, [role="option"]')) {
    const box = e.getBoundingClientRect();
    if (box.width < 24 || box.height < 23.5) fault(e, `is only ${Math.round(box.width)} by ${Math.round(box.height)} points large`);
  }
}

function rgba(text) {
  const n = (text.match(/-?[\d.]+(e-?\d+)?/g) || []).map(Number);
  const scale = text.startsWith('color(') ? 255 : 1;
  return [n[0] * scale, n[1] * scale, n[2] * scale, n.length > 3 ? n[3] : 1];
}

const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);

/** ground is the colour behind an element. */
function ground(e) {
  const layers = [];
  for (let at = e; at; at = at.parentElement) {
    const c = rgba(getComputedStyle(at).backgroundColor);
    if (c[3] > 0) layers.push(c);
    if (c[3] === 1) break;
  }
  return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
}

function luminance(c) {
  const [r, g, b] = c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** colours: text stands out by 4.5 to 1, large text by 3 to 1. */
function colours() {
  for (const e of all('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own && !e.dataset.letter || e.closest(':disabled, [aria-busy], .sr, .spoiler, noscript, option, svg')) continue;
    const style = getComputedStyle(e);
    const below = ground(e);
    const ratio = contrast(over(rgba(style.color), below), below);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
    if (ratio < (large ? 3 : 4.5)) fault(e, `stands out by ${ratio.toFixed(2)} to 1 only`);
  }
}

/** width: nothing makes the page scroll sideways. */
function width() {
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) faults.push(`the page is ${over} points too wide`);
}

for (const check of [names, structure, headings, landmarks, nesting, targets, colours, width]) check();
return [...new Set(faults)];
