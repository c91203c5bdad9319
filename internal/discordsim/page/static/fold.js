// The two sides of the page, which fold away where there is no room for them.
import { byId } from './dom.js';

const sides = ['places', 'panel'];
const opener = { places: 'openPlaces', panel: 'openPanel' };

/** startFolds wires the buttons that open and close the sides. */
export function startFolds() {
  for (const b of document.querySelectorAll('[data-open]')) b.addEventListener('click', () => unfold(b.dataset.open));
  for (const b of document.querySelectorAll('[data-close]')) b.addEventListener('click', foldAll);
  byId('curtain').addEventListener('click', foldAll);
  document.addEventListener('keydown', (e) => e.key === 'Escape' && folded() && foldAll());
  matchMedia('(min-width: 1081px)').addEventListener('change', foldAll);
}

const folded = () => sides.some((side) => document.body.classList.contains('show-' + side));

/** unfold lays a side over the messages, which cannot be used meanwhile. */
function unfold(side) {
  foldAll();
  document.body.classList.add('show-' + side);
  byId(opener[side]).setAttribute('aria-expanded', 'true');
  byId('curtain').hidden = false;
  document.querySelector('.room').inert = true;
  byId(side).querySelector('[data-close]').focus();
}

/** foldAll puts the sides away and gives the keyboard back to the button that opened one. */
export function foldAll() {
  const was = sides.find((side) => document.body.classList.contains('show-' + side));
  if (!was) return;
  document.body.classList.remove('show-' + was);
  byId(opener[was]).setAttribute('aria-expanded', 'false');
  byId('curtain').hidden = true;
  document.querySelector('.room').inert = false;
  byId(opener[was]).focus();
}
