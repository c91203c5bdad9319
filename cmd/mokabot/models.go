package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mokabot/internal/account"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

func runModels(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("models").withConfig()
	asJSON := flags.Bool("json", false, "one JSON object")
	search := flags.String("search", "", "part of a model's name")
	file := flags.String("o", "", "write the ids to this file, one a line")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	w := lang.For(c.Language)
	book, err := account.New(c)
	if err != nil {
		return usageError{err.Error()}
	}
	accounts, err := book.Some(names...)
	if err != nil {
		return usageError{err.Error()}
	}
	a := accounts[0]
	list, err := a.Client.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("%s: %s", a.Name, message.Plain(message.Failure(w, err)))
	}
	if *search != "" {
		list.Models = onlyMatching(list.Models, *search)
	}
	if *file != "" {
		if err := writeFile(*file, message.IDs(list.Models)); err != nil {
			return err
		}
		fmt.Fprintln(t.err, w.CLI.Written(len(list.Models), *file))
	}
	switch {
	case *asJSON:
		return writeJSON(t.out, modelsJSON(a.Name, list.Models))
	case *file == "":
		return writeModels(t.out, w, a.Name, *search, list)
	}
	return nil
}

// onlyMatching keeps the order by id, which scripts rely on.
func onlyMatching(models []moka.PricedModel, search string) []moka.PricedModel {
	var kept []moka.PricedModel
	for _, m := range models {
		if strings.Contains(strings.ToLower(m.ID), strings.ToLower(search)) {
			kept = append(kept, m)
		}
	}
	return kept
}

func writeModels(out io.Writer, w *lang.Words, name, search string, list moka.Catalogue) error {
	_, err := fmt.Fprint(out, message.ModelTable(w, message.ModelList{
		Account: name, Search: search, Models: list.Models, Priced: list.Priced,
	}))
	return err
}

// The JSON of `models --json`; the README documents it.
type (
	modelsAnswer struct {
		Account string        `json:"account"`
		Models  []modelAnswer `json:"models"`
	}
	modelAnswer struct {
		ID      string     `json:"id"`
		OwnedBy string     `json:"owned_by"`
		Input   moka.Maybe `json:"input_usd_per_mtok"`
		Output  moka.Maybe `json:"output_usd_per_mtok"`
		PerCall moka.Maybe `json:"usd_per_call"`
	}
)

func modelsJSON(name string, models []moka.PricedModel) modelsAnswer {
	answer := modelsAnswer{Account: name, Models: []modelAnswer{}}
	for _, m := range models {
		answer.Models = append(answer.Models, modelAnswer{
			ID: m.ID, OwnedBy: m.OwnedBy,
			Input: m.Price.InputPerMTok, Output: m.Price.OutputPerMTok, PerCall: m.Price.PerCall,
		})
	}
	return answer
}

// writeFile replaces a file in one step: whoever reads it sees the old ids or
// the new ones, never half of them.
func writeFile(name string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.Write(data); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Chmod(0o644); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Sync(); err != nil {
		temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
