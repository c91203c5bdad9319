package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLanguageOfAConfiguration(t *testing.T) {
	chinese := []string{"LANG", "zh_CN.UTF-8"}
	for _, c := range []struct {
		name, text string // no text: no file
		env        []string
		want       string
	}{
		{"as written", "language: zh-CN\n", nil, "zh-CN"},
		{"quoted", "language: 'zh-CN'\naccounts: [", nil, "zh-CN"},
		{"in braces", "{language: zh-CN, accounts: []}", nil, "zh-CN"},
		{"of a text that is not YAML", "accounts:\n\t- name: a\nlanguage: zh-CN\n", nil, "zh-CN"},
		{"of a variable", "language: ${L}\n", []string{"L", "zh-CN"}, "zh-CN"},
		{"almost right", "language: zh_CN\n", nil, "zh-CN"},
		{"the default, whatever the environment", "accounts: []\n", chinese, "en"},
		{"English, whatever the environment", "language: en\n", chinese, "en"},
		{"of an unreadable text without the line", "accounts: [\n", chinese, "zh-CN"},
		{"without a file", "", chinese, "zh-CN"},
		{"without a file and a language", "", nil, "en"},
		{"LC_ALL before LANG", "", []string{"LC_ALL", "C.UTF-8", "LANG", "zh_CN.UTF-8"}, "en"},
		{"LC_MESSAGES before LANG", "", []string{"LC_ALL", "", "LC_MESSAGES", "zh_TW", "LANG", "en_US.UTF-8"}, "zh-CN"},
		{"POSIX", "", []string{"LANG", "POSIX"}, "en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			if c.text != "" {
				if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := LanguageOf(file, environ(c.env...)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTheEnvironmentsLanguageWithoutAFile(t *testing.T) {
	for lang, want := range map[string]string{"": "en", "en_US.UTF-8": "en", "zh_CN.UTF-8": "zh-CN"} {
		c, err := FromEnvironment(environ("MOKA_API_KEY", "sk-1", "LANG", lang))
		if err != nil || c.Language != want {
			t.Errorf("%q: %v, %v; want %s", lang, c, err, want)
		}
	}
}
