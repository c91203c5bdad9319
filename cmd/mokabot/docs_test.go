package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"mokabot/internal/lang"
	"mokabot/internal/metrics"
	"mokabot/internal/store"
)

func document(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestTheMetricsAreDocumentedAsTheyAre(t *testing.T) {
	text := document(t, "docs/operations.md")
	for _, m := range metrics.Metrics {
		labels := strings.Join(m.Labels, ", ")
		if labels == "" {
			labels = "–"
		}
		if line := fmt.Sprintf("| `%s` | %s | %s | %s |", m.Name, m.Kind, labels, m.Help); !strings.Contains(text, line) {
			t.Errorf("docs/operations.md lacks\n%s", line)
		}
	}
	knownMetrics(t, "docs/operations.md", text)
}

var metricName = regexp.MustCompile(`mokabot_[a-z0-9_]+`)

// knownMetrics: every name that looks like a metric of ours is one.
func knownMetrics(t *testing.T, file, text string) {
	t.Helper()
	known := map[string]bool{}
	for _, m := range metrics.Metrics {
		known[m.Name] = true
		if m.Kind == "histogram" {
			known[m.Name+"_bucket"], known[m.Name+"_sum"], known[m.Name+"_count"] = true, true, true
		}
	}
	for _, name := range metricName.FindAllString(text, -1) {
		if !known[name] {
			t.Errorf("%s: there is no metric %s", file, name)
		}
	}
}

// S12: where the documents put secrets, git adds none and an image gets none.
func TestSecretsAreIgnored(t *testing.T) {
	places := []string{"config.yaml", ".env", "deploy/secrets/moka_api_key", "deploy/.env", "secrets/token", "deploy/discord.token", "mokabot.db", "backup.db", "mokabot.dump", "tls.key"}
	for _, file := range places {
		if err := exec.Command("git", "check-ignore", "-q", "../../"+file).Run(); err != nil {
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Skip("no git, or no work tree: ", err)
			}
			t.Errorf("git adds %s", file)
		}
	}
	if err := exec.Command("git", "check-ignore", "-q", "../../config.yaml.example").Run(); err == nil {
		t.Error("git ignores the example")
	}
	docker := "\n" + document(t, ".dockerignore")
	for _, pattern := range []string{"**/config.yaml", "**/.env", "**/secrets", "**/*.token", "**/*.key", "**/*.db*", "**/*.dump"} {
		if !strings.Contains(docker, "\n"+pattern+"\n") {
			t.Errorf(".dockerignore lacks %s", pattern)
		}
	}
}

