package main

import (
	"cmp"
	"fmt"
	"io"

	"mokabot/internal/lang"
)

// finding is one line of a check.
type finding struct {
	Subject string `json:"subject"` // "team", "channel 123", …
	Topic   topic  `json:"topic"`
	OK      bool   `json:"ok"`
	Text    string `json:"text"`
}

// checkAnswer is the JSON of `check --json`; the README documents it.
type checkAnswer struct {
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
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

// report tells what was found, and fails when something is wrong.
func report(out io.Writer, w *lang.Words, found []finding, asJSON bool) error {
	answer := checkAnswer{OK: true, Findings: found}
	for _, f := range found {
		answer.OK = answer.OK && f.OK
	}
	if asJSON {
		if err := writeJSON(out, answer); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			mark := w.CLI.Good
			if !f.OK {
				mark = w.CLI.Bad
			}
			fmt.Fprintf(out, "%-5s %s · %s%s%s\n", mark, f.Subject, f.Topic.title(w), w.Colon, f.Text)
		}
	}
	if !answer.OK {
		return silentError{}
	}
	return nil
}
