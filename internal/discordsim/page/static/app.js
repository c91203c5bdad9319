// The page of a simulated Discord: it keeps what the server reports, and shows it.
import { byId, post, stored } from './dom.js';
import { channelLabel, showChannels, showPerson, showTop, startPerson } from './channels.js';
import { relabel, startComposer } from './composer.js';
import { foldAll, startFolds } from './fold.js';
import { openForm } from './form.js';
import { startLook } from './look.js';
import { clearPanel, loadPanel } from './panel.js';
import { channelOf, keep, markRead, settle, state, takeAll, unread } from './state.js';
import { place, showStream, startStream, take, toEnd } from './stream.js';
import { tick } from './time.js';
import { locale, say } from './words.js';

let link = 'connecting';

function connect() {
  const source = new EventSource('events');
  source.addEventListener('open', () => setLink('live'));
  source.addEventListener('error', () => {
    setLink('lost');
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  source.addEventListener('snapshot', (e) => {
    const all = JSON.parse(e.data);
    takeAll(all);
    byId('storybook').hidden = !all.storybook;
    showAll();
    loadPanel();
  });
  for (const kind of ['create', 'update', 'delete']) source.addEventListener(kind, (e) => change(JSON.parse(e.data)));
}

function setLink(now) {
  link = now;
  byId('link').textContent = say(link);
  byId('link').dataset.state = link;
}

function change({ type, channel, message }) {
  if (type === 'delete') {
    state.messages.delete(message.id);
    take(message.id);
  } else {
    const entry = keep(message, channel);
    if (state.open === channel) {
      place(entry);
      if (!document.hidden) markRead(channel);
    }
  }
  showChannels(open);
}

/** seen: whoever comes back to the page has read what came meanwhile. */
function seen() {
  if (document.hidden) return;
  markRead(state.open);
  showChannels(open);
}

function open(id) {
  state.open = id;
  foldAll();
  showAll();
  if (matchMedia('(pointer: fine)').matches) byId('composer').focus({ preventScroll: true }); // no keyboard pops up
}

function showAll() {
  const news = unread(state.open);
  markRead(state.open);
  showPerson();
  showChannels(open);
  showTop();
  showStream(news);
  relabel(channelLabel(channelOf(state.open)));
}

/** caller is who asks, and where. */
const caller = () => ({ channel: state.open, person: state.me, locale: locale() });

async function press(message, custom) {
  const form = await post('press', { ...caller(), message_id: message, custom_id: custom });
  if (form?.inputs) openForm(form, (values) => post('submit', { ...caller(), id: form.id, values }));
}

function start() {
  state.me = stored('person') || '';
  startLook(() => {
    setLink(link);
    showAll();
    clearPanel();
    loadPanel();
  });
  setLink(link);
  startFolds();
  startPerson(() => {
    settle();
    showAll();
  });
  startStream(press);
  startComposer(caller, toEnd);
  for (const id of ['picture', 'asked']) byId(id).addEventListener('click', (e) => e.target === e.currentTarget && e.currentTarget.close());
  document.addEventListener('visibilitychange', seen);
  setInterval(tick, 1000);
  setInterval(() => document.hidden || loadPanel(), 2000);
  connect();
}

start();
