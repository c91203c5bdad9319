package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who may import what. A package of ours may import only the packages of ours
// that stand behind it; a library may be imported only by the packages that
// stand behind it.
var (
	ours = map[string][]string{
		"moka":             {},
		"moka/mokatest":    {},
		"internal/spend":   {"moka"},
		"internal/alert":   {"moka", "internal/spend"},
		"internal/lang":    {"moka", "internal/spend"},
		"internal/chart":   {"moka"},
		"internal/config":  {"moka", "internal/alert"},
		"internal/store":   {"moka", "internal/spend"},
		"internal/health":  {"moka", "internal/spend"},
		"internal/account": {"moka", "internal/alert", "internal/config"},
		"internal/message": {"moka", "internal/alert", "internal/lang", "internal/spend"},
		"internal/history": {
			"moka", "internal/account", "internal/alert", "internal/chart", "internal/message", "internal/spend", "internal/store",
		},
		"internal/story":            {"moka", "internal/alert", "internal/lang", "internal/message", "internal/spend"},
		"internal/discordtest":      {},
		"internal/discordtest/page": {},

		"internal/discordtest/browser": {},
		"bot": {
			"moka", "internal/account", "internal/alert", "internal/history", "internal/lang", "internal/message", "internal/spend", "internal/store",
		},
		"schedule": {
			"moka", "internal/account", "internal/alert", "internal/config", "internal/history", "internal/lang",
			"internal/message", "internal/spend", "internal/store",
		},
	}
	libraries = map[string][]string{
		"github.com/bwmarrin/discordgo":                  {"bot"},
		"github.com/robfig/cron/v3":                      {"schedule", "internal/config"},
		"gopkg.in/yaml.v3":                               {"internal/config"},
		"modernc.org/sqlite":                             {"internal/store"},
		"github.com/gorilla/websocket":                   {"bot", "internal/discordtest"},
		"github.com/prometheus/client_golang/prometheus": {"internal/health"},
	}
	impure = []string{"net", "net/http", "os", "database/sql"} // what pure packages do without
	pure   = []string{"internal/spend", "internal/alert", "internal/lang", "internal/message", "internal/chart", "internal/story"}
)

func TestImportsGoOneWay(t *testing.T) {
	const module = "mokabot/"
	for _, p := range listPackages(t) {
		name, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok || strings.HasPrefix(name, "cmd/") {
			continue
		}
		allowed, known := ours[name]
		if !known {
			t.Errorf("%s is a new package: say in this table what it may import", name)
		}
		for _, imported := range p.Imports {
			if own, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s must not import %s", name, own)
			}
			if users, limited := libraries[imported]; limited && !slices.Contains(users, name) {
				t.Errorf("%s must not import %s", name, imported)
			}
			if slices.Contains(pure, name) && slices.Contains(impure, imported) {
				t.Errorf("%s is pure and must not import %s", name, imported)
			}
			if strings.HasPrefix(name, "moka") && strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s must not import %s: the client lives on the standard library", name, imported)
			}
		}
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "mokabot/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
