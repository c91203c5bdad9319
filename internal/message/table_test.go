package message_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
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

// The fields of all cards have one order: no two stand one way round in one
// message and the other way round in another.
func TestFieldsHaveOneOrder(t *testing.T) {
	for _, w := range lang.All() {
		first := map[[2]string]string{} // the example in which the one stands before the other
		for _, s := range story.All(w) {
			for _, c := range s.Message.Cards {
				for i, before := range c.Fields {
					for _, after := range c.Fields[i+1:] {
						first[[2]string{before.Name, after.Name}] = s.Name
						if other := first[[2]string{after.Name, before.Name}]; other != "" {
							t.Errorf("%s: %s stands before %s in %s, and behind it in %s", w.Tag, before.Name, after.Name, s.Name, other)
						}
					}
				}
			}
		}
	}
}

// Between two Chinese characters there is no space, and no comma, colon or
// bracket of the Latin script is next to one.
func TestChineseIsPunctuatedAsChinese(t *testing.T) {
	odd := regexp.MustCompile(`\p{Han} \p{Han}|\p{Han}[,:;!?()]|[,:;!?()]\p{Han}`)
	for _, s := range story.All(lang.Chinese()) {
		if s.Name == "status-trouble" { // quotes Discord
			continue
		}
		for _, c := range s.Message.Cards {
			texts := []string{c.Title, c.Text, c.Footer}
			for _, f := range c.Fields {
				texts = append(texts, f.Name, f.Value)
			}
			if found := odd.FindString(strings.Join(texts, "\n")); found != "" {
				t.Errorf("%s has %q", s.Name, found)
			}
		}
	}
}

// A condition of an alert is one entry in the table of internal/alert/condition.go, words
// under its name in each language, and its examples. Whoever adds one is told here what
// is missing.
func TestEveryConditionHasItsWordsAndExamples(t *testing.T) {
	for _, w := range lang.All() {
		examples := map[string]message.Message{}
		for _, s := range story.All(w) {
			examples[s.Name] = s.Message
		}
		for _, c := range alert.Conditions() {
			if words := w.Alert.Conditions[string(c)]; words.Raised == nil || words.Ended == nil {
				t.Errorf("%s: %s has no words in internal/lang", w.Tag, c)
				continue
			}
			raised, over := "alert-"+string(c), "alert-"+string(c)+"-over"
			if c == alert.Balance { // has levels
				raised, over = "alert-low", "alert-over"
			}
			for name, good := range map[string]bool{raised: false, over: true} {
				m, ok := examples[name]
				switch {
				case !ok:
					t.Errorf("%s: %s has no example %s in internal/story/posts.go", w.Tag, c, name)
				case m.Text == "" || m.Cards[0].Title == "" || m.Cards[0].Tone == "" || (m.Cards[0].Tone == message.ToneGood) != good:
					t.Errorf("%s: %s is %q, %q, coloured %q", w.Tag, name, m.Text, m.Cards[0].Title, m.Cards[0].Tone)
				case len(m.Buttons) == 0 && !good:
					t.Errorf("%s: %s offers nothing", w.Tag, name)
				}
			}
		}
		if n := len(w.Alert.Conditions); n != len(alert.Conditions()) {
			t.Errorf("%s has words for %d conditions of %d", w.Tag, n, len(alert.Conditions()))
		}
	}
}
