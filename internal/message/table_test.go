package message_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/lang"
	"mokabot/internal/story"
)

// TestEveryMessageHasAGoldenFileInEveryLanguage keeps docs/messages.md and
// testdata complete: each function that makes a message has an example, each
// example a golden file in each language, and no golden file is left over.
func TestEveryMessageHasAGoldenFileInEveryLanguage(t *testing.T) {
	made := map[string]bool{}
	expected := []string{}
	for _, w := range lang.All() {
		for _, s := range story.All(w) {
			made[s.From] = true
			expected = append(expected, filepath.Join("testdata", w.Tag+"-"+s.Name+".golden"))
		}
	}
	for _, name := range makers(t) {
		if !made[name] {
			t.Errorf("message.%s has no example in package story", name)
		}
	}
	there, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(expected)
	if !slices.Equal(there, expected) && !*update {
		t.Errorf("golden files are not those of the examples:\n%v\n%v", there, expected)
	}
	golden(t, filepath.Join("..", "..", "..", "docs", "messages.md"), table())
}

func table() string {
	var b strings.Builder
	b.WriteString("# Messages\n\nEvery message that the program can send, by its example in `internal/story`, and the golden file that pins it in each language.\nThe demo shows them all at `/storybook`.\n\n| made by | example |")
	for _, w := range lang.All() {
		b.WriteString(" " + w.Tag + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(lang.All())) + "\n")
	for _, s := range story.All(lang.English()) {
		fmt.Fprintf(&b, "| `message.%s` | %s |", s.From, s.Name)
		for _, w := range lang.All() {
			file := w.Tag + "-" + s.Name + ".golden"
			fmt.Fprintf(&b, " [golden](../internal/message/testdata/%s) |", file)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// makers are the exported functions of the package that return a Message.
func makers(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && f.Name.Name != "Join" && returnsMessage(f) {
				names = append(names, f.Name.Name)
			}
		}
	}
	if len(names) < 10 {
		t.Errorf("only %v make messages", names)
	}
	return names
}

func returnsMessage(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	name, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && name.Name == "Message"
}
