package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxSize is far above what a person writes.
const maxSize = 1 << 20

// LoadWith reads the file at path and the variables it names. Its error is a
// *[Problems]; errors.Is(err, fs.ErrNotExist) holds when there is no such file
// (or no such file of a secret).
func LoadWith(path string, lookup Lookup) (*Config, error) {
	data, err := readFile(path, maxSize)
	if err != nil {
		unread := Problem{File: path, say: func(w *words) string { return w.CannotRead(whyUnread(w, err)) }, cause: err}
		return nil, &Problems{[]Problem{unread}, Locale(lookup)}
	}
	return parse(path, data, lookup)
}

// FromEnvironment is the configuration without a file: one account
// called "default", and where Discord is, from the variables in [environment].
// Its error is a *[Problems].
func FromEnvironment(lookup Lookup) (*Config, error) {
	account, discord, alerts := mappingNode(scalarNode("name"), scalarNode("default")), mappingNode(), mappingNode()
	for _, v := range environment {
		if text, ok := lookup(v.name); ok && text != "" {
			parent, value := account, scalarNode("${"+v.name+"}")
			switch v.section {
			case "discord":
				parent = discord
			case "alerts":
				parent = alerts
			}
			if v.list {
				value = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{value}}
			}
			parent.Content = append(parent.Content, scalarNode(v.key), value)
		}
	}
	root := mappingNode(
		scalarNode("accounts"), &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{account}},
		scalarNode("discord"), discord, scalarNode("alerts"), alerts,
	)
	cfg, r := read("", root, lookup)
	cfg.Language = Locale(lookup)
	r.problems.Language = cfg.Language
	for i, p := range r.problems.List {
		r.problems.List[i].Path = variableFor(p.Path)
		r.problems.List[i].say = ofVariables(p.say)
		if r.problems.List[i].Path == "environment" && !anyOf(lookup) {
			r.problems.List[i].say = func(w *words) string { return w.Nothing }
		}
	}
	if err := r.problems.orNil(); err != nil {
		return nil, err
	}
	return cfg, nil
}

// environment lists the variable of each key.
var environment = []struct {
	section, key, name string
	list               bool // the variable is the only item of a list
}{
	{"accounts[0]", "base_url", "MOKA_BASE_URL", false},
	{"accounts[0]", "api_key", "MOKA_API_KEY", false},
	{"accounts[0]", "access_token", "MOKA_ACCESS_TOKEN", false},
	{"accounts[0]", "user_id", "MOKA_USER_ID", false},
	{"discord", "token", tokenVariable, false},
	{"discord", "guild_ids", "DISCORD_GUILD_ID", true},
	{"alerts", "channel_id", "DISCORD_CHANNEL_ID", false},
}

// ofVariables replaces the names of keys in a sentence by those of their variables.
func ofVariables(say phrase) phrase {
	return func(w *words) string {
		text := say(w)
		for _, v := range environment {
			if v.section == "accounts[0]" {
				text = strings.ReplaceAll(text, v.key, v.name)
			}
		}
		return text
	}
}

// anyOf reports whether the environment holds anything of an account.
func anyOf(lookup Lookup) bool {
	for _, v := range environment {
		if text, ok := lookup(v.name); ok && text != "" && v.section == "accounts[0]" {
			return true
		}
	}
	return false
}

// variableFor names a place of the configuration made of the environment as the
// person who set the environment knows it.
func variableFor(path string) string {
	for _, v := range environment {
		if at := v.section + "." + v.key; path == at || v.list && path == index(at, 0) {
			return v.name
		}
	}
	return "environment"
}

func scalarNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func mappingNode(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Content: content}
}

// parse reads the text of a file.
func parse(path string, data []byte, lookup Lookup) (*Config, error) {
	root, problem := document(data)
	if problem != nil {
		problem.File = path
	}
	language := languageIn(root, data, lookup)
	if root == nil {
		return nil, &Problems{[]Problem{*problem}, language}
	}
	cfg, r := read(path, root, lookup)
	r.problems.Language = language
	if problem != nil {
		r.problems.List = append(r.problems.List, *problem)
	}
	if err := r.problems.orNil(); err != nil {
		return nil, err
	}
	cfg.inline, cfg.secretFiles = r.inline, r.secretFiles
	return cfg, nil
}

// Exposed returns the files with credentials that everybody on this machine can
// read: the configuration when a credential stands in it, and the files that it
// names. Windows has no such modes. Under /run/secrets container runtimes
// decide on the modes, and nobody else is there to read.
func (c *Config) Exposed() []string {
	const others = 0o004
	if runtime.GOOS == "windows" {
		return nil
	}
	files := c.secretFiles
	if c.inline {
		files = append([]string{c.File}, files...)
	}
	var exposed []string
	for _, file := range files {
		info, err := os.Stat(file)
		if err == nil && info.Mode()&others != 0 && !strings.HasPrefix(file, "/run/secrets/") && !slices.Contains(exposed, file) {
			exposed = append(exposed, file)
		}
	}
	return exposed
}

// document is the only document of a text. With a second one after it there is
// a problem and a root, so that the first is still looked through. yaml.v3 ignores a second one
// silently, and promises no freedom from panics on broken input.
func document(data []byte) (root *yaml.Node, problem *Problem) {
	defer func() {
		if recover() != nil {
			root, problem = nil, &Problem{say: func(w *words) string { return w.NotYAML }}
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Problem{say: func(w *words) string { return w.Empty }}
	case err != nil:
		return nil, syntax(err, data)
	}
	root = first.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, &Problem{say: func(w *words) string { return w.Empty }}
	}
	err = decoder.Decode(&second)
	switch {
	case err == nil:
		return root, &Problem{Line: second.Line, say: func(w *words) string { return w.SecondDocument }}
	case !errors.Is(err, io.EOF):
		return nil, syntax(err, data)
	}
	return root, nil
}

// syntax takes the line out of the parser's message. A variable between braces has a line
// of its own: the parser names the one before.
func syntax(err error, data []byte) *Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	problem := &Problem{}
	if match := atLine.FindStringSubmatch(text); match != nil {
		problem.Line, _ = strconv.Atoi(match[1])
		text = strings.TrimPrefix(text, match[0])
	}
	// The parser quotes what it found, such as an anchor that is a credential
	// with a * in front, and signs that it expected.
	shown := discreet(inQuotes.ReplaceAllStringFunc(text, func(quoted string) string {
		if strings.Contains(",]}-!:", quoted[1:len(quoted)-1]) {
			return quoted
		}
		return "<hidden>"
	}))
	bare := bareVariable.FindIndex(data)
	if bare != nil {
		problem.Line = 1 + bytes.Count(data[:bare[1]], []byte("\n"))
	}
	problem.say = func(w *words) string {
		said := w.Syntax(shown)
		if strings.Contains(text, "cannot start any token") {
			said += w.Tabs
		}
		if bare != nil {
			said += w.BareVariable
		}
		return said
	}
	return problem
}

// bareVariable finds ${ where a value begins in a flow mapping or sequence, which ends there;
// not in a text between quotes.
var bareVariable = regexp.MustCompile(`(?m)^(?:[^#"'\n]|"[^"\n]*"|'[^'\n]*')*[\[{,]\s*(?:\w+:\s*)?\$\{`)

var inQuotes = regexp.MustCompile(`'[^']*'|"[^"]*"|` + "`[^`]*`")

var atLine = regexp.MustCompile(`^line (\d+): `)
