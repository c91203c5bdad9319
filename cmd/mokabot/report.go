package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/schedule"
)

func runReport(ctx context.Context, t terminal, args []string) error {
	flags := newArguments("report").withConfig()
	asJSON := flags.withJSON()
	names, err := flags.parse(args, 1)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.NameReport })
	}
	a, done, err := openPast(t, flags, false)
	defer done()
	if err != nil {
		return err
	}
	words := lang.For(a.config.Language).Once()
	reports := &schedule.Reporter{Book: a.book, Store: a.history.Store, Words: words, Reports: a.config.Reports, Log: slog.New(slog.DiscardHandler)}
	rep, ok := reports.Find(names[0])
	if !ok {
		return usageError{func(w *lang.Words) string { return w.Command.NoReport(moka.Plain(names[0]), reports.Names()) }}
	}
	built, err := reports.Current(ctx, rep)
	if err != nil {
		return err
	}
	if *asJSON {
		err = writeJSON(t.out, reportJSON(words, rep.Name, built, rep.Timezone))
	} else {
		_, err = fmt.Fprint(t.out, message.Summary(words, built).In(rep.Timezone))
	}
	for _, part := range built.Accounts {
		if err == nil && (!part.Reading.OK() || failedToTell(part.ModelsErr)) {
			err = silentError{}
		}
	}
	return err
}

// The JSON of `report --json`; the README documents it.
type (
	reportAnswer struct {
		Report   string          `json:"report"`
		From     string          `json:"period_from"`
		To       string          `json:"period_to"`
		Accounts []reportAccount `json:"accounts"`
	}
	reportAccount struct {
		Account string `json:"account"`
		spentUsage
		Spendable moka.Maybe  `json:"spendable_usd"`
		Runway    *runwayJSON `json:"runway"`
		usageDetails
		Incidents []string     `json:"incidents"`
		Changes   *changesJSON `json:"model_changes"`
		Error     *errorAnswer `json:"error"`
	}
	runwayJSON struct {
		Low    float64     `json:"low_hours"`
		Mid    float64     `json:"mid_hours"`
		High   float64     `json:"high_hours"`
		PerDay moka.Amount `json:"usd_per_day"`
	}
	changesJSON struct {
		Added    []string `json:"added"`
		Removed  []string `json:"removed"`
		Repriced []string `json:"repriced"`
	}
)

func reportJSON(w *lang.Words, name string, r message.Report, zone *time.Location) reportAnswer {
	answer := reportAnswer{Report: name, From: r.From.Format(time.RFC3339), To: r.To.Format(time.RFC3339), Accounts: []reportAccount{}}
	for _, a := range r.Accounts {
		part := reportAccount{
			Account: a.Name, Spendable: a.Reading.Spendable(), Incidents: []string{}, Error: errorJSON(w, a.Reading.Err()), Changes: changed(a.Changes),
		}
		part.spentUsage, part.usageDetails = usedJSON(a.Account, a.Used)
		for _, line := range a.Incidents {
			part.Incidents = append(part.Incidents, message.PlainIn(line, zone))
		}
		if a.Runway != nil && a.Runway.Known {
			part.Runway = runwayOf(*a.Runway)
		}
		answer.Accounts = append(answer.Accounts, part)
	}
	return answer
}

func runwayOf(r spend.Runway) *runwayJSON {
	return &runwayJSON{r.Low.Hours(), r.Mid.Hours(), r.High.Hours(), r.PerDay}
}

func changed(c *message.ModelChanges) *changesJSON {
	if c == nil {
		return nil
	}
	answer := &changesJSON{Added: []string{}, Removed: append([]string{}, c.Removed...), Repriced: []string{}}
	for _, m := range c.Added {
		answer.Added = append(answer.Added, m.ID)
	}
	for _, m := range c.Repriced {
		answer.Repriced = append(answer.Repriced, m.Model)
	}
	return answer
}

// maxRuns is how many times `schedule` lists at most.
const maxRuns = 10_000

func runSchedule(_ context.Context, t terminal, args []string) error {
	flags := newArguments("schedule").withConfig()
	asJSON := flags.withJSON()
	from := flags.String("from", "", "begin at this `TIME`, such as 2026-11-01T09:00:00Z; now when it is left out")
	count := flags.Int("count", 10, "how many `times`")
	if _, err := flags.parse(args, 0); err != nil {
		return err
	}
	c, err := flags.load(t.lookup)
	if err != nil {
		return err
	}
	after := time.Now()
	if *from != "" {
		if after, err = moment(*from, after, c.Timezone); err != nil {
			return err
		}
		after = after.Add(-time.Nanosecond) // a run at that very time is the first
	}
	if *count < 1 || *count > maxRuns {
		return wrongArguments(func(w lang.ArgumentWords) string { return w.Between("--count", 1, maxRuns) })
	}
	runs, err := schedule.Upcoming(c.Reports, after, *count)
	if err != nil {
		return err
	}
	if *asJSON {
		return writeJSON(t.out, runsJSON(runs))
	}
	var b strings.Builder
	if len(runs) == 0 {
		fmt.Fprintln(&b, lang.For(c.Language).Once().Command.NoReport("", nil))
	}
	for _, r := range runs {
		fmt.Fprintf(&b, "%s  %-12s %s – %s\n", r.At.Format(time.RFC3339), r.Report, r.Period.From.Format(time.RFC3339), r.Period.To.Format(time.RFC3339))
	}
	_, err = fmt.Fprint(t.out, b.String())
	return err
}

// The JSON of `schedule --json`; the README documents it.
type (
	runsAnswer struct {
		Runs []runAnswer `json:"runs"`
	}
	runAnswer struct {
		Report string `json:"report"`
		At     string `json:"at"`
		From   string `json:"period_from"`
		To     string `json:"period_to"`
	}
)

func runsJSON(runs []schedule.Run) runsAnswer {
	answer := runsAnswer{Runs: []runAnswer{}}
	for _, r := range runs {
		zone := r.At.Location()
		answer.Runs = append(answer.Runs, runAnswer{
			r.Report, r.At.Format(time.RFC3339), r.Period.From.In(zone).Format(time.RFC3339), r.Period.To.In(zone).Format(time.RFC3339),
		})
	}
	return answer
}
