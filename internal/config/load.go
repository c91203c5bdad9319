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
		var where *os.PathError
		text := err.Error()
		if errors.As(err, &where) {
			text = where.Err.Error()
		}
		return nil, &Problems{[]Problem{{File: path, Text: "cannot be read: " + text, cause: err}}}
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
	for i, p := range r.problems.List {
		r.problems.List[i].Path = variableFor(p.Path)
		for _, v := range environment {
			if v.section == "accounts[0]" {
				r.problems.List[i].Text = strings.ReplaceAll(r.problems.List[i].Text, v.key, v.name)
			}
		}
		if r.problems.List[i].Path == "environment" && !anyOf(lookup) {
			r.problems.List[i].Text = nothingYet
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

// nothingYet greets somebody who has just unpacked the program.
const nothingYet = `there is no config.yaml here, and no credential in the environment. Choose one of these:
  mokabot demo                               to look around; needs no account
  export MOKA_API_KEY=sk-…                   your key (the gateway's console → 令牌 Tokens); then: mokabot balance
  export MOKA_ACCESS_TOKEN=… MOKA_USER_ID=…  your account (console → 个人设置 personal settings); then: mokabot balance
  mokabot init                               the whole bot: asks for what it needs and writes config.yaml`

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
	if root == nil {
		return nil, &Problems{[]Problem{*problem}}
	}
	cfg, r := read(path, root, lookup)
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
			root, problem = nil, &Problem{Text: "is not YAML"}
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Problem{Text: "the file is empty; start from config.yaml.example"}
	case err != nil:
		return nil, syntax(err, data)
	}
	root = first.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, &Problem{Text: "the file is empty; start from config.yaml.example"}
	}
	err = decoder.Decode(&second)
	switch {
	case err == nil:
		return root, &Problem{Line: second.Line, Text: "a second document begins here; a file holds one, remove the ---"}
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
	problem.Text = "is not YAML: " + discreet(inQuotes.ReplaceAllStringFunc(text, func(quoted string) string {
		if strings.Contains(",]}-!", quoted[1:len(quoted)-1]) {
			return quoted
		}
		return "<hidden>"
	}))
	if strings.Contains(text, "cannot start any token") {
		problem.Text += " (indent with spaces, not tabs; quote a text that begins with @, % or `)"
	}
	if at := bareVariable.FindIndex(data); at != nil {
		problem.Line = 1 + bytes.Count(data[:at[1]], []byte("\n"))
		problem.Text += "; between braces or brackets, put the variable in quotes: \"${NAME}\""
	}
	return problem
}

// bareVariable finds ${ where a value begins in a flow mapping or sequence, which ends there;
// not in a text between quotes.
var bareVariable = regexp.MustCompile(`(?m)^(?:[^#"'\n]|"[^"\n]*"|'[^'\n]*')*[\[{,]\s*(?:\w+:\s*)?\$\{`)

var inQuotes = regexp.MustCompile(`'[^']*'|"[^"]*"|` + "`[^`]*`")

var atLine = regexp.MustCompile(`^line (\d+): `)
