package main

import (
	"os"
	"path/filepath"
	"regexp"
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
	links(t, "README.md")
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
