package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStorageURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://u:from-a-file@h/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{url: 'postgres://u:hunter2-x@h:5432/d?sslmode=require'}": "postgres://u:hunter2-x@h:5432/d?sslmode=require",
		"{url: 'postgresql://h/d'}":                                "postgresql://h/d",
		"{url: 'postgres://u:hunter2%2F%40@a:1,b:2/d'}":            "postgres://u:hunter2%2F%40@a:1,b:2/d",
		"{url: 'postgres:///d?host=/run/postgresql'}":              "postgres:///d?host=/run/postgresql",
		"{url: 'postgres://u@[::1]:5432/d'}":                       "postgres://u@[::1]:5432/d",
		"{url: '${DATABASE_URL}'}":                                 "postgres://u:from-the-environment@h/d",
		"{url_file: " + file + "}":                                 "postgres://u:from-a-file@h/d",
		"{retention: {readings: 2d}}":                              "mokabot.db",
		"{url: 'mysql://u:hunter2-x@h/d'}":                         "line 2: storage.url: must begin with postgres://",
		"{url: 'host=h password=hunter2-x'}":                       "line 2: storage.url: has a space",
		"{url: 'postgres://u:hunter2/x@h/d'}":                      "line 2: storage.url: is not the address of a database",
		"{url: 'postgres://u:hunter2%zz@h/d'}":                     "line 2: storage.url: is not the address of a database",
		"{url: 'postgres://u:hunter2-x@h:port/d'}":                 "line 2: storage.url: is not the address of a database",
		"{url: 'postgres://u:hunter2#x@h/d'}":                      "line 2: storage.url: is not the address of a database",
		"{path: a.db, url: 'postgres://u:hunter2-x@h/d'}":          "line 2: storage.url: cannot be combined with path; keep one of them",
		"{path: a.db, url_file: " + file + "}":                     "line 2: storage.url_file: cannot be combined with path; keep one of them",
		"{url: 'postgres://h/d', url_file: " + file + "}":          "line 2: storage.url_file: cannot be combined with url; keep one of them",
		"{url: '${NOT_SET}'}":                                      "line 2: storage.url: the environment variable NOT_SET is not set",
		"{url: 'x${DATABASE_URL}'}":                                "line 2: storage.url: ",
		"{url: ['postgres://u:hunter2-x@h/d']}":                    "line 2: storage.url: ",
	} {
		c, err := parse("c.yaml", []byte("accounts: [{name: a, api_key: '${KEY}'}]\nstorage: "+text+"\n"), environ("KEY", "sk-1", "DATABASE_URL", "postgres://u:from-the-environment@h/d"))
		got := ""
		if err == nil {
			got = c.Storage.Address()
		} else {
			got = strings.Replace(err.Error(), "c.yaml:2: ", "line 2: ", 1)
		}
		if got != want && (err == nil || !strings.HasPrefix(got, want)) {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
		if err != nil && (strings.Contains(got, "hunter2") || strings.Count(got, "storage.") != 1) {
			t.Errorf("%s: shows a part of it, or says it twice: %s", text, got)
		}
	}
}

func TestDatabaseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:p@h/d": "postgres://u:p@h/d", "mokabot.db": "mokabot.db", "sqlite:a b.db": "a b.db", "sqlite:///var/m.db": "/var/m.db",
		"sqlite://m.db": "m.db", "file:m.db": "m.db", "": "", "mysql://u:hunter2@h/d": "", "postgres://u:hunter2/x@h/d": "", "sqlite:": "",
	} {
		got, err := DatabaseAddress(text)
		if err == nil && got != want || err != nil && (want != "" || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestPasswordsOfTheDatabaseAreSecrets(t *testing.T) {
	for text, want := range map[string][]string{
		"postgres://u:pa55%2Fword@h/d":                       {"pa55%2Fword", "pa55/word"},
		"postgres://u@h/d?password=pa55w0rd&sslmode=disable": {"pa55w0rd"},
		"postgres://u@h/d":                                   nil,
		"mokabot.db":                                         nil,
	} {
		if got := DatabasePasswords(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
	c, err := parse("c.yaml", []byte("accounts: [{name: a, api_key: '${KEY}'}]\nstorage: {url: 'postgres://h/d'}\n"), environ("KEY", "sk-1", "PGPASSWORD", "of-the-environment"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.Secrets(), "of-the-environment") || c.inline {
		t.Errorf("secrets %q, inline %t", c.Secrets(), c.inline)
	}
}
