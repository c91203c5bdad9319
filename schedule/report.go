package schedule

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"mokabot/internal/account"
	"mokabot/internal/clock"
	"mokabot/internal/config"
	"mokabot/internal/lang"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

const (
	// onTime is how late a report may be without being marked as delayed.
	onTime = 2 * time.Minute
	// maxLate is how many missed periods are posted late.
	maxLate = 3
	// maxSleep is the longest time between two looks at the clock, so that a
	// suspended machine or a stepped clock delays no report by more.
	maxSleep = 30 * time.Second
	// future is how far ahead of now a mark is that a wrong clock set.
	future = time.Hour
)

// Reporter posts each period of each report once.
type Reporter struct {
	Book    *account.Book
	Store   *store.DB // nil: nothing is remembered, and only [Reporter.Current] works
	Words   *lang.Words
	Reports []config.Report
	Budgets *Budgets // shown in reports; nil: none
	Log     *slog.Logger
	Now     func() time.Time // nil for the real clock
	Sure    func() bool      // whether Now was confirmed; nil: it is right
	Reached func() bool      // whether Discord has answered; nil: it has

	Idle time.Duration // the longest time between two looks at the clock; 0: maxSleep

	// Observe is called after every report, for metrics; nil for none.
	Observe func(name string, delayed bool)
}

func (r *Reporter) now() time.Time { return timeBy(r.Now) }

// Run posts the reports that are due until ctx ends.
func (r *Reporter) Run(ctx context.Context) error {
	if err := r.forgetOthers(ctx); err != nil && ctx.Err() == nil {
		r.Log.Error("reports that left the configuration are still remembered", "err", err)
	}
	for awaitTime(ctx, r.Sure, r.Reached); ctx.Err() == nil; {
		r.Check(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(r.untilNext()):
		}
	}
	return nil
}

func (r *Reporter) sure() bool { return r.Sure == nil || r.Sure() }

// untilNext is how long to sleep: until any report is due, at most maxSleep.
func (r *Reporter) untilNext() time.Duration {
	now := r.now()
	wait := clock.Together(cmp.Or(r.Idle, maxSleep))
	for _, rep := range r.Reports {
		cron, err := newWallClock(rep.Cron, rep.Timezone)
		if err != nil {
			continue
		}
		if next := cron.Next(now); !next.IsZero() {
			wait = min(wait, next.Sub(now))
		}
	}
	return max(wait, 10*time.Millisecond)
}

// Check posts what is due. One failing report does not hold up the others.
func (r *Reporter) Check(ctx context.Context) {
	if r.sure() {
		if n, err := r.Store.ForgetFuture(ctx, r.now().Add(future)); err != nil && ctx.Err() == nil {
			r.Log.Error("marks of a time to come could not be removed", "err", err)
		} else if n > 0 {
			r.Log.Warn("reports of a time to come had been posted while the clock was wrong; they are forgotten", "marks", n)
		}
	}
	for _, rep := range r.Reports {
		if err := r.check(ctx, rep); err != nil && ctx.Err() == nil {
			r.Log.Error("report failed; it is tried again", "report", rep.Name, "err", err)
		}
	}
}

func (r *Reporter) check(ctx context.Context, rep config.Report) error {
	clock, err := newWallClock(rep.Cron, rep.Timezone)
	if err != nil {
		return err
	}
	now := r.now()
	known, err := r.knownSince(ctx, rep, now)
	if err != nil {
		return err
	}
	for _, due := range lastOccurrences(clock, rep, known, now) {
		if err := r.post(ctx, rep, due, now); err != nil {
			return err
		}
	}
	return nil
}

// knownSince is when the report was first seen in a configuration.
func (r *Reporter) knownSince(ctx context.Context, rep config.Report, now time.Time) (time.Time, error) {
	mark := knownMark(rep)
	at, known, err := r.Store.Marked(ctx, mark)
	if err != nil || known {
		return at, err
	}
	if _, err := r.Store.EnqueueOnce(ctx, mark, now); err != nil {
		return time.Time{}, err
	}
	at, _, err = r.Store.Marked(ctx, mark) // as precise as it will be read from now on
	return at, err
}

