package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"mokabot/internal/lang"
)

// Storage is where history is kept, and for how long.
type Storage struct {
	Path      string // of the file, relative to the working directory; ignored with URL
	URL       Secret // of a PostgreSQL database; empty: the file
	Retention Retention
}

// Retention is how long history is kept. Daily figures are kept forever.
type Retention struct {
	Readings time.Duration // single readings
	Hours    time.Duration // hourly figures
}

// Address is where history is kept: the path of a file, or the URL of a PostgreSQL
// database, which may hold a password.
func (s Storage) Address() string {
	if s.URL.Empty() {
		return s.Path
	}
	return s.URL.Reveal()
}

func (s *Storage) read(v value) {
	m := v.mapping()
	path := m.get("path")
	path.text(&s.Path)
	if path.given() && s.Path == "" {
		path.problem(func(w *words) string { return w.PathEmpty })
	}
	if s.Path == inMemory {
		path.problem(func(w *words) string { return w.InMemory })
	}
	s.readURL(m)
	retention := m.get("retention").mapping()
	retention.get("readings").retention(&s.Retention.Readings)
	retention.get("hours").retention(&s.Retention.Hours)
	retention.done()
	m.done()
}

// readURL reads the key url, or the file named under url_file.
func (s *Storage) readURL(m *mapping) {
	inline := m.r.inline
	address, given := m.credential("url")
	v := m.get("url")
	if !v.given() {
		v = m.get("url_file")
	}
	if !given {
		return
	}
	if m.get("path").given() {
		v.problem(func(w *words) string { return w.URLAndPath })
		return
	}
	text := address.Reveal()
	if text != "" {
		v.database(text)
	}
	if len(DatabasePasswords(text)) == 0 {
		m.r.inline = inline // there is no secret in it
	}
	s.URL = address
}

// inMemory is no file for SQLite.
const inMemory = ":memory:"

// schemes are those of a PostgreSQL database.
var schemes = []string{"postgres://", "postgresql://"}

// database checks a PostgreSQL URL.
func (v value) database(text string) {
	if fault := checkDatabase(text); fault != "" {
		v.problem(fault.in)
	}
}

// DatabaseFault is what is wrong with the address of a database. It does not repeat the
// address, which may hold a password.
type DatabaseFault string

const (
	notPostgres DatabaseFault = "not PostgreSQL"
	notDatabase DatabaseFault = "not an address"
	neither     DatabaseFault = "neither a URL nor a path"
)

// Error is the fault in English.
func (f DatabaseFault) Error() string { return f.in(english()) }

// In is the fault in a language, without its subject.
func (f DatabaseFault) In(w *lang.Words) string { return f.in(&w.Config) }

func (f DatabaseFault) in(w *words) string {
	return map[DatabaseFault]string{notPostgres: w.NotPostgres, notDatabase: w.NotDatabase, neither: w.NeitherURLNorPath}[f]
}

// checkDatabase checks a PostgreSQL URL, which may name several hosts. Empty: nothing is
// wrong with it.
func checkDatabase(text string) DatabaseFault {
	rest, ok := withoutScheme(text)
	if !ok {
		return notPostgres
	}
	authority, _, _ := cutAny(rest, "/?#")
	user, hosts := "", authority
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		user, hosts = authority[:at], authority[at+1:]
	}
	if _, err := url.PathUnescape(user); err != nil || strings.Contains(rest, "#") {
		return notDatabase
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if !goodHost(host) {
			return notDatabase
		}
	}
	return ""
}

// DatabaseAddress reads where a database is that a command line names: a PostgreSQL
// URL, or the path of a file, with or without sqlite: in front. Its error is a
// [DatabaseFault].
func DatabaseAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	if _, ok := withoutScheme(text); ok {
		if fault := checkDatabase(text); fault != "" {
			return "", fault
		}
		return text, nil
	}
	for _, scheme := range []string{"sqlite:", "file:"} {
		if path, ok := strings.CutPrefix(text, scheme); ok {
			text = path
			if rest, ok := strings.CutPrefix(path, "//"); ok {
				text = rest
			}
		}
	}
	if text == "" || text == inMemory || strings.Contains(text, "://") {
		return "", neither
	}
	return text, nil
}

func withoutScheme(text string) (rest string, ok bool) {
	for _, scheme := range schemes {
		if rest, ok := strings.CutPrefix(text, scheme); ok {
			return rest, true
		}
	}
	return "", false
}

func cutAny(text, separators string) (before, after string, found bool) {
	i := strings.IndexAny(text, separators)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// goodHost is a name or an address with or without a port, or nothing, which
// leaves the host to what follows or to the environment.
func goodHost(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil { // there is no port
		host, port = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ""
		if strings.Contains(host, ":") && host == text {
			return false
		}
	}
	return goodPort(port) && !strings.ContainsAny(host, "@%")
}

// DatabasePasswords are the passwords in a PostgreSQL URL, as they are written and
// as they are meant.
func DatabasePasswords(text string) []string {
	rest, ok := withoutScheme(text)
	if !ok {
		return nil
	}
	var found []string
	add := func(written string) {
		meant, err := url.QueryUnescape(strings.ReplaceAll(written, "+", "%2B"))
		if err != nil {
			meant = written
		}
		found = append(found, written, meant)
	}
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		if _, password, ok := strings.Cut(rest[:at], ":"); ok {
			add(password)
		}
	}
	if _, query, ok := strings.Cut(rest, "?"); ok {
		for pair := range strings.SplitSeq(query, "&") {
			name, written, _ := strings.Cut(pair, "=")
			if name == "password" || name == "sslpassword" {
				add(written)
			}
		}
	}
	found = slices.DeleteFunc(found, func(s string) bool { return s == "" })
	return slices.Compact(found)
}
