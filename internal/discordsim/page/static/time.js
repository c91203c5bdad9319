// Times as Discord writes them, in the visitor's language and zone.
import { el } from './dom.js';
import { locale, say } from './words.js';

const styles = {
  t: { timeStyle: 'short' }, T: { timeStyle: 'medium' }, d: { dateStyle: 'short' }, D: { dateStyle: 'long' },
  s: { dateStyle: 'short', timeStyle: 'short' }, S: { dateStyle: 'short', timeStyle: 'medium' },
  f: { dateStyle: 'long', timeStyle: 'short' }, F: { dateStyle: 'full', timeStyle: 'short' },
};

/** format writes a time, in the visitor's language and zone. */
export const format = (date, style, language = locale()) => new Intl.DateTimeFormat(language, styles[style]).format(date);

/** clock is what counts as now. */
let clock = () => Date.now();

/** stopClock has the page's times told as of a moment. */
export function stopClock(date) {
  clock = () => date.getTime();
}

/** day is a time as Discord writes it in the heads and feet of messages. */
export function day(date) {
  const midnight = new Date(clock()).setHours(0, 0, 0, 0);
  const days = Math.round((midnight - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return say('today', format(date, 't'));
  if (days === 1) return say('yesterday', format(date, 't'));
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'short', timeStyle: 'short' }).format(date);
}

/** stamp is a time in a text; the page keeps it current. */
export function stamp(unix, style) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return '<t:' + unix + '>';
  const e = el('time', { class: 'stamp', datetime: date.toISOString(), title: format(date, 'F'), 'data-unix': unix, 'data-style': style, lang: locale() });
  refresh(e);
  return e;
}

function refresh(e) {
  const { unix, style } = e.dataset;
  const text = style === 'R' ? relative(Number(unix), e.lang) : format(new Date(unix * 1000), style, e.lang);
  if (e.textContent !== text) e.textContent = text;
}

/** tick keeps the times of the page current. */
export function tick() {
  document.querySelectorAll('time[data-style="R"]').forEach(refresh);
}

const units = [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** relative is the distance of a time from now in its largest unit. */
function relative(unix, language) {
  const seconds = unix - clock() / 1000;
  const [unit, length] = units.find(([, l]) => Math.abs(seconds) >= l) || units[units.length - 1];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(seconds / length), unit);
}
