// Embeds and files of a message.
import { byId, el } from './dom.js';
import { inline, markdown } from './markdown.js';
import { day } from './time.js';
import { say } from './words.js';

/** embed is the coloured box. */
export function embed(e, attachments, context) {
  const box = el('section', { class: 'embed', 'data-testid': 'embed' },
    e.author?.name && el('p', { class: 'by' }, e.author.name),
    e.title && el('p', { class: 'title', role: 'heading', 'aria-level': 3 }, inline(e.title, context)),
    e.description && markdown(e.description, context),
    e.fields?.length > 0 && fields(e.fields, context),
    e.image?.url && picture(address(e.image.url, attachments, context), described(e, attachments, context)),
    footer(e));
  if (Number.isInteger(e.color)) box.style.setProperty('--bar', '#' + e.color.toString(16).padStart(6, '0').slice(-6));
  return box;
}

/** fields stand in up to three columns while they are inline. */
function fields(list, context) {
  const out = el('dl', { class: 'fields' });
  for (const run of runs(list)) {
    run.forEach((f) => out.append(el('div', { class: f.inline ? 'field of' + run.length : 'field' },
      el('dt', {}, inline(f.name || '', context)), el('dd', {}, markdown(f.value || '', context)))));
  }
  return out;
}

/** runs groups inline fields by the row that they stand in. */
function runs(list) {
  const out = [];
  for (const f of list) {
    const last = out[out.length - 1];
    if (f.inline && last?.[0].inline && last.length < 3) last.push(f);
    else out.push([f]);
  }
  return out;
}

function footer(e) {
  const time = e.timestamp ? new Date(e.timestamp) : null;
  const parts = [e.footer?.text, time && !Number.isNaN(time.getTime()) && day(time)].filter(Boolean);
  return parts.length ? el('footer', {}, parts.join(' • ')) : null;
}

/** address is where the page gets a file: always from its own server. */
function address(url, attachments, context) {
  const name = url.split('/').pop().split('?')[0];
  if (context.files) return context.files + encodeURIComponent(name);
  if (url.startsWith('attachment://')) {
    const own = attachments.find((a) => a.filename === name);
    return own?.url ? address(own.url, [], context) : '';
  }
  const at = url.indexOf('/attachments/');
  return at < 0 ? url : url.slice(at + 1);
}

function described(e, attachments, context) {
  const at = address(e.image.url, attachments, context);
  const own = attachments.find((a) => address(a.url || '', attachments, context) === at);
  return own?.description || say('pictureOf', e.title || own?.filename || '');
}

/** loose are the attachments that no embed shows. */
export function loose(attachments, embeds, context) {
  const shown = embeds.filter((e) => e.image?.url).map((e) => address(e.image.url, attachments, context));
  return attachments.filter((a) => !shown.includes(address(a.url || a.filename || '', attachments, context)));
}

/** attachment is a file to download, or a picture. */
export function attachment(a, context) {
  const url = address(a.url || a.filename || '', [], context);
  if (/\.(png|jpe?g|gif|webp)$/i.test(a.filename || '')) return picture(url, a.description || a.filename);
  return el('a', { class: 'file', href: safe(url), download: a.filename, 'data-testid': 'file' },
    el('span', { class: 'sr' }, say('download')),
    el('span', { class: 'icon', 'aria-hidden': 'true' }, (a.filename || '').split('.').pop().slice(0, 4)),
    el('span', { class: 'filename' }, a.filename, el('small', {}, size(a.size))),
    el('span', { class: 'arrow', 'aria-hidden': 'true' }, '⬇'));
}

const safe = (url) => (/^(attachments|storybook)\//.test(url) ? url : null);

const size = (bytes) => (bytes >= 1e6 ? (bytes / 1e6).toFixed(2) + ' MB' : bytes >= 1e3 ? (bytes / 1e3).toFixed(2) + ' KB' : (bytes || 0) + ' B');

function picture(url, alt) {
  if (!safe(url)) return null;
  return el('button', { type: 'button', class: 'thumb', 'aria-label': say('picture') + ': ' + alt, onclick: () => enlarge(url, alt) },
    el('img', { src: url, alt }));
}

function enlarge(url, alt) {
  const dialog = byId('picture');
  dialog.querySelector('img').src = url;
  dialog.querySelector('img').alt = alt;
  dialog.showModal();
}
