package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Who may import what. A package of ours may import only the packages of ours
// that stand behind it; a library may be imported only by the packages that
// stand behind it.
var (
	ours = map[string][]string{
		"moka":             {"moka/redact"},
		"moka/redact":      {},
		"moka/mokatest":    {},
		"internal/spend":   {"moka"},
		"internal/alert":   {"moka", "internal/spend"},
		"internal/clock":   {},
		"internal/lang":    {"moka", "internal/spend"},
		"internal/chart":   {"moka"},
		"internal/budget":  {"moka", "internal/spend"},
		"internal/config":  {"moka", "internal/alert", "internal/budget", "internal/lang"},
		"internal/store":   {"moka", "internal/lead", "internal/spend"},
		"internal/metrics": {"moka", "internal/budget", "internal/spend"},
		"internal/account": {"moka", "moka/redact", "internal/alert", "internal/config"},
		"internal/message": {"moka", "internal/alert", "internal/budget", "internal/lang", "internal/spend"},
		"internal/history": {
			"moka", "internal/account", "internal/alert", "internal/budget", "internal/chart", "internal/lang", "internal/message", "internal/spend", "internal/store",
		},
		"internal/story":           {"moka", "internal/alert", "internal/budget", "internal/chart", "internal/lang", "internal/message", "internal/spend"},
		"internal/lang/langtest":   {"internal/lang"}, // for tests
		"internal/lead":            {},
		"internal/discordsim":      {},
		"internal/discordsim/page": {},

		"internal/hangup":              {},
		"internal/proof":               {},
		"internal/proof/longtests":     {},
		"internal/store/pgtest":        {},                                       // for tests
		"internal/store/storetest":     {},                                       // for tests
		"internal/testbed":             {"moka/mokatest", "internal/discordsim"}, // for tests
		"internal/discord/discordtest": {},                                       // for tests
		"internal/discordsim/browser":  {},
		"internal/discord":             {"moka", "moka/redact", "internal/clock", "internal/lang", "internal/message", "internal/store"},
		"bot": {
			"moka", "internal/account", "internal/alert", "internal/config", "internal/discord", "internal/history", "internal/lang", "internal/message",
			"internal/spend", "internal/store", "internal/budget"},
		"schedule": {
			"moka", "internal/account", "internal/alert", "internal/clock", "internal/config", "internal/history", "internal/lang",
			"internal/message", "internal/spend", "internal/store", "internal/budget"},
		"internal/app": {
			"moka", "bot", "schedule", "internal/account", "internal/alert", "internal/budget", "internal/clock", "internal/config", "internal/discord",
			"internal/metrics", "internal/history", "internal/lang", "internal/lead", "internal/message", "internal/store",
		},
		"internal/demo": {
			"moka", "moka/mokatest", "internal/app", "internal/config", "internal/discord", "internal/discordsim", "internal/discordsim/page",
			"internal/lang", "internal/message", "internal/metrics", "internal/spend", "internal/store", "internal/story",
		},
		"internal/e2e": {},
		"cmd/mokabot": {
			"moka", "moka/redact", "schedule", "internal/account", "internal/alert", "internal/app", "internal/config", "internal/demo", "internal/hangup", "internal/history",
			"internal/lang", "internal/message", "internal/spend", "internal/store", "internal/budget"},
	}
	libraries = map[string][]string{ // with everything below them
		"github.com/bwmarrin/discordgo":       {"bot", "internal/discord"},
		"github.com/robfig/cron/v3":           {"schedule", "internal/config"},
		"gopkg.in/yaml.v3":                    {"internal/config"},
		"modernc.org/sqlite":                  {"internal/store"},
		"github.com/jackc/pgx/v5":             {"internal/store", "internal/store/pgtest"},
		"github.com/gorilla/websocket":        {"internal/discord", "internal/discordsim"},
		"github.com/prometheus/client_golang": {"internal/metrics"},
		"golang.org/x/net/proxy":              {"internal/discord"},
		"golang.org/x/sys/unix":               {"internal/lead"},
		"golang.org/x/image":                  {"internal/chart"},
	}
	forTests = []string{"internal/lang/langtest", "internal/proof", "internal/store/pgtest", "internal/store/storetest", "internal/testbed", "internal/discord/discordtest"} // which only tests import

	impure = []string{"net", "net/http", "os", "database/sql"} // what pure packages do without
	pure   = []string{"internal/spend", "internal/alert", "internal/budget", "internal/lang", "internal/message", "internal/chart", "internal/story"}
)

func TestImportsGoOneWay(t *testing.T) {
	const module = "mokabot/"
	for _, p := range listPackages(t) {
		name, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok {
			continue
		}
		allowed, known := ours[name]
		if !known {
			t.Errorf("%s is a new package: say in this table what it may import", name)
		}
		for _, imported := range p.Imports {
			own, isOurs := strings.CutPrefix(imported, module)
			if isOurs && !slices.Contains(allowed, own) || isOurs && slices.Contains(forTests, own) {
				t.Errorf("%s must not import %s", name, own)
			}
			if !isOurs && foreign(imported) && !slices.Contains(usersOf(imported), name) {
				t.Errorf("%s must not import %s, or this table has to say so", name, imported)
			}
			if slices.Contains(pure, name) && slices.Contains(impure, imported) {
				t.Errorf("%s is pure and must not import %s", name, imported)
			}
		}
	}
}

// Of discordgo we use types, addresses and permission bits: its session can hang
// without end and repeats requests that must not be repeated.
func TestNothingUsesTheSessionOfDiscordgo(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, file := range p.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from, ok := sel.X.(*ast.Ident)
				if ok && from.Name == "discordgo" && slices.Contains([]string{"New", "Session", "Logger", "VoiceConnection"}, sel.Sel.Name) {
					t.Errorf("%s uses discordgo.%s", file, sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// foreign reports whether a package is neither ours nor of the standard library.
func foreign(imported string) bool { return strings.Contains(strings.Split(imported, "/")[0], ".") }

// usersOf are the packages that may import one of a library.
func usersOf(imported string) []string {
	for library, users := range libraries {
		if imported == library || strings.HasPrefix(imported, library+"/") {
			return users
		}
	}
	return nil
}

type listed struct {
	ImportPath string
	Imports    []string
	Dir        string
	GoFiles    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	all, err := goList()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return all
}

var goList = sync.OnceValues(func() (all []listed, err error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Dir,GoFiles", "mokabot/...").Output()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})
