// What the page knows: the channels with their messages, who is asking, and
// what was read.
import { store, stored } from './dom.js';

export const state = {
  channels: [], people: [], names: {}, messages: new Map(), // id → {message, channel, at}
  open: '', me: '', read: {}, dismissed: new Set(),
};

const EPHEMERAL = 64;

/** takeAll replaces everything by what the server has. */
export function takeAll({ channels, people, messages, names }) {
  Object.assign(state, { channels, people, names: names || {}, messages: new Map(), read: memory() });
  for (const c of channels) for (const m of messages[c.id] || []) keep(m, c.id);
  if (!people.some((p) => p.id === state.me)) state.me = people[0]?.id || '';
  settle();
}

/** settle opens another channel when the one who asks cannot see the open one: their own direct messages instead of another's. */
export function settle() {
  const list = places();
  if (list.some((c) => c.id === state.open)) return;
  const own = channelOf(state.open).direct && list.find((c) => c.direct);
  state.open = (own || list.find((c) => !c.direct) || list[0])?.id || '';
}

/** keep notes a new or changed message. */
export function keep(message, channel) {
  const old = state.messages.get(message.id);
  const whole = message.author ? message : { ...old?.message, ...message }; // without an author it is a part
  const entry = { message: whole, channel, at: Date.parse(whole.timestamp) || 0 };
  state.messages.set(message.id, entry);
  return entry;
}

/** before is the order of messages. */
export const before = (a, b) => a.at - b.at || older(a.message.id, b.message.id);

const older = (a, b) => a.length - b.length || (a < b ? -1 : Number(a > b)); // ids are numbers that grow with time

export const channelOf = (id) => state.channels.find((c) => c.id === id) || { id, name: id };

export const me = () => state.people.find((p) => p.id === state.me) || { id: state.me, name: '' };

/** places are the channels that the one who asks can open. */
export const places = () => state.channels.filter((c) => !c.person || c.person === state.me);

/** shown reports whether the person in front of the page sees a message; ephemeral answers to others are hidden. */
export function shown({ message }) {
  if (state.dismissed.has(message.id)) return false;
  const asker = message.interaction_metadata?.user?.id || message.interaction?.user?.id;
  return !(message.flags & EPHEMERAL) || !asker || asker === state.me;
}

/** inChannel are the messages of a channel, oldest first. */
export const inChannel = (id) => [...state.messages.values()].filter((e) => e.channel === id && shown(e)).sort(before);

/** pings reports whether a message notifies the person in front of the page. */
export function pings(message) {
  const { id, roles } = me();
  return Boolean(message.mention_everyone || message.mentions?.some((u) => u.id === id) || message.mention_roles?.some((r) => roles?.includes(r)));
}

/** unread are the messages of a channel that came since it was last open. */
export function unread(channel) {
  const last = state.read[channel] || '0';
  return inChannel(channel).filter((e) => older(e.message.id, last) > 0 && !(e.message.flags & EPHEMERAL));
}

/** markRead notes that everything in a channel was seen. */
export function markRead(channel) {
  const ids = inChannel(channel).map((e) => e.message.id).sort(older);
  if (!ids.length) return;
  state.read[channel] = ids[ids.length - 1];
  store('read', JSON.stringify(state.read));
}

function memory() {
  try {
    return JSON.parse(stored('read')) || {};
  } catch {
    return {};
  }
}
