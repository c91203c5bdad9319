package app

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"mokabot/internal/config"
	"mokabot/internal/lang"
)

// Level is how much a finding matters.
type Level string

// The levels. Only an error makes a check fail; a warning is about a setting that is
// valid but will lead to missing alerts or reports.
const (
	LevelOK      Level = "ok"
	LevelNote    Level = "note"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
)

// Finding is one line of a check.
type Finding struct {
	Subject string `json:"subject"` // "team", "channel 123", …
	Topic   topic  `json:"topic"`
	Level   Level  `json:"level"`
	OK      bool   `json:"ok"` // neither a warning nor an error
	Text    string `json:"text"`
}

func newFinding(level Level, subject string, about topic, text string) Finding {
	return Finding{subject, about, level, level == LevelOK || level == LevelNote, lang.PlainSpaces(text)}
}

// ConfigFindings are the problems of a configuration that cannot be loaded, an error
// each, in the configuration's language; nil when err is something else. name is what people call the configuration.
func ConfigFindings(err error, name string) []Finding {
	problems, ok := errors.AsType[*config.Problems](err)
	if !ok {
		return nil
	}
	w := lang.For(problems.Language)
	var found []Finding
	for _, p := range problems.List {
		found = append(found, newFinding(LevelError, cmp.Or(p.File, name), topicConfig, p.In(w)))
	}
	return found
}

// topic is what a finding is about, by its name in the JSON of every language.
type topic string

const (
	topicConfig  topic = "config"
	topicGateway topic = "gateway"
	topicKey     topic = "key"
	topicModels  topic = "models"
	topicWallet  topic = "wallet"
	topicOffered topic = "offered"
	topicMissing topic = "missing"
	topicProxy   topic = "proxy"
	topicToken   topic = "token"
	topicChannel topic = "channel"
	topicNote    topic = "note"
	topicNext    topic = "next"
	topicAccess  topic = "access"
	topicLevels  topic = "levels"
	topicReports topic = "reports"
	topicZone    topic = "timezone"
	topicListen  topic = "listen"
	topicTest    topic = "test"
	topicFailed  topic = "failed"

	topicDatabase topic = "database"
)

// title is what people read; what has no word is a key of the file.
func (t topic) title(w *lang.Words) string {
	return cmp.Or(map[topic]string{
		topicConfig: w.CLI.Config, topicGateway: w.CLI.Gateway, topicKey: w.CLI.Key, topicModels: w.CLI.Models, topicWallet: w.CLI.Wallet,
		topicOffered: w.CLI.Offers, topicMissing: w.CLI.OffersNot, topicChannel: w.CLI.Channel, topicNote: w.CLI.Note, topicNext: w.CLI.Next,
		topicAccess: w.CLI.Check.Who, topicLevels: w.CLI.Check.Levels, topicReports: w.CLI.Check.Reports, topicZone: w.CLI.Check.Zone, topicListen: w.CLI.Check.Listening,
		topicFailed: w.CLI.Check.Failed, topicDatabase: w.Database.Heading,
	}[t], string(t))
}

// AllOK reports whether no finding is an error.
func AllOK(found []Finding) bool {
	return !slices.ContainsFunc(found, func(f Finding) bool { return f.Level == LevelError })
}

// colors are the escape sequences of the levels on a terminal.
var colors = map[Level]string{LevelOK: "\x1b[32m", LevelNote: "\x1b[36m", LevelWarning: "\x1b[33m", LevelError: "\x1b[31m"}

// WriteFindings writes one line a finding, for people; colored colors the marks.
func WriteFindings(out io.Writer, w *lang.Words, found []Finding, colored bool) error {
	marks := map[Level]string{LevelOK: w.CLI.Good, LevelNote: w.CLI.Note, LevelWarning: w.CLI.Check.Warning, LevelError: w.CLI.Bad}
	for _, f := range found {
		mark := fmt.Sprintf("%-5s", marks[f.Level])
		if colored {
			mark = colors[f.Level] + mark + "\x1b[0m"
		}
		if _, err := fmt.Fprintf(out, "%s %s · %s%s%s\n", mark, f.Subject, f.Topic.title(w), w.Colon, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// Credential reports whether a finding is about entered values, and not about the file or
// the next step.
func (f Finding) Credential() bool { return f.Topic != topicConfig && f.Topic != topicNext }
