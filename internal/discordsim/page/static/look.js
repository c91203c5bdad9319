// The visitor's theme and language, on every page.
import { byId, store, stored } from './dom.js';
import { locale, say, setLanguage, translate } from './words.js';

const asked = new URLSearchParams(location.search);

const theme = () => document.documentElement.dataset.theme;

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  const button = byId('theme');
  button.textContent = (name === 'dark' ? '☀ ' : '☾ ') + say(name === 'dark' ? 'light' : 'dark');
  button.setAttribute('aria-label', say(name === 'dark' ? 'toLight' : 'toDark'));
}

function speak(tag) {
  setLanguage(tag);
  translate();
  const button = byId('language');
  button.textContent = say('other');
  button.setAttribute('aria-label', say('otherLabel'));
  button.lang = say('otherTag');
  setTheme(theme());
}

/** startLook sets the theme and the language, and calls changed whenever the language is another. */
export function startLook(changed) {
  setTheme(asked.get('theme') || stored('theme') || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'));
  speak(asked.get('lang') || stored('language') || navigator.language || 'en');
  byId('theme').addEventListener('click', () => {
    setTheme(theme() === 'dark' ? 'light' : 'dark');
    store('theme', theme());
  });
  byId('language').addEventListener('click', () => {
    speak(locale() === 'en-US' ? 'zh-CN' : 'en-US');
    store('language', locale());
    changed();
  });
}
