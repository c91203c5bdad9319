// What the page itself says, in the visitor's language.

const english = {
  locale: 'en-US', other: '中文', otherTag: 'zh-CN', otherLabel: '切换到中文',
  title: 'Simulated Discord', badge: 'Simulation',
  notice: 'This is not Discord: it runs on this computer only.',
  noticeMore: 'Nobody is really pinged.',
  server: 'mokabot', textChannels: 'Text channels', direct: 'Direct messages', places: 'Channels', stream: 'Messages',
  self: 'You', asking: 'Asking as', storybook: 'Storybook',
  controls: 'Make things happen', welcome: 'Welcome to {}', beginning: 'This is where it begins.', news: 'New',
  newer: 'New messages ↓', dismiss: 'Dismiss', close: 'Close', picture: 'Picture', pictureOf: 'Picture of {}',
  composer: 'Message {}', send: 'Send', submit: 'Submit', cancel: 'Cancel', menu: 'Commands and options',
  placeholder: 'Message {}: type / for commands', keys: 'Enter completes, then sends · Tab or ↑ ↓ chooses from the menu · Esc closes it',
  dark: 'Dark', light: 'Light', toDark: 'Switch to the dark theme', toLight: 'Switch to the light theme',
  live: 'live', connecting: 'connecting…', lost: 'connection lost, trying again…',
  edited: '(edited)', ephemeral: 'Only you can see this', dismissMessage: 'Dismiss message', by: 'Message by {}',
  thinking: '{} is thinking…', used: '{} used {}', app: 'APP', download: 'Download ',
  today: 'Today at {}', yesterday: 'Yesterday at {}', unread: '{} unread', pings: '{} for you',
  role: 'role', someone: 'user', failed: 'That did not work: {}', offline: 'the simulation cannot be reached',
  bookTitle: 'Storybook', bookAbout: 'Every message the bot can send, with made-up data, in both languages.',
  bookIndex: 'Messages', bookBack: '← Channels', bookFilter: 'Find a message', pressed: 'This button does: {}',
  bookCount: '{} messages', missing: 'not in this language', lockScreen: 'On the lock screen', names: { en: 'English', 'zh-CN': 'Chinese' },
};

const chinese = {
  locale: 'zh-CN', other: 'English', otherTag: 'en', otherLabel: 'Switch to English',
  title: '模拟 Discord', badge: '模拟',
  notice: '这不是 Discord，只在本机运行。',
  noticeMore: '不会真正提醒任何人。',
  server: 'mokabot', textChannels: '文字频道', direct: '私信', places: '频道', stream: '消息',
  self: '你', asking: '当前身份', storybook: '消息样例',
  controls: '模拟事件', welcome: '欢迎来到 {}', beginning: '频道从这里开始。', news: '新消息',
  newer: '有新消息 ↓', dismiss: '关闭', close: '关闭', picture: '图片', pictureOf: '图片：{}',
  composer: '发送消息到 {}', send: '发送', submit: '提交', cancel: '取消', menu: '命令和选项',
  placeholder: '发送到 {}：输入 / 查看命令', keys: 'Enter 补全或发送 · Tab 或 ↑ ↓ 选择菜单项 · Esc 关闭菜单',
  dark: '深色', light: '浅色', toDark: '切换到深色主题', toLight: '切换到浅色主题',
  live: '已连接', connecting: '正在连接…', lost: '连接已断开，正在重试…',
  edited: '（已编辑）', ephemeral: '仅你可见', dismissMessage: '关闭消息', by: '{} 的消息',
  thinking: '{} 正在思考…', used: '{} 使用了 {}', app: '应用', download: '下载 ',
  today: '今天 {}', yesterday: '昨天 {}', unread: '{} 条未读', pings: '{} 条提醒你',
  role: '身份组', someone: '用户', failed: '操作失败：{}', offline: '无法连接到模拟环境',
  bookTitle: '消息样例', bookAbout: '机器人会发送的所有消息，数据为虚构，中英文对照。',
  bookIndex: '消息', bookBack: '← 频道', bookFilter: '查找消息', pressed: '此按钮执行：{}',
  bookCount: '共 {} 种消息', missing: '没有此语言的版本', lockScreen: '锁屏通知', names: { en: '英文', 'zh-CN': '中文' },
};

let current = english;

/** setLanguage chooses the language by a locale. */
export function setLanguage(locale) {
  current = locale.startsWith('zh') ? chinese : english;
}

/** locale is what the page calls its language when it asks the server. */
export const locale = () => current.locale;

/** say gives the words for a key, with its blanks filled. */
export const say = (key, ...blanks) => blanks.reduce((text, b) => text.replace('{}', () => b), current[key]);

/** inLanguage picks from a text that the server gives in several languages. */
export const inLanguage = (texts) => texts?.[current.locale] || texts?.en || '';

/** languageName is what a language is called. */
export const languageName = (tag) => current.names[tag] || tag;

/** translate fills in the words of the static page. */
export function translate() {
  document.documentElement.lang = locale();
  document.title = say(document.body.dataset.title || 'title');
  for (const e of document.querySelectorAll('[data-word]')) e.textContent = say(e.dataset.word);
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', say(e.dataset.label));
}
