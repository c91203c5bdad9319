//go:build unix

package e2e

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/internal/proof"
	"mokabot/moka/mokatest"
)

// mostMemory is what any answer of a gateway may cost the program at most, in resident MB.
// That a call ends in its time is tested on a virtual clock; here times are only shown.
const mostMemory = 64

// gatewayReads are the paths that the program reads of a gateway.
var gatewayReads = []string{
	"/api/status", "/v1/models", "/v1/dashboard/billing/subscription", "/v1/dashboard/billing/usage", "/api/usage/token/", "/api/user/self",
	"/api/subscription/self", "/api/token/", "/api/data/self", "/api/data/flow/self", "/api/log/self/stat", "/api/log/self", "/api/pricing", "/api/notice",
}

// readingCommands are the command lines that read a gateway.
var readingCommands = [][]string{{"balance"}, {"models", "--json"}, {"usage", "--period", "30d", "--by", "key"}, {"check"}}

// bombs are what a bomb of 100 MB repeats; "" is one long text.
var bombs = map[string]string{"objects": `{},`, "lists": `[],`, "nesting": `[`, "nulls": `null,`, "texts": `"",`, "one text": ``, "blanks": ` `}

// packedBomb answers with a bomb that is packed into 100 KB.
func packedBomb(t *testing.T, part string) http.HandlerFunc {
	t.Helper()
	packed := filepath.Join(t.TempDir(), "bomb.gz")
	pack(t, packed, part)
	return func(answer http.ResponseWriter, r *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		answer.Header().Set("Content-Encoding", "gzip")
		http.ServeFile(answer, r, packed)
	}
}

