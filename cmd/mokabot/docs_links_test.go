package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)|src="([^"]+)"`)

// Every link of a document to a file leads to one, and every document is
// reached from the README.
func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := "docs/" + filepath.Base(file)
		if !strings.Contains(document(t, "README.md"), "("+name+")") {
			t.Errorf("the README does not lead to %s", name)
		}
		followed := links(t, name)
		if strings.HasSuffix(name, "messages.md") && followed < 50 {
			t.Errorf("only %d links in %s", followed, name)
		}
	}
	for _, name := range []string{"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		links(t, name)
	}
}

// links follows the links of a document and counts them.
func links(t *testing.T, name string) (followed int) {
	t.Helper()
	for _, m := range link.FindAllStringSubmatch(document(t, name), -1) {
		path, _, _ := strings.Cut(m[1]+m[2], "#")
		if path == "" || strings.Contains(path, "://") {
			continue
		}
		followed++
		if _, err := os.Stat(filepath.Join("../..", filepath.Dir(name), path)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return followed
}

var stop = regexp.MustCompile("(?m)^\\d+\\. `(\\w+)\\.(?:\\(?\\*?(\\w+)\\)?\\.)?(\\w+)` \\((\\w+\\.go)\\)")
var stops = regexp.MustCompile(`(?m)^\d+\. `)

// The stops of the walks in docs/architecture.md are functions of the files that they
// name, and no walk has more than ten.
func TestTheWalksLeadThroughFunctionsThatExist(t *testing.T) {
	walks := strings.Split(document(t, "docs/architecture.md"), "\n**A ")[1:]
	if len(walks) != 4 {
		t.Fatalf("%d walks", len(walks))
	}
	for _, walk := range walks {
		walk, _, _ = strings.Cut(walk, "\n## ")
		found := stop.FindAllStringSubmatch(walk, -1)
		if n := len(stops.FindAllString(walk, -1)); n != len(found) || n == 0 || n > 10 {
			t.Errorf("%d stops, %d of them functions, in\n%s", n, len(found), walk)
		}
		for _, s := range found {
			if !declared(s[1], s[2], s[3], s[4]) {
				t.Errorf("there is no %s", s[0])
			}
		}
	}
}

// declared reports whether a file of a package has a function or method of a name.
func declared(pkg, receiver, name, file string) bool {
	pattern := `(?m)^func ` + name + `\(`
	if receiver != "" {
		pattern = `(?m)^func \(\w+ \*?` + receiver + `\) ` + name + `\(`
	}
	for _, dir := range []string{"../../", "../../internal/"} {
		if raw, err := os.ReadFile(filepath.Join(dir, pkg, file)); err == nil && regexp.MustCompile(pattern).Match(raw) {
			return true
		}
	}
	return false
}

var heading = regexp.MustCompile(`(?m)^(#+) `)

// A document in Chinese has the parts of the English one: the same headings, rows
// of tables, code and pictures in the same order, the same names and figures.
func TestTheChineseDocumentsSayWhatTheEnglishSay(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.zh-CN.md")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		chinese := "docs/" + filepath.Base(file)
		english := strings.Replace(chinese, ".zh-CN", "", 1)
		if !strings.Contains(document(t, "README.zh-CN.md"), "("+chinese+")") {
			t.Errorf("README.zh-CN.md does not lead to %s", chinese)
		}
		if a, b := shape(document(t, english)), shape(document(t, chinese)); a != b {
			t.Errorf("%s and %s have different parts:\n%s\n%s", english, chinese, a, b)
		}
		a, b := facts(document(t, english)), facts(document(t, chinese))
		for _, fact := range slices.Sorted(maps.Keys(a)) {
			if !b[fact] {
				t.Errorf("%s lacks %s", chinese, fact)
			}
		}
		for _, fact := range slices.Sorted(maps.Keys(b)) {
			if !a[fact] {
				t.Errorf("%s lacks %s", english, fact)
			}
		}
	}
}

var (
	span   = regexp.MustCompile("`[^`\n]+`")
	number = regexp.MustCompile(`\d+`)
)

// facts are what a document says in any language: names and commands in its prose,
// and the figures of tables that hold several in each row.
func facts(text string) map[string]bool {
	found := map[string]bool{}
	code := false
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code {
			continue
		}
		for _, name := range span.FindAllString(line, -1) {
			found[name] = true
		}
		if figures := number.FindAllString(span.ReplaceAllString(line, ""), -1); strings.HasPrefix(line, "|") && len(figures) > 5 {
			found["a row with "+strings.Join(figures, " ")] = true
		}
	}
	return found
}

// shape is what a document consists of, but for its prose: headings by their level,
// how many rows each table has, blocks of code and pictures.
func shape(text string) string {
	var parts []string
	rows, code := 0, false
	for _, line := range append(strings.Split(text, "\n"), "") {
		if strings.HasPrefix(line, "```") {
			code = !code
			parts = append(parts, "code")
		}
		switch m := heading.FindStringSubmatch(line); {
		case code:
		case strings.HasPrefix(line, "|"):
			rows++
			continue
		case m != nil:
			parts = append(parts, m[1])
		case strings.HasPrefix(line, "!["):
			parts = append(parts, "picture "+link.FindStringSubmatch(line)[1])
		}
		if rows > 0 {
			parts = append(parts, "table of "+strconv.Itoa(rows))
			rows = 0
		}
	}
	return strings.Join(parts, ", ")
}
