package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzLoad: whatever a file holds, there is either a configuration with an
// account or a list of problems.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, file := range append(files, exampleFile) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := parse("c.yaml", text, exampleEnviron())
		var problems *Problems
		switch {
		case err == nil && (cfg == nil || len(cfg.Accounts) == 0):
			t.Error("no account and no problem")
		case err != nil && (!errors.As(err, &problems) || len(problems.List) == 0 || cfg != nil):
			t.Errorf("got %v, %v", cfg, err)
		case err == nil:
			_ = cfg.NeedDiscord()
		}
	})
}

// FuzzCron: a line that is taken is read as it is written, comes to something
// at any time of the year, and is taken again as it was rewritten.
func FuzzCron(f *testing.F) {
	for _, line := range []string{
		"0 9 * * *", "*/5 0-6/2 1,15 * mon-fri", "0 9 * * 5-7", "@every 1h30m", "@every -1s", "@daily", "TZ=0", "0 0 30 2 *", "0 0 29 2 *", "* * * * 0-7/9223372036854775807",
		"@every 9223372036854775807ns", "0 0 * * ?", "60 0 * * *", "@", "@reboot",
	} {
		f.Add(line, true)
		f.Add(line, false)
	}
	starts := []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)}
	f.Fuzz(func(t *testing.T, line string, every bool) {
		line = strings.Join(strings.Fields(line), " ")
		taken, wrong := checkCron(line, every)
		if wrong != nil {
			return
		}
		if again, wrong := checkCron(taken, every); wrong != nil || again != taken {
			t.Errorf("%q is rewritten as %q, and that as %q", line, taken, again)
		}
		schedule, err := ParseCron(taken)
		if err != nil {
			t.Fatalf("%q is taken and cannot be read: %v", taken, err)
		}
		if strings.HasPrefix(taken, "@every") && !every {
			t.Errorf("%q goes by no calendar", taken)
		}
		for _, at := range starts {
			if next := schedule.Next(at); !next.After(at) {
				t.Errorf("%q comes at %s after %s", taken, next, at)
			}
		}
	})
}

// FuzzSecretFile: a credential in a file can stand in a header, is the file's
// text, and is in no problem when it cannot.
func FuzzSecretFile(f *testing.F) {
	for _, text := range []string{"sk-abcdefghijkl0123456789ABCDEF\r\n", "two words and more of them 12345Ab", "\xff\xfe", "\n", "Bearer sk-1\nX-Header: 1"} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "key")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := parse("c.yaml", []byte("accounts: [{name: team, api_key_file: "+file+"}]\n"), environ())
		if err != nil {
			if trimmed := strings.TrimSpace(string(text)); len(trimmed) > 20 && strings.Contains(err.Error(), trimmed) {
				t.Errorf("a problem shows it: %v", err)
			}
			return
		}
		key := cfg.Accounts[0].APIKey.Reveal()
		if key == "" || !strings.HasPrefix(string(text), key) || strings.Trim(string(text)[len(key):], "\r\n") != "" {
			t.Errorf("%q is read as %q", text, key)
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q cannot stand in a header", key)
		}
	})
}

// FuzzEnvironment: the environment alone is one account or problems, and no
// problem shows a credential.
func FuzzEnvironment(f *testing.F) {
	f.Add("https://gateway.example", "sk-abcdefghijkl0123456789ABCDEF", "aBcD1234aBcD1234aBcD1234aBcD1234", "7")
	f.Add("http://u:p@x", "a b", "\x00", "-1")
	f.Fuzz(func(t *testing.T, base, key, token, user string) {
		cfg, err := FromEnvironment(environ("MOKA_BASE_URL", base, "MOKA_API_KEY", key, "MOKA_ACCESS_TOKEN", token, "MOKA_USER_ID", user))
		switch {
		case err == nil && (len(cfg.Accounts) != 1 || cfg.Accounts[0].APIKey.Reveal() != key || cfg.Accounts[0].AccessToken.Reveal() != token):
			t.Errorf("read as %+v", cfg.Accounts)
		case err == nil:
			return
		}
		for _, secret := range []string{key, token} {
			if len(secret) > 20 && strings.Contains(err.Error(), secret) {
				t.Errorf("a problem shows a credential: %v", err)
			}
		}
	})
}

// A few lines that stand for a billion values are refused, and not unfolded.
func TestABombOfAliasesIsRefused(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for at := 'b'; at < 'k'; at++ {
		last := "*" + string(at-1)
		bomb += string(at) + ": &" + string(at) + " [" + strings.Repeat(last+",", 8) + last + "]\n"
	}
	began := time.Now()
	for what, text := range map[string]string{
		"aliases": bomb + "accounts: *j\n", "depth": "accounts: " + strings.Repeat("[", 500_000), "size": "accounts: " + strings.Repeat("[],", 1<<18),
	} {
		if _, err := parse("c.yaml", []byte(text), environ()); err == nil {
			t.Errorf("%s: no problem", what)
		}
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}
