// Every message that the bot can send, with made-up data, one language beside
// the other.
import { byId, el, fetchJSON, note } from './dom.js';
import { startLook } from './look.js';
import { markdown } from './markdown.js';
import { render } from './message.js';
import { stopClock, tick } from './time.js';
import { languageName, locale, say, setLanguage } from './words.js';

const book = { stories: [], names: {} };

/** byName groups the stories by their names, in the order in which they came. */
function byName() {
  const out = new Map();
  for (const s of book.stories) out.set(s.name, [...(out.get(s.name) || []), s]);
  return out;
}

function show() {
  const all = byName();
  const languages = [...new Set(book.stories.map((s) => s.language))];
  byId('count').textContent = say('bookCount', String(all.size));
  byId('index').replaceChildren(...[...all.keys()].map((name) => el('li', { 'data-name': name }, el('a', { href: '#' + name }, name))));
  byId('stories').replaceChildren(...[...all].map(([name, list]) => section(name, list, languages)));
  filter();
}

function section(name, list, languages) {
  return el('section', { id: name, class: 'story', 'data-testid': 'story', 'data-name': name, 'aria-labelledby': 'title-' + name },
    el('h2', { id: 'title-' + name }, name),
    el('div', { class: 'pair' }, ...languages.map((language) => side(list.find((s) => s.language === language), language))));
}

function side(story, language) {
  return el('div', { class: 'side', lang: language },
    el('p', { class: 'which' }, el('span', { lang: locale() }, languageName(language)), story?.golden && el('code', { 'data-testid': 'golden' }, story.golden)),
    ...(story ? inItsLanguage(story) : [el('p', { class: 'absent' }, say('missing'))]));
}

/** inItsLanguage draws a message as a reader of its own language sees it. */
function inItsLanguage(story) {
  const own = locale();
  setLanguage(story.language);
  const context = {
    names: book.names, channels: book.names, pings: Boolean(story.message.mention_roles?.length || story.message.mentions?.length),
    files: 'storybook/files/' + [story.language, story.name].map(encodeURIComponent).join('/') + '/',
    press: async (_, action) => note(say('pressed', action)),
  };
  const message = story.at ? { ...story.message, timestamp: story.at } : story.message;
  const drawn = [lockScreen(message, context), render(message, story.name, context)];
  setLanguage(own);
  return drawn;
}

/** lockScreen is what a phone shows of a message: its text alone, without cards. */
function lockScreen(message, context) {
  if (!message.content) return null;
  const line = markdown(message.content, context).textContent;
  return el('p', { class: 'lock', 'data-testid': 'lock' }, el('span', { class: 'detail' }, say('lockScreen')), el('strong', {}, line));
}

/** filter leaves the messages whose name or text holds what is typed. */
function filter() {
  const wanted = byId('filter').value.trim().toLowerCase();
  for (const s of byId('stories').children) {
    s.hidden = !(s.dataset.name + ' ' + s.textContent).toLowerCase().includes(wanted);
    byId('index').querySelector(`[data-name="${CSS.escape(s.dataset.name)}"]`).hidden = s.hidden;
  }
}

function label() {
  byId('filter').placeholder = say('bookFilter');
}

async function start() {
  startLook(() => {
    label();
    show();
  });
  label();
  byId('filter').addEventListener('input', filter);
  byId('note').querySelector('button').addEventListener('click', () => note(''));
  byId('picture').addEventListener('click', (e) => e.target === e.currentTarget && e.currentTarget.close());
  Object.assign(book, await fetchJSON('storybook/stories.json'));
  const played = book.stories.find((s) => s.at);
  if (played) stopClock(new Date(played.at));
  show();
  if (location.hash) byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  setInterval(tick, 1000);
}

start();
