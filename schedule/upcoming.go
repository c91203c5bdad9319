package schedule

import (
	"context"
	"slices"
	"time"

	"mokabot/internal/config"
	"mokabot/internal/message"
	"mokabot/internal/spend"
	"mokabot/internal/store"
)

// Run is one coming occurrence of a report.
type Run struct {
	Report string
	At     time.Time // in the report's zone
	Period spend.Period
}

// Upcoming are the next occurrences of the reports after a moment, in order, at most
// count.
func Upcoming(reports []config.Report, after time.Time, count int) ([]Run, error) {
	var runs []Run
	for _, rep := range reports {
		clock, err := newWallClock(rep.Cron, rep.Timezone)
		if err != nil {
			return nil, err
		}
		t := clock.next(after)
		for range count {
			if t.at.IsZero() {
				break
			}
			runs = append(runs, Run{rep.Name, t.at.In(rep.Timezone), period(rep, t.day)})
			t = clock.next(t.at)
		}
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.At.Compare(b.At) })
	return runs[:min(len(runs), count)], nil
}

// Find is a report by its name; the first of all when the name is empty.
func (r *Reporter) Find(name string) (config.Report, bool) {
	for _, rep := range r.Reports {
		if name == "" || rep.Name == name {
			return rep, true
		}
	}
	return config.Report{}, false
}

// Current is a report of its last whole period, as it would read now.
func (r *Reporter) Current(ctx context.Context, rep config.Report) (message.Report, error) {
	return r.Build(ctx, rep, period(rep, r.now()))
}

// Names are the names of the reports.
func (r *Reporter) Names() []string {
	names := make([]string, len(r.Reports))
	for i, rep := range r.Reports {
		names[i] = rep.Name
	}
	return names
}

// PostNow builds a report of its last whole period and enqueues it for its channel,
// in addition to those that come by the clock; the same request posts it once. ok is
// false when there is no such report.
func (r *Reporter) PostNow(ctx context.Context, name, request string) (report message.Report, channel string, ok bool, err error) {
	rep, ok := r.Find(name)
	if !ok {
		return report, "", false, nil
	}
	if report, err = r.Current(ctx, rep); err != nil {
		return report, "", true, err
	}
	payload, err := r.payload(rep, report)
	if err != nil {
		return report, "", true, err
	}
	key := "report/" + rep.Name + "/asked/" + request
	err = r.Store.Enqueue(ctx, store.Outgoing{Key: key, Lane: store.LanePost, Channel: rep.ChannelID, Payload: payload, At: r.now()})
	return report, rep.ChannelID, true, err
}
