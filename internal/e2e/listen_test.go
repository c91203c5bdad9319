package e2e

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/testbed"
)

func TestHealthReadinessAndMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	file := w.config(t, "storage:\n", "listen: "+address+"\nstorage:\n")
	if status, _, log := command(t, nil, "healthcheck", "--config", file); status != 1 || !strings.Contains(log, "does not answer") {
		t.Errorf("before the start: %d %s", status, log)
	}
	w.run(t, file, nil)
	w.polled(t, 2)
	w.asks(t, "balance", nil)
	status, out, log := command(t, nil, "healthcheck", "--config", file)
	if status != 0 || out != "ok\n" {
		t.Errorf("healthcheck: %d %s %s", status, out, log)
	}
	if status, text := fetch(t, address, "/readyz"); status != http.StatusOK {
		t.Errorf("not ready: %s", text)
	}
	_, text := fetch(t, address, "/metrics")
	for _, want := range []string{
		`mokabot_spendable_dollars{account="team"} 90.01`, "mokabot_discord_connected 1", "mokabot_outbox_dead 0", "mokabot_poll_interval_seconds 1",
		`mokabot_command_seconds_count{command="balance",result="ok"} 1`, `mokabot_gateway_call_seconds_count{account="team",op="user/self",result="ok"}`,
		"mokabot_discord_identifies_total 1", `mokabot_discord_request_seconds_count{result="ok",`, `mokabot_reports_total{delayed="yes",report="daily"}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in the metrics", want)
		}
	}
	testbed.NoSecrets(t, "the metrics", text)
	w.discord.RemoveChannel(discordsim.AlertsChannel)
	w.spend(40_000_000)
	eventually(t, "readiness tells of the refused message", func() bool {
		status, text := fetch(t, address, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "refused by Discord: 1")
	})
	shown, err := w.discord.Slash(deadline(t), discordsim.Call{Name: "status", Channel: discordsim.ReportChannel})
	if err != nil || !holding("1 message refused", "the channel does not exist")(shown) {
		t.Errorf("/status: %s, %v", shown.JSON(), err)
	}
}

func fetch(t *testing.T, address, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(deadline(t), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
