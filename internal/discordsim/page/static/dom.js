// Elements, and requests to the server.
import { say } from './words.js';

/** el makes an element. Text is only ever text. */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

export const byId = (id) => document.getElementById(id);

/** fetchJSON asks the server. */
export async function fetchJSON(path, query = {}) {
  const answer = await fetch(path + '?' + new URLSearchParams(query));
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

/** post sends something to the server, and shows the visitor what went wrong; then it returns null. */
export async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return text ? JSON.parse(text) : {};
    note(reason(text) || say('failed', text || String(answer.status)));
  } catch {
    note(say('failed', say('offline')));
  }
  return null;
}

function reason(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return '';
  }
}

/** note shows an error above the composer; an empty one takes it away. */
export function note(text) {
  const box = byId('note');
  box.querySelector('p').textContent = text;
  box.hidden = !text;
}

/** stored and store remember the visitor's choices, where the browser allows it. */
export function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* then it is asked again next time */ }
}
