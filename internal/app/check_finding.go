package app

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"mokabot/internal/lang"
)

// Finding is one line of a check.
type Finding struct {
	Subject string `json:"subject"` // "team", "channel 123", …
	Topic   topic  `json:"topic"`
	OK      bool   `json:"ok"`
	Text    string `json:"text"`
}

// topic is what a finding is about, by the name that the JSON has for it in
// every language.
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
)

// title is what people read; what has no word is a key of the file.
func (t topic) title(w *lang.Words) string {
	return cmp.Or(map[topic]string{
		topicConfig: w.CLI.Config, topicGateway: w.CLI.Gateway, topicKey: w.CLI.Key, topicModels: w.CLI.Models, topicWallet: w.CLI.Wallet,
		topicOffered: w.CLI.Offers, topicMissing: w.CLI.OffersNot, topicChannel: w.CLI.Channel, topicNote: w.CLI.Note, topicNext: w.CLI.Next,
	}[t], string(t))
}

// AllOK reports whether no finding is a failure.
func AllOK(found []Finding) bool {
	return !slices.ContainsFunc(found, func(f Finding) bool { return !f.OK })
}

// WriteFindings writes one line a finding, for people.
func WriteFindings(out io.Writer, w *lang.Words, found []Finding) error {
	for _, f := range found {
		mark := w.CLI.Good
		if !f.OK {
			mark = w.CLI.Bad
		}
		if _, err := fmt.Fprintf(out, "%-5s %s · %s%s%s\n", mark, f.Subject, f.Topic.title(w), w.Colon, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// Credential reports whether a finding is about what somebody has entered, and
// not about the file or what to do next.
func (f Finding) Credential() bool { return f.Topic != topicConfig && f.Topic != topicNext }
