// The side panel, whose buttons make things happen in the simulated world.
import { byId, el, fetchJSON, post } from './dom.js';
import { locale } from './words.js';

let told = '';

/** loadPanel asks the server what there is to do, and how the world is. */
export async function loadPanel() {
  try {
    const panel = await fetchJSON('panel', { locale: locale() });
    byId('world').textContent = panel.state || '';
    const list = JSON.stringify(panel.actions);
    if (list !== told) showActions(panel.actions); // a button being clicked is left alone
    told = list;
  } catch { /* the page says that the connection is lost */ }
}

function showActions(list) {
  document.body.classList.toggle('controlled', list.length > 0);
  byId('panel').hidden = byId('openPanel').hidden = !list.length;
  const focused = document.activeElement?.dataset.testid;
  const groups = [...new Set(list.map((a) => a.group || ''))];
  byId('actions').replaceChildren(...groups.map((name) => el('section', { class: 'group' },
    name && el('h3', {}, name), el('div', {}, ...list.filter((a) => (a.group || '') === name).map(actionButton)))));
  if (focused?.startsWith('action-')) byId('actions').querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
}

function actionButton(a) {
  return el('button', {
    type: 'button', class: a.active ? 'action active' : 'action', 'aria-pressed': a.switch ? String(Boolean(a.active)) : null,
    'data-testid': 'action-' + a.id, onclick: (e) => act(e.currentTarget, a.id),
  }, a.label);
}

async function act(button, id) {
  if (button.getAttribute('aria-busy')) return;
  button.setAttribute('aria-busy', 'true');
  const done = await post('act', { id, locale: locale() });
  button.removeAttribute('aria-busy');
  if (done) tell(done.text);
  loadPanel();
}

/** clearPanel forgets what was done: it was told in another language. */
export const clearPanel = () => byId('done').replaceChildren();

/** tell shows what was done, the newest first. */
function tell(text) {
  const most = 4;
  const at = new Intl.DateTimeFormat(locale(), { timeStyle: 'medium' }).format(new Date());
  byId('done').prepend(el('p', {}, el('time', {}, at), ' ', text));
  while (byId('done').childElementCount > most) byId('done').lastElementChild.remove();
}
