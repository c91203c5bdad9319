// The dialog that a button opens to ask for text.
import { byId, el } from './dom.js';
import { say } from './words.js';

/** openForm shows a form; submit is called with what was written, by the inputs' ids. */
export function openForm(form, submit) {
  const dialog = byId('asked');
  const inputs = form.inputs.map(input);
  const sheet = el('form', { class: 'sheet', method: 'dialog', onsubmit: (e) => {
    e.preventDefault();
    dialog.close();
    submit(Object.fromEntries(inputs.map((i) => [i.name, i.value])));
  } },
  el('h2', {}, form.title),
  ...form.inputs.map((f, n) => el('label', {}, f.label, f.required && el('span', { class: 'must', 'aria-hidden': 'true' }, ' *'), inputs[n])),
  el('div', { class: 'buttons' },
    el('button', { type: 'button', class: 'button secondary', onclick: () => dialog.close() }, say('cancel')),
    el('button', { type: 'submit', class: 'button primary', 'data-testid': 'submit' }, say('submit'))));
  dialog.replaceChildren(sheet);
  dialog.setAttribute('aria-label', form.title);
  dialog.showModal();
  inputs[0]?.focus();
}

function input(f) {
  const e = el(f.long ? 'textarea' : 'input', {
    name: f.id, placeholder: f.hint, required: Boolean(f.required), minlength: f.min || null, maxlength: f.max,
    autocomplete: 'off', 'data-testid': 'input-' + f.id,
  });
  e.value = f.value || '';
  return e;
}