func knownMark(rep config.Report) string { return "report/" + rep.Name + "/known" }

// forgetOthers forgets when reports that left the configuration were first seen: should
// they come back, the periods in between were not missed.
func (r *Reporter) forgetOthers(ctx context.Context) error {
	var known []string
	for _, rep := range r.Reports {
		known = append(known, knownMark(rep))
	}
	return r.Store.KeepKnown(ctx, known...)
}

// lastOccurrences are the latest occurrences up to now since the report is known,
// oldest first, one for each of the last periods.
func lastOccurrences(clock wallClock, rep config.Report, known, now time.Time) []occurrence {
	from := period(rep, now).From
	for range maxLate {
		from = period(rep, from).From
	}
	if from.Before(known.Add(-time.Second)) {
		from = known.Add(-time.Second)
	}
	var runs []occurrence
	for t := clock.next(from); !t.at.IsZero() && !t.at.After(now); {
		runs = append(runs, t) // the first occurrence in a period reports it
		after := rep.Period.At(t.day, rep.Timezone, rep.WeekStart).To.Add(-time.Second)
		if after.Before(t.at) { // a gap at the end of the period moved it
			after = t.at
		}
		t = clock.next(after)
	}
	return runs[max(0, len(runs)-maxLate):]
}

// period is the last whole period before t.
func period(rep config.Report, t time.Time) spend.Period {
	running := rep.Period.At(t, rep.Timezone, rep.WeekStart)
	return rep.Period.At(running.From.Add(-time.Second), rep.Timezone, rep.WeekStart)
}

func (r *Reporter) post(ctx context.Context, rep config.Report, due occurrence, now time.Time) error {
	p := period(rep, due.day)
	mark := fmt.Sprintf("report/%s/%s/%s", rep.Name, rep.Period, p.From.Format("2006-01-02"))
	if _, done, err := r.Store.Marked(ctx, mark); done || err != nil {
		return err
	}
	delayed := now.Sub(due.at) > onTime
	if delayed {
		if covered, err := r.anyReadingBefore(ctx, rep, p.To); !covered || err != nil {
			return err
		}
	}
	report, err := r.Build(moka.InBackground(ctx), rep, p)
	if err != nil {
		return err
	}
	if moved := r.now().Sub(now); moved.Abs() > future {
		return fmt.Errorf("the clock was set while the report of %s was written", p.From.Format("2006-01-02"))
	}
	report.Due, report.Delayed = due.at, delayed
	payload, err := r.payload(rep, report)
	if err != nil {
		return err
	}
	key := mark
	if _, posted, err := r.Store.FindPost(ctx, mark); err != nil {
		return err
	} else if posted { // while the clock was ahead, and the period not over
		key = fmt.Sprintf("%s/%d", mark, now.Unix())
	}
	first, err := r.Store.EnqueueOnce(ctx, mark, now, store.Outgoing{Key: key, Lane: store.LanePost, Channel: rep.ChannelID, Payload: payload, At: now})
	if first && r.Observe != nil {
		r.Observe(rep.Name, delayed)
	}
	r.Log.Info("report", "name", rep.Name, "period", p.From.Format("2006-01-02"), "delayed", delayed, "err", err)
	return err
}

// payload is a report as the outbox takes it.
func (r *Reporter) payload(rep config.Report, report message.Report) ([]byte, error) {
	summary := message.Summary(r.Words, report)
	summary.Silent = rep.Silent
	return json.Marshal(summary)
}

// anyReadingBefore reports whether there was any reading before the end of the period.
func (r *Reporter) anyReadingBefore(ctx context.Context, rep config.Report, end time.Time) (bool, error) {
	for _, name := range rep.Accounts {
		first, ok, err := r.Store.FirstReading(ctx, name)
		if err != nil {
			return false, err
		}
		if ok && first.Before(end) {
			return true, nil
		}
	}
	return false, nil
}
