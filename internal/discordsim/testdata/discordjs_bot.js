// A bot made with discord.js 14, which knows nothing of mokabot, for
// TestDiscordJS. Arguments: the API's address and the bot's token. It prints a
// line for each thing that happens to it.
const { createRequire } = require('node:module');
const path = require('node:path');
const found = createRequire(path.join(process.env.MOKABOT_DISCORDJS, 'index.js'));
const { Client, GatewayIntentBits, ActionRowBuilder, ButtonBuilder, ButtonStyle } = found('discord.js');

const [api, token, channel] = process.argv.slice(2);
const say = (...words) => console.log(words.join(' '));
const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api }, allowedMentions: { parse: [] } });

const button = new ActionRowBuilder().addComponents(
  new ButtonBuilder().setCustomId('again').setLabel('Again').setStyle(ButtonStyle.Primary));

client.once('clientReady', async () => {
  await client.application.commands.set([{
    name: 'ping', description: 'Answers', options: [{ type: 3, name: 'text', description: 'What to say', autocomplete: true }],
  }]);
  const posted = await (await client.channels.fetch(channel)).send('hello from discord.js');
  await posted.edit('hello, edited');
  say('ready', client.user.username, client.guilds.cache.size);
});
client.on('shardResume', () => say('resumed'));
client.on('shardReady', () => say('shard ready'));
client.on('error', (e) => say('error', e.message));
client.on('interactionCreate', async (i) => {
  try {
    if (i.isAutocomplete()) {
      await i.respond([{ name: 'one ' + i.options.getFocused(), value: 'one' }]);
    } else if (i.isChatInputCommand()) {
      await i.deferReply();
      await i.editReply({ content: 'pong ' + (i.options.getString('text') ?? ''), components: [button] });
    } else if (i.isButton()) {
      await i.update({ content: 'pressed', components: [] });
    }
  } catch (e) {
    say('error', e.message);
  }
});
process.on('SIGTERM', () => client.destroy().then(() => process.exit(0)));
client.login(token).catch((e) => { say('error', e.message); process.exit(1); });