// pack writes 100 MB of a part, packed.
func pack(t *testing.T, file, part string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	begin := `{"success":true,"data":[`
	if part == "" {
		begin, part = `{"success":true,"data":"`, "a"
	}
	_, err = io.WriteString(z, begin)
	chunk := strings.Repeat(part, 1<<20/len(part))
	for range 100 {
		if err == nil {
			_, err = io.WriteString(z, chunk)
		}
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// largeAnswers are answers about as large as the bounds of their endpoints allow.
var largeAnswers = map[string]struct {
	path  string
	write func(w io.Writer, r *http.Request)
}{
	"long ids of models": {"/v1/models", func(w io.Writer, _ *http.Request) {
		writeList(w, `{"object":"list","data":[`, `]}`, 19_000, func(i int) string { return fmt.Sprintf(`{"id":"%d-%s","owned_by":"x"}`, i, strings.Repeat("a", 180)) })
	}},
	"ids of models as long as a text may be": {"/v1/models", func(w io.Writer, _ *http.Request) {
		writeList(w, `{"object":"list","data":[`, `]}`, 64, func(i int) string { return fmt.Sprintf(`{"id":"%d-%s"}`, i, strings.Repeat("%41", 21_000)) })
	}},
	"long names of prices": {"/api/pricing", func(w io.Writer, _ *http.Request) {
		writeList(w, `{"data":[`, `],"group_ratio":{"default":1}}`, 19_000, func(i int) string {
			return fmt.Sprintf(`{"model_name":"%d-%s","quota_type":0,"model_ratio":1,"completion_ratio":1}`, i, strings.Repeat("a", 120))
		})
	}},
	"prices in many groups": {"/api/pricing", func(w io.Writer, _ *http.Request) {
		groups := &strings.Builder{}
		writeList(groups, ``, ``, 19_000, func(i int) string { return fmt.Sprintf(`"%d":1`, i) })
		writeList(w, `{"data":[`, `],"group_ratio":{`+groups.String()+`}}`, 19_000, func(i int) string {
			return fmt.Sprintf(`{"model_name":"%d","quota_type":0,"model_ratio":1,"completion_ratio":1}`, i)
		})
	}},
	"a long notice": {"/api/notice", func(w io.Writer, _ *http.Request) {
		fmt.Fprintf(w, `{"success":true,"data":"%s"}`, strings.Repeat("%41", 680_000))
	}},
	"long words of the status": {"/api/status", func(w io.Writer, _ *http.Request) {
		long := strings.Repeat("%41", 230_000)
		fmt.Fprintf(w, `{"success":true,"data":{"quota_per_unit":500000,"display_in_currency":true,"enable_data_export":true,"version":"%s","system_name":"%s"}}`, long, long)
	}},
	"a long refusal": {"/api/status", func(w io.Writer, _ *http.Request) {
		fmt.Fprintf(w, `{"success":false,"message":"%s"}`, strings.Repeat("%41", 340_000))
	}},
	"rows of many models": {"/api/data/self", func(w io.Writer, r *http.Request) {
		var first int64
		fmt.Sscan(r.URL.Query().Get("start_timestamp"), &first)
		writeList(w, `{"success":true,"data":[`, `]}`, 39_000, func(i int) string {
			return fmt.Sprintf(`{"model_name":"%d-%s","created_at":%d,"token_used":1,"count":1,"quota":1}`, i, strings.Repeat("a", 60), first+int64(i))
		})
	}},
	"pages of keys without end":     {"/api/token/", pageOfKeys(1_900, strings.Repeat("n", 150), "")},
	"keys for many models":          {"/api/token/", pageOfKeys(1_900, "", strings.Repeat("m,", 300))},
	"pages of keys for many models": {"/api/token/", pageOfKeys(40, "", strings.Repeat("m,", 20_000))},
}

// pageOfKeys writes a page of so many keys, each of which is new.
func pageOfKeys(count int, name, models string) func(w io.Writer, r *http.Request) {
	return func(w io.Writer, r *http.Request) {
		var page int
		fmt.Sscan(r.URL.Query().Get("p"), &page)
		writeList(w, `{"success":true,"data":{"items":[`, `]}}`, count, func(i int) string {
			return fmt.Sprintf(`{"id":%d,"key":"abcd**********wxyz","status":1,"name":"%s","remain_quota":1,"used_quota":0,"model_limits_enabled":true,"model_limits":"%s","group":""}`,
				page*10_000+i, name, models)
		})
	}
}

func writeList(w io.Writer, begin, end string, count int, item func(i int) string) {
	io.WriteString(w, begin)
	for i := range count {
		if i > 0 {
			io.WriteString(w, ",")
		}
		io.WriteString(w, item(i))
	}
	io.WriteString(w, end)
}

// hostile starts a gateway that gives its own answer to some paths, and the honest one to
// the others.
func hostile(t *testing.T, honest *mokatest.Server, answers map[string]http.HandlerFunc) (url string, answered *atomic.Int32) {
	t.Helper()
	answered = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if own := answers[r.URL.Path]; own != nil {
			answered.Add(1)
			own(answer, r)
			return
		}
		honest.ServeHTTP(answer, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, answered
}

// everywhere gives the same answer to each path but the status.
func everywhere(answer http.HandlerFunc) map[string]http.HandlerFunc {
	answers := map[string]http.HandlerFunc{}
	for _, path := range gatewayReads[1:] {
		answers[path] = answer
	}
	return answers
}

// peakOf starts a program, does something with it, waits for its end and returns the most
// memory that was resident, in MB. The resource usage of a child would count the process
// of the test, too. A program that ended before a busy machine got to look at it runs again.
func peakOf(t *testing.T, cmd *exec.Cmd, do func()) int64 {
	t.Helper()
	mb := watchedPeak(t, cmd, do)
	for tries := 0; mb == 0 && runtime.GOOS == "linux"; tries++ { // elsewhere there is no /proc
		if do != nil || tries == 5 {
			t.Errorf("nothing was read of the memory of %v", cmd.Args)
			return 0
		}
		mb = watchedPeak(t, &exec.Cmd{Path: cmd.Path, Args: cmd.Args, Env: cmd.Env, Dir: cmd.Dir}, nil)
	}
	return mb
}

func watchedPeak(t *testing.T, cmd *exec.Cmd, do func()) (mb int64) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // its exit status is for the caller
	}()
	highest := make(chan int64, 1)
	go func() {
		for {
			var kb int64
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if _, value, ok := strings.Cut(string(text), "VmHWM:"); ok {
				fmt.Sscan(value, &kb)
			}
			mb = max(mb, kb>>10)
			select {
			case <-ended:
				highest <- mb
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	if do != nil {
		do()
	}
	return <-highest
}

// readsWithinMeans runs each command line that reads a gateway, and fails for one that
// takes too much memory or time.
func readsWithinMeans(t *testing.T, name, file string, check func(args []string, status int, text string)) {
	t.Helper()
	for _, args := range readingCommands {
		cmd, out, log := program(t, nil, append(args, "--config", file)...)
		start := time.Now()
		peak := peakOf(t, cmd, nil)
		took, status := time.Since(start), cmd.ProcessState.ExitCode()
		t.Logf("%-38s %-8s peak %d MB, %s, exit %d", name, args[0], peak, took.Round(time.Millisecond), status)
		if peak > mostMemory || took > patience {
			t.Errorf("%s, %v: %d MB, %s, exit %d\n%.1000s", name, args, peak, took, status, log)
		}
		check(args, status, out.String()+log.String())
	}
}

// S2: what the real program needs for packed bombs. The whole table runs with MOKABOT_LONG.
func TestBombsNeedLittleMemory(t *testing.T) {
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	for name, part := range bombs {
		if !proof.Long() && name != "objects" {
			continue
		}
		w := newWorld(t)
		evil, _ := hostile(t, w.gateway, everywhere(packedBomb(t, part)))
		file := w.config(t, w.server.URL, evil, "  token: "+discordsim.Token, "  token: \"\"")
		readsWithinMeans(t, name, file, func(args []string, status int, text string) {
			if status != 1 || !strings.Contains(text, "too large to be right") {
				t.Errorf("%s, %v: exit %d, %s", name, args, status, text)
			}
		})
	}
}

// S2: answers within the bounds of their endpoints need little memory and time, too.
func TestLargeAnswersNeedLittleMemory(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	for name, large := range largeAnswers {
		w := newWorld(t)
		evil, answered := hostile(t, w.gateway, map[string]http.HandlerFunc{large.path: asJSON(large.write)})
		file := w.config(t, w.server.URL, evil, "  token: "+discordsim.Token, "  token: \"\"")
		readsWithinMeans(t, name, file, func([]string, int, string) {})
		if answered.Load() == 0 {
			t.Errorf("%s: nobody asks %s", name, large.path)
		}
	}
}

func asJSON(write func(w io.Writer, r *http.Request)) http.HandlerFunc {
	return func(answer http.ResponseWriter, r *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		write(answer, r)
	}
}

// S2: three hostile gateways at the same time, on the command line and in the bot, which
// reads a fourth one beside them.
func TestHostileGatewaysTogetherNeedLittleMemory(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	large := map[string]http.HandlerFunc{}
	for _, answer := range largeAnswers {
		if answer.path != "/api/status" {
			large[answer.path] = asJSON(answer.write)
		}
	}
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"blanks": everywhere(packedBomb(t, bombs["blanks"])), "objects": everywhere(packedBomb(t, bombs["objects"])),
		"one text": everywhere(packedBomb(t, bombs["one text"])), "large answers": large,
	} {
		w := newWorld(t)
		accounts := &strings.Builder{}
		for i := range 3 {
			evil, _ := hostile(t, w.gateway, answers)
			fmt.Fprintf(accounts, "  - {name: evil%d, base_url: %s, api_key: %s, access_token: %s, user_id: 2}\n", i, evil, testKey, testToken)
		}
		changes := []string{"accounts:\n", "accounts:\n" + accounts.String()}
		readsWithinMeans(t, "3 × "+name, w.config(t, append(slices.Clone(changes), "  token: "+discordsim.Token, "  token: \"\"")...), func([]string, int, string) {})
		cmd, _, log := program(t, w.throughProxy(t), "run", "--config", w.config(t, changes...))
		peak := peakOf(t, cmd, func() {
			if err := w.discord.Connected(deadline(t)); err != nil {
				t.Errorf("%v\n%s", err, log.Tail())
			}
			for _, account := range []string{"evil0", "evil1", "evil2", "team"} {
				for _, command := range []string{"balance", "models", "usage", "keys"} {
					if _, err := w.discord.Slash(deadline(t), discordsim.Call{Name: command, Options: map[string]any{"account": account}}); err != nil {
						t.Errorf("%s, /%s %s: %v", name, command, account, err)
					}
				}
			}
			w.polled(t, 5)
			_ = cmd.Process.Signal(syscall.SIGTERM)
		})
		t.Logf("%-38s %-8s peak %d MB", "3 × "+name, "run", peak)
		if peak > mostMemory {
			t.Errorf("3 × %s: %d MB", name, peak)
		}
	}
}

// S2: each endpoint with each command, on the command line and in Discord: the program's
// most memory and how long it takes. With -v this prints the table.
func TestBombsByEndpointAndCommand(t *testing.T) {
	proof.NeedsLong(t)
	if proof.Raced {
		t.Skip("the race detector needs several times the memory")
	}
	bomb := packedBomb(t, bombs["objects"])
	t.Logf("| endpoint | %s |", strings.Join([]string{"balance", "models", "usage", "check", "run, and in it:", "/balance", "/models", "/usage", "/keys", "times it was read"}, " | "))
	worst, slowest := int64(0), time.Duration(0)
	for _, endpoint := range gatewayReads {
		w := newWorld(t)
		evil, answered := hostile(t, w.gateway, map[string]http.HandlerFunc{endpoint: bomb})
		cells := []string{endpoint}
		file := w.config(t, w.server.URL, evil, "  token: "+discordsim.Token, "  token: \"\"")
		for _, args := range readingCommands {
			cmd, _, _ := program(t, nil, append(args, "--config", file)...)
			began := time.Now()
			peak := peakOf(t, cmd, nil)
			took := time.Since(began)
			worst, slowest = max(worst, peak), max(slowest, took)
			cells = append(cells, fmt.Sprintf("%d MB %.1f s", peak, took.Seconds()))
		}
		cmd, _, log := program(t, w.throughProxy(t), "run", "--config", w.config(t, w.server.URL, evil))
		var asked []time.Duration
		peak := peakOf(t, cmd, func() {
			if err := w.discord.Connected(deadline(t)); err != nil {
				t.Errorf("%v\n%s", err, log.Tail())
			}
			for _, name := range []string{"balance", "models", "usage", "keys"} {
				began := time.Now()
				if _, err := w.discord.Slash(deadline(t), discordsim.Call{Name: name}); err != nil {
					t.Errorf("%s, /%s: %v", endpoint, name, err)
				}
				asked = append(asked, time.Since(began))
			}
			_ = cmd.Process.Signal(syscall.SIGTERM)
		})
		worst, cells = max(worst, peak), append(cells, fmt.Sprintf("%d MB", peak))
		for _, took := range asked {
			cells = append(cells, fmt.Sprintf("%.1f s", took.Seconds()))
		}
		if answered.Load() == 0 {
			t.Errorf("nobody asks %s", endpoint)
		}
		cells = append(cells, fmt.Sprint(answered.Load()))
		t.Logf("| `%s |", strings.Replace(strings.Join(cells, " | "), " |", "` |", 1))
	}
	t.Logf("worst %d MB, slowest %s", worst, slowest.Round(time.Millisecond))
	if worst > mostMemory {
		t.Errorf("%d MB", worst)
	}
	if slowest > patience {
		t.Errorf("%s", slowest)
	}
}
