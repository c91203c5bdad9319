package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (value string, ok bool)

// reader walks one document and collects what is wrong with it. It goes by
// nodes rather than decoding into structs, because yaml.v3 stops telling lines
// and unknown keys as soon as a type decodes itself.
type reader struct {
	file        string
	lookup      Lookup
	problems    Problems
	inline      bool            // a credential is in the file itself
	secretFiles []string        // files that hold a credential
	lines       map[string]int  // every path that was written
	known       map[string]bool // every key that was read
	quiet       []value         // names of levels, to be checked when all levels are known
}

// value is one place of the document; node is nil where nothing was written.
type value struct {
	r    *reader
	node *yaml.Node
	line int // of the node, or of whatever should have held it
	path string
}

// mapping is a place that holds keys.
type mapping struct {
	value
	known  []string
	values map[string]*yaml.Node
	keys   []*yaml.Node
}

// faulty reports whether something was found wrong at path.
func (r *reader) faulty(path string) bool {
	return slices.ContainsFunc(r.problems.List, func(p Problem) bool { return p.Path == path })
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (v value) problem(say phrase) { v.problemOf(nil, say) }

// problemOf is problem with its cause.
func (v value) problemOf(cause error, say phrase) {
	v.r.problems.List = append(v.r.problems.List, Problem{File: v.r.file, Line: v.line, Path: v.path, say: say, cause: cause})
}

// given reports whether something was written there.
func (v value) given() bool { return v.node != nil }

// at is the place of node below v. Nothing after a colon counts as not written.
func (v value) at(node *yaml.Node, path string) value {
	child := value{v.r, node, v.line, path}
	if node == nil {
		return child
	}
	child.line = node.Line
	v.r.lines[path] = node.Line
	switch {
	case node.Kind == yaml.AliasNode:
		child.problem(func(w *words) string { return w.Alias })
		child.node = nil
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null":
		child.node = nil
	}
	return child
}

// mapping reads v as keys and values. Whoever calls it asks for every key and
// then calls done.
func (v value) mapping() *mapping {
	m := &mapping{value: v, values: map[string]*yaml.Node{}}
	if !v.given() {
		return m
	}
	if v.node.Kind != yaml.MappingNode {
		v.problem(func(w *words) string { return w.MustBeMapping(kind(w, v.node)) })
		return m
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		if key.Kind != yaml.ScalarNode {
			v.at(key, v.path).problem(func(w *words) string { return w.KeyNotText })
			continue
		}
		if _, twice := m.values[key.Value]; twice {
			value{v.r, key, key.Line, m.join(key.Value)}.problem(func(w *words) string { return w.KeyTwice })
			continue
		}
		m.values[key.Value] = v.node.Content[i+1]
		m.keys = append(m.keys, key)
	}
	return m
}

// join is the path of a key. What follows a colon inside it is left out: in
// "{token:abc}" that is a secret, for want of a space.
func (m *mapping) join(key string) string {
	key, _, _ = strings.Cut(key, ":")
	if !plainKey.MatchString(key) || secretLike(key) {
		key = strconv.Quote(shorten(key))
	}
	if m.path == "" {
		return key
	}
	return m.path + "." + key
}

// get asks for a key.
func (m *mapping) get(key string) value {
	m.known = append(m.known, key)
	path := m.join(key)
	m.r.known[indexes.ReplaceAllString(path, "[]")] = true
	return m.at(m.values[key], path)
}

// done reports the keys that were never read.
func (m *mapping) done() {
	for _, key := range m.keys {
		if slices.Contains(m.known, key.Value) {
			continue
		}
		unknown := value{m.r, key, key.Line, m.join(key.Value)}
		if strings.Contains(key.Value, ":") {
			unknown.problem(func(w *words) string { return w.NoSpace })
			continue
		}
		unknown.problem(func(w *words) string { return w.UnknownKey(Closest(key.Value, m.known)) })
	}
}

// list is the items of v.
func (v value) list() []value {
	if !v.given() {
		return nil
	}
	if v.node.Kind != yaml.SequenceNode {
		v.problem(func(w *words) string { return w.MustBeList(kind(w, v.node)) })
		return nil
	}
	items := make([]value, len(v.node.Content))
	for i, node := range v.node.Content {
		items[i] = v.at(node, index(v.path, i))
		if !items[i].given() && node.Kind == yaml.ScalarNode {
			items[i].problem(func(w *words) string { return w.ItemEmpty })
		}
	}
	return items
}

// scalar is the text of v as it was written, or what ${NAME} stands for. It is
// false when there is none, after a problem if it should be there.
func (v value) scalar() (string, bool) {
	if !v.given() {
		return "", false
	}
	if v.node.Kind != yaml.ScalarNode {
		v.problem(func(w *words) string { return w.MustBeSingle(kind(w, v.node)) })
		return "", false
	}
	switch v.node.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
	default:
		v.problem(func(w *words) string { return w.Tag }) // it may be a credential that was not quoted
		return "", false
	}
	name, ok := v.variable()
	if text := strings.TrimSpace(v.node.Value); !ok && strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") {
		v.problem(func(w *words) string { return w.VariableName })
		return "", false
	}
	if !ok {
		return v.node.Value, true
	}
	text, ok := v.r.lookup(name)
	switch {
	case ok:
	case harmlessVariable(v.node.Value):
		v.problem(func(w *words) string { return w.VariableUnset(name) })
	default: // the text in braces may be the credential itself
		v.problem(func(w *words) string { return w.VariableUnsafe })
	}
	return text, ok
}

// variable is NAME when the whole value is ${NAME}.
func (v value) variable() (string, bool) {
	match := variable.FindStringSubmatch(v.node.Value)
	if match == nil {
		return "", false
	}
	return match[1], true
}

// quoted is v as a problem may show it: what a variable holds is not shown.
func (v value) quoted() string {
	return strconv.Quote(shorten(v.node.Value))
}

var (
	// usualVariable is how variables are named; anything else is not shown.
	usualVariable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,63}$`)

	variable = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$`)
	plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	anyWord  = regexp.MustCompile(`\S+`)
	indexes  = regexp.MustCompile(`\[\d+\]`)
)

func kind(w *words, node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return w.Mapping
	case yaml.SequenceNode:
		return w.List
	default:
		return w.Single
	}
}
