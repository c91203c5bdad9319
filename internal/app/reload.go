package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

// handleSIGHUP reloads the configuration at every SIGHUP.
func (s *service) handleSIGHUP(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.env.Hangups:
			s.reload(ctx)
		}
	}
}

// reload reads the configuration again, also while another replica leads. An invalid one
// is reported and changes nothing; a valid one takes effect, and what Discord refused is
// tried again.
func (s *service) reload(context.Context) message.Reloaded {
	s.loading.Lock()
	defer s.loading.Unlock()
	old := s.now().config
	next, err := s.loadAgain()
	if err != nil {
		problems := problemsOf(err)
		s.recorder.Reload(false)
		s.log.Error("the new configuration is wrong, the old one stays in force", "problems", problems(lang.English()))
		return message.Reloaded{Problems: problems}
	}
	s.recorder.Reload(true)
	s.replace(next)
	if on := s.duty(); on != nil {
		on.delivery.Retry()
	}
	done := message.Reloaded{Accounts: len(next.config.Accounts), Reports: len(next.config.Reports), Restart: fixed(old, next.config)}
	s.log.Info("the configuration was read again", "accounts", done.Accounts, "reports", done.Reports, "restart_for", done.Restart)
	return done
}

func (s *service) loadAgain() (generation, error) {
	if s.env.Reload == nil {
		return s.prepare(s.now().file)
	}
	c, err := s.env.Reload()
	if err != nil {
		return generation{}, err
	}
	return s.prepare(c)
}

// problemsOf phrases what is wrong with a configuration, a line each.
func problemsOf(err error) func(*lang.Words) []string {
	return func(w *lang.Words) []string {
		text := err.Error()
		if problems, ok := errors.AsType[*config.Problems](err); ok {
			text = problems.In(w)
		}
		return strings.Split(strings.TrimSpace(text), "\n")
	}
}

// fixed are the changed keys that take effect only at a restart.
func fixed(old, now *config.Config) []string {
	var keys []string
	for _, k := range []struct {
		name string
		same bool
	}{
		{"discord.token", old.Discord.Token.Reveal() == now.Discord.Token.Reveal()},
		{"discord.guild_ids", slices.Equal(old.Discord.GuildIDs, now.Discord.GuildIDs)},
		{"discord.proxy", old.Discord.Proxy == now.Discord.Proxy},
		{"storage.path", old.Storage.Path == now.Storage.Path},
		{"storage.url", old.Storage.URL.Equal(now.Storage.URL)},
		{"listen", old.Listen.Equal(now.Listen)},
		{"log", old.Log == now.Log},
	} {
		if !k.same {
			keys = append(keys, k.name)
		}
	}
	return keys
}
