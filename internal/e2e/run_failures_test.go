package e2e

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"mokabot/internal/app"
	"mokabot/internal/config"
	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

func TestFailuresInDiscordSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		fault mokatest.Fault
		want  string
	}{
		{"a web page", mokatest.Fault{WebPage: true}, "web page. Check base_url"},
		{"the gateway's own failure", mokatest.Fault{Status: 500, Body: []byte("{}"), ContentType: "application/json"}, "not available right now"},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			w.gateway.Fault(c.fault)
			w.run(t, w.config(t), nil)
			m, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance"})
			if err != nil || !strings.Contains(string(m.JSON()), c.want) {
				t.Errorf("answer %s, %v; want %q", m.JSON(), err, c.want)
			}
			w.gateway.Clear()
			if m, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "help"}); err != nil || !titled("What I do")(m) {
				t.Errorf("/help answers %s, %v beside it", m.JSON(), err)
			}
		})
	}
}

func TestARefusedBotTokenEndsTheProgramWithASentence(t *testing.T) {
	w := newWorld(t)
	proxy, trust := w.proxied(t)
	file := w.config(t, "discord:", "discord:\n  proxy: "+proxy.URL, discordsim.Token, "MTIz.wrong.token-of-nobody-at-all")
	cmd, _, log := program(t, []string{trust}, "run", "--config", file)
	cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(log.String(), "Discord does not accept the bot token") {
		t.Errorf("exit %d and\n%s", cmd.ProcessState.ExitCode(), log)
	}
}

func TestAMissingChannelIsNamedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.discord.RemoveChannel(discordsim.ReportChannel)
	cmd, out, _ := program(t, w.throughProxy(t), "check", "--config", w.config(t))
	cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "There is no channel "+discordsim.ReportChannel) {
		t.Errorf("check: exit %d and\n%s", cmd.ProcessState.ExitCode(), out)
	}
	if !strings.Contains(out.String(), "#alerts · the bot may post") {
		t.Errorf("the good channel is not reported:\n%s", out)
	}
	w.run(t, w.config(t), nil)
	if m, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "balance"}); err != nil || !titled("$90.01")(m) {
		t.Errorf("/balance answers %s, %v", m.JSON(), err)
	}
}

func TestASecondBotOnTheSameFileIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := w.config(t)
	w.run(t, file, nil)
	cmd, _, log := program(t, nil, "run", "--config", file)
	cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(log.String(), "in use by another mokabot") {
		t.Errorf("exit %d and\n%s", cmd.ProcessState.ExitCode(), log)
	}
	if _, err := os.Stat(w.dir + "/mokabot.db"); err != nil {
		t.Error(err)
	}
}

// A stop that comes while the program starts is no failure either.
func TestAStopDuringTheStartIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := config.LoadWith(w.config(t), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := app.Serve(ctx, c, app.Environment{Discord: w.discord.Client()}, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