func TestWhatIsDeployedFitsTheProgram(t *testing.T) {
	rules := document(t, "deploy/prometheus-rules.yaml")
	dashboard := document(t, "deploy/grafana-dashboard.json")
	knownMetrics(t, "rules", strings.ReplaceAll(rules, "name: mokabot", ""))
	knownMetrics(t, "dashboard", dashboard)
	for _, m := range metrics.Metrics {
		if !strings.Contains(dashboard, m.Name) {
			t.Errorf("the dashboard does not show %s", m.Name)
		}
	}
	var any any
	for _, file := range []string{"deploy/prometheus-rules.yaml", "deploy/compose.yaml", "deploy/compose.replicas.yaml"} {
		if err := yaml.Unmarshal([]byte(document(t, file)), &any); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := json.Unmarshal([]byte(dashboard), &any); err != nil {
		t.Errorf("dashboard: %v", err)
	}
	for _, file := range []string{"deploy/kubernetes.yaml", "deploy/kubernetes.replicas.yaml"} {
		for d := yaml.NewDecoder(strings.NewReader(document(t, file))); ; {
			var object struct {
				APIVersion string `yaml:"apiVersion"`
				Kind       string
				Metadata   struct{ Name string }
				Spec, Data yaml.Node
			}
			if err := d.Decode(&object); err == io.EOF {
				break
			} else if err != nil || object.APIVersion == "" || object.Kind == "" || object.Metadata.Name == "" || object.Spec.IsZero() && object.Data.IsZero() {
				t.Fatalf("%s: %v: %+v", file, err, object)
			}
		}
	}
	for _, file := range []string{"deploy/Dockerfile", "deploy/mokabot.service"} {
		text := document(t, file)
		for _, m := range regexp.MustCompile(`/mokabot"?,? "?([a-z]+)"?,? "?--`).FindAllStringSubmatch(text, -1) {
			if _, ok := findSubcommand(m[1]); !ok {
				t.Errorf("%s: there is no command %s", file, m[1])
			}
		}
	}
}

func TestEverySentenceHasItsCure(t *testing.T) {
	for file, w := range map[string]*lang.Words{"docs/operations.md": lang.English(), "docs/operations.zh-CN.md": lang.For("zh-CN")} {
		text := document(t, file)
		for name, words := range map[string]any{"Failure": w.Failure, "Database": w.Database} {
			all := reflect.ValueOf(words)
			for i := range all.NumField() {
				sentence, ok := all.Field(i).Interface().(string)
				if ok && all.Type().Field(i).Name != "Heading" && !strings.Contains(text, "| "+sentence+" | ") {
					t.Errorf("%s has no cure for %s.%s: %s", file, name, all.Type().Field(i).Name, sentence)
				}
			}
		}
		for what, sentence := range phrases(w) {
			begin, _, _ := strings.Cut(lang.PlainSpaces(sentence), ". ")
			begin, _, _ = strings.Cut(begin, "。")
			if !strings.Contains(text, "| "+strings.TrimSuffix(begin, ".")) {
				t.Errorf("%s has no cure for %s: %s", file, what, sentence)
			}
		}
	}
	for _, err := range store.Kinds() {
		if !strings.Contains(document(t, "docs/operations.md"), "| "+err.Error()+" | ") {
			t.Errorf("docs/operations.md has no cure for: %v", err)
		}
	}
}

// phrases are the sentences with arguments, with those of the document, and
// those that only the command line says.
func phrases(w *lang.Words) map[string]string {
	f, c := &w.Failure, &w.CLI
	all := map[string]string{
		"RateLimited": f.RateLimited(0), "CommandShare": f.CommandShare(0), "Says": f.Says("…"), "NoChannel": f.NoChannel("123"), "NotText": f.NotText("123"), "NoAccess": f.NoAccess("123"),
		"MissingPermissions": f.MissingPermissions("#x", "…"),
		"NoSuchRole":         c.NoSuchRole("#x", "7"), "CannotMention": c.CannotMention("#x", "7"), "NoHome": c.NoHome, "Exposed": c.Exposed,
		"FailedRead": c.Check.FailedRead("pricing", c.Check.Lost["pricing"], "…"),
	}
	k := &w.CLI.Check
	for name, sentence := range map[string]string{
		"NoLevels": k.NoLevels, "NeverFires": k.NeverFires("low"), "Unlisted": k.Unlisted, "IntervalTooLong": k.IntervalTooLong("low", 24*time.Hour, 12*time.Hour, 6*time.Hour),
		"SharedWallet": k.SharedWallet("team, backup"), "LastDay": k.LastDay("0 9 31 * *"), "SkippedMonths": k.SkippedMonths("0 9 1 1,4 *", "2026-12"),
		"ZoneSign": k.ZoneSign("Etc/GMT+8", "−8", ""), "PlanEnds": k.PlanEnds("2026-11-24 20:00 UTC"), "ListensBeyond": k.ListensBeyond("0.0.0.0:9464"),
		"UnknownRole": k.UnknownRole("7", "…"), "EveryoneOperates": k.EveryoneOperates, "NoServer": k.NoServer("1"), "Locked": k.Locked("#x"), "Archived": k.Archived("#x"),
		"Outside": k.Outside("#x"), "TimedOut": k.TimedOut("#x", "…"), "EveryoneAsRole": k.EveryoneAsRole("#x"), "PingedNobody": k.PingedNobody("#x", "@on-call"), "PostFailed": k.PostFailed("#x"),
	} {
		begin := []rune(sentence)
		all[name] = string(begin[:min(20, len(begin))]) // its beginning is enough to find it
	}
	for i, v := 0, reflect.ValueOf(*f); i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).Kind() == reflect.Func && all[name] == "" {
			all[name] = "a new phrase without an example here"
		}
	}
	return all
}

func TestTheTestsThatTheDocumentsNameExist(t *testing.T) {
	there := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)`).FindAllStringSubmatch(string(raw), -1) {
			there[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"docs/security.md", "docs/coverage.md", "docs/benchmarks.md", "docs/operations.md", "README.md"} {
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(document(t, file), -1) {
			if !there[m[1]] {
				t.Errorf("%s: there is no %s", file, m[1])
			}
		}
	}
}
