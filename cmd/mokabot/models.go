package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mokabot/internal/app"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/moka"
)

func runModels(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("models").withConfig()
	asJSON := flags.withJSON()
	search := flags.String("search", "", "only models with this `TEXT` in their ids")
	file := flags.String("o", "", "write the ids to this `FILE`, one a line")
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	c, accounts, err := flags.accounts(t.lookup, names)
	if err != nil {
		return err
	}
	w := lang.For(c.Language).Once()
	a := accounts[0]
	if len(names) == 0 && !*asJSON {
		sayFirst(t, c)
	}
	list, err := a.Client.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("%s: %s", a.Name, message.Plain(message.Failure(w, err)))
	}
	list.Models = matching(list.Models, *search)
	if *file != "" && len(list.Models) == 0 {
		return errors.New(w.CLI.NoneWritten(*file)) // scripts must not read an empty list
	}
	if *file != "" {
		if err := app.WriteFile(*file, message.IDs(list.Models)); err != nil {
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

// matching are the models with search in their ids, in any case. They keep
// their order, by id, which scripts rely on.
func matching(models []moka.PricedModel, search string) []moka.PricedModel {
	return slices.DeleteFunc(models, func(m moka.PricedModel) bool {
		return !strings.Contains(strings.ToLower(m.ID), strings.ToLower(search))
	})
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
