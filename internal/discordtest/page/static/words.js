// What the page itself says, in the visitor's language.

const english = {
  locale: 'en-US', other: '中文', otherLabel: '切换到中文',
  title: 'Simulated Discord', badge: 'Simulation',
  notice: 'This is not Discord: it is a simulation that runs on this computer.',
  noticeMore: 'Nobody is really pinged.',
  server: 'Channels', direct: 'Direct messages', places: 'Channels', stream: 'Messages', all: 'everything',
  allTopic: 'The messages of every channel in one stream',
  controls: 'Make things happen', controlsAbout: 'What the bot notices shows up in the channels.',
  newer: 'New messages ↓', dismiss: 'Dismiss', close: 'Close', picture: 'Picture',
  to: 'to', target: 'Where the command goes', composer: 'Message', send: 'Send', menu: 'Commands and options',
  placeholder: 'Type / for commands', keys: 'Enter sends · Tab or ↑ ↓ chooses from the menu · Esc closes it',
  dark: 'Dark', light: 'Light', toDark: 'Switch to the dark theme', toLight: 'Switch to the light theme',
  live: 'live', connecting: 'connecting…', lost: 'connection lost, trying again…',
  empty: 'No messages yet.', edited: '(edited)', ephemeral: 'Only you can see this', dismissMessage: 'Dismiss message',
  thinking: '{} is thinking…', used: '{} used {}', app: 'APP', download: 'Download {}',
  today: 'Today at {}', yesterday: 'Yesterday at {}', unread: '{} unread', pings: '{} pings you',
  role: 'role', someone: 'user', failed: 'That did not work: {}', offline: 'the simulation cannot be reached', in: 'in {}',
};

const chinese = {
  locale: 'zh-CN', other: 'English', otherLabel: 'Switch to English',
  title: '模拟 Discord', badge: '模拟',
  notice: '这不是 Discord，而是在本机运行的模拟环境。',
  noticeMore: '不会真正提醒任何人。',
  server: '频道', direct: '私信', places: '频道', stream: '消息', all: '全部消息',
  allTopic: '所有频道的消息，合并显示',
  controls: '制造事件', controlsAbout: '机器人察觉到的变化会出现在频道中。',
  newer: '有新消息 ↓', dismiss: '关闭', close: '关闭', picture: '图片',
  to: '发送到', target: '命令发送到的位置', composer: '消息', send: '发送', menu: '命令和选项',
  placeholder: '输入 / 查看命令', keys: 'Enter 发送 · Tab 或 ↑ ↓ 选择菜单项 · Esc 关闭菜单',
  dark: '深色', light: '浅色', toDark: '切换到深色主题', toLight: '切换到浅色主题',
  live: '已连接', connecting: '正在连接…', lost: '连接已断开，正在重试…',
  empty: '还没有消息。', edited: '（已编辑）', ephemeral: '仅您可见', dismissMessage: '关闭消息',
  thinking: '{} 正在思考…', used: '{} 使用了 {}', app: '应用', download: '下载 {}',
  today: '今天 {}', yesterday: '昨天 {}', unread: '{} 条未读', pings: '{} 条提醒了您',
  role: '身份组', someone: '用户', failed: '操作失败：{}', offline: '无法连接到模拟环境', in: '位于 {}',
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

/** translate fills in the words of the static page. */
export function translate() {
  document.documentElement.lang = locale();
  document.title = say('title');
  for (const e of document.querySelectorAll('[data-word]')) e.textContent = say(e.dataset.word);
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', say(e.dataset.label));
}
