package e2e

import (
	"strings"
	"testing"

	"mokabot/internal/discordsim"
)

// firstMinute is how somebody's set-up may be in the first minutes, and what
// check says of it.
type firstMinute struct {
	what    string
	prepare func(*discordsim.Server)
	changes []string
	exit    int
	want    []string
}

func firstMinutes() []firstMinute {
	const wrong = "MTIz.wrong.token-of-nobody-at-all"
	return []firstMinute{
		{"everything is in order", nil, nil, 0, []string{
			"client_id=" + discordsim.ApplicationID + "&scope=bot+applications.commands&permissions=117760",
			"#alerts · the bot may post, embed and attach here · pings @on-call", "then type /balance in Discord",
		}},
		{"no bot yet", nil, []string{"token: " + discordsim.Token, `token: ""`}, 0, []string{
			"Create a bot at https://discord.com/developers/applications", "mokabot balance",
		}},
		{"a wrong bot token", nil, []string{discordsim.Token, wrong}, 1, []string{"Bot → Reset Token"}},
		{"an unknown channel", func(d *discordsim.Server) { d.RemoveChannel(discordsim.AlertsChannel) }, nil, 1, []string{"Copy Channel ID"}},
		{"no channel for warnings", nil, []string{`  channel_id: "` + discordsim.AlertsChannel + `"` + "\n", ""}, 0, []string{"alerts.channel_id"}},
		{"missing permissions", func(d *discordsim.Server) { d.Deny(discordsim.AlertsChannel, 1<<14|1<<15) }, nil, 1, []string{
			"In channel #alerts the bot lacks: Embed Links, Attach Files. Grant it in the channel settings",
		}},
		{"an invisible channel", func(d *discordsim.Server) { d.Deny(discordsim.AlertsChannel, 1<<10) }, nil, 1, []string{"“mokabot check” prints the link"}},
		{"a wrong access token", nil, []string{testToken, "0123456789abcdef0123456789abcdef"}, 1, []string{"personal settings"}},
		{"in Chinese", func(d *discordsim.Server) { d.Deny(discordsim.ReportChannel, 1<<15) }, []string{"poll_interval:", "language: zh-CN\npoll_interval:"}, 1, []string{
			"用此链接邀请机器人", "缺少权限：附加文件",
		}},
	}
}

// What somebody reads in the first minutes says what is missing, which page to
// open, and what comes next.
func TestTheFirstMinutes(t *testing.T) {
	for _, c := range firstMinutes() {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w.discord)
			}
			cmd, out, log := program(t, w.throughProxy(t), "check", "--config", w.config(t, c.changes...))
			cmd.Run()
			if cmd.ProcessState.ExitCode() != c.exit {
				t.Errorf("exit %d, want %d", cmd.ProcessState.ExitCode(), c.exit)
			}
			for _, text := range c.want {
				if !strings.Contains(out.String(), text) {
					t.Errorf("it does not say %q", text)
				}
			}
			if t.Failed() {
				t.Logf("%s\n%s%s", c.what, out, log)
			}
		})
	}
}
