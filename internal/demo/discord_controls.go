package demo

import (
	"context"
	"fmt"
	"time"

	"mokabot/internal/lang"
)

// discordControls drive Discord and the bot. A new one is one line and one function.
func (s *stage) discordControls() []control {
	return []control{
		{"discord", discordGroup, both{"Down", "下线"}, s.isDown, atOnce(s.toggleDiscord)},
		{"drop", discordGroup, both{"Cut the line", "断开连接"}, nil, s.drop},
		{"restart", botGroup, both{"Restart", "重启"}, nil, s.restart},
		{"language", botGroup, both{"Post in Chinese", "用中文发布"}, s.postsChinese, s.toggleLanguage},
	}
}

func (s *stage) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

func (s *stage) toggleDiscord() both {
	s.mu.Lock()
	s.down = !s.down
	down := s.down
	s.mu.Unlock()
	s.discord.Down(down)
	if down {
		return both{"Discord is gone. Pings wait in the outbox.", "Discord 已下线。提醒会在发件箱中等待。"}
	}
	return both{"Discord is back. What waited is delivered, each message once.", "Discord 已恢复。等待的消息会送达，每条只发一次。"}
}

// reconnection is how long a control waits until the bot is back.
const reconnection = 20 * time.Second

// sessions counts the sessions that the bot began or took up again.
func (s *stage) sessions() int { return len(s.discord.Identifies()) + s.discord.Resumes() }

// back waits until the bot has begun or resumed another session than the first ones,
// and returns how long that took.
func (s *stage) back(ctx context.Context, before int, what both) both {
	if s.isDown() {
		return both{what.en + " It connects when Discord is back.", what.zh + "Discord 恢复后会重新连接。"}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, reconnection)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for s.sessions() <= before {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return both{what.en + " It is not connected yet.", what.zh + "尚未重新连接。"}
		}
	}
	took := time.Since(began).Seconds()
	return both{fmt.Sprintf("%s Connected again after %.1f s.", what.en, took), fmt.Sprintf("%s%.1f 秒后已重新连接。", what.zh, took)}
}

func (s *stage) drop(ctx context.Context) (both, error) {
	before := s.sessions()
	s.discord.Drop()
	return s.back(ctx, before, both{"The connection was cut.", "连接已断开。"}), nil
}

func (s *stage) restart(ctx context.Context) (both, error) {
	before := s.sessions()
	if err := s.bot.again(ctx, nil); err != nil {
		return both{}, err
	}
	return s.back(ctx, before, both{"The bot was stopped and started on the same database: buttons go on working.", "机器人已停止并用同一个数据库重新启动：按钮仍然有效。"}), nil
}

func (s *stage) postsChinese() bool { return s.bot.language() == lang.Chinese().Tag }

func (s *stage) toggleLanguage(ctx context.Context) (both, error) {
	to, done := lang.Chinese(), both{"The bot was restarted; it posts in Chinese now.", "机器人已重启，今后用中文发布。"}
	if s.postsChinese() {
		to, done = lang.English(), both{"The bot was restarted; it posts in English now.", "机器人已重启，今后用英文发布。"}
	}
	before := s.sessions()
	if err := s.bot.again(ctx, to); err != nil {
		return both{}, err
	}
	return s.back(ctx, before, done), nil
}
