package history

import (
	"context"
	"iter"
	"slices"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/moka"
)

// Facts are an account's stored readings in [from, to) with the facts that a running bot
// would have had at each. The error is one of reading them, and is set when the sequence
// has ended.
func (h History) Facts(ctx context.Context, name string, from, to time.Time) (iter.Seq[alert.Facts], *error) {
	var failed error
	return func(yield func(alert.Facts) bool) {
		hours, err := h.Store.Hours(ctx, name, from.Add(-lookBack), to)
		if err != nil {
			failed = err
			return
		}
		past := pastHours{all: hours, zone: h.Zone}
		for s, err := range h.Store.Samples(ctx, name, from, to) {
			if err != nil {
				failed = err
				return
			}
			if !yield(past.facts(s)) {
				return
			}
		}
	}, &failed
}

// pastHours gives each reading only the hours before it.
type pastHours struct {
	all    []spend.Hour
	zone   *time.Location
	recent []store.Sample // of the last hour

	hour   time.Time // that the runway below was forecast in
	left   moka.Maybe
	runway spend.Runway
	usual  moka.Maybe
}

func (p *pastHours) facts(s store.Sample) alert.Facts {
	r := readingOf(s)
	r.KeyErr, r.WalletErr = failureOf(s, r)
	f := alert.Facts{At: s.At, Reading: r, TopUp: s.Delta.TopUp}
	hours := p.before(s.At)
	p.remember(s)
	hour, quarter, newest := p.last(s.At, time.Hour), p.last(s.At, 15*time.Minute), p.last(s.At, newestMinutes)
	f.Runway = p.forecast(hours, s, spend.Question{
		Left: s.Spendable, Until: paysUntil(r), Pace: paceOf(hour, quarter, newest), Now: s.At, Zone: p.zone,
	})
	f.HourSpent, f.HourPart, f.QuarterSpent = lately(hour, quarter)
	f.HourUsual = p.usual
	return f
}

// before are the hours that a bot would have used at a moment.
func (p *pastHours) before(at time.Time) []spend.Hour {
	return p.all[startingAt(p.all, at.Add(-lookBack)):startingAt(p.all, at.Truncate(time.Hour))]
}

// forecast looks ahead once an hour; in between, what is left at that rate is
// near enough, and a month of readings takes seconds instead of minutes.
func (p *pastHours) forecast(hours []spend.Hour, s store.Sample, q spend.Question) spend.Runway {
	before, known := p.left.Get()
	now, ok := s.Spendable.Get()
	if hour := s.At.Truncate(time.Hour); !hour.Equal(p.hour) || !known || !ok || before <= 0 {
		p.hour, p.left = hour, s.Spendable
		p.runway, p.usual = spend.Forecast(hours, q), spend.Usual(hours, s.At, p.zone)
		return p.runway
	}
	r, part := p.runway, max(0, now.USD()/before.USD())
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * part) }
	r.Low, r.Mid, r.High = scale(r.Low), scale(r.Mid), scale(r.High)
	return r
}

// remember keeps the readings of the last hour.
func (p *pastHours) remember(s store.Sample) {
	p.recent = append(p.recent, s)
	p.recent = slices.DeleteFunc(p.recent, func(o store.Sample) bool { return s.At.Sub(o.At) >= time.Hour })
}

// last is what some time before a reading cost.
func (p *pastHours) last(at time.Time, d time.Duration) (t store.Total) {
	for _, o := range p.recent {
		if at.Sub(o.At) < d && o.Delta.Covered > 0 {
			t.Spent, t.Covered = t.Spent+o.Delta.Spent, t.Covered+o.Delta.Covered
		}
	}
	return t
}

// failureOf is why a stored reading is incomplete.
func failureOf(s store.Sample, r moka.Reading) (key, wallet *moka.Error) {
	if s.ErrKind == "" {
		return nil, nil
	}
	e := &moka.Error{Kind: s.ErrKind}
	if r.Key == nil || !s.KeyRemaining.Known() && !s.Unlimited {
		return e, nil
	}
	return nil, e
}
