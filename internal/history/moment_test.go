package history_test

import (
	"testing"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// A morning's report of the day before is drawn up to now: its last balance is
// what the report says is left, and the fan begins there. In the evening the day
// is over and stands alone.
func TestAPictureIsOfTheMomentOfItsMessage(t *testing.T) {
	inPast(t, mokatest.V2026_08, func(p *past) {
		time.Sleep(time.Until(spend.Day(time.Now(), time.UTC).To))
		p.read()
		p.hours(24, true) // the day of the report
		day := spend.Period{From: time.Now().Add(-24 * time.Hour), To: time.Now()}
		p.hours(9, true)
		time.Sleep(7 * time.Minute) // between two polls something is spent
		p.gateway.Spend(testKey, "gpt-4o", 500_000, 1000)
		reading := p.account.Read(p.t.Context())
		beside := moka.Reading{}
		draw := func() (series struct {
			to, fan, last time.Time
			bars          int
			left          string
		}) {
			s, facts, err := history.PictureSeries(p.history, p.t.Context(), lang.English(), p.account, day, time.UTC, beside)
			if err != nil {
				p.t.Fatal(err)
			}
			series.to, series.last, series.bars = s.To, s.Balance[len(s.Balance)-1].At, len(s.Spend)
			if len(s.Forecast) > 0 {
				series.fan = s.Forecast[0].At
			}
			left, _ := facts.Left.Get()
			if s.Balance[len(s.Balance)-1].Amount != facts.Left {
				p.t.Errorf("the line ends with %v, the words say %v", s.Balance[len(s.Balance)-1].Amount, facts.Left)
			}
			series.left = left.String()
			return series
		}
		now := time.Now()
		left, _ := reading.Spendable().Get()
		if s := draw(); !s.to.Equal(now) || !s.last.Equal(now) || !s.fan.Equal(now) || s.bars != 24 || s.left != left.String() {
			p.t.Errorf("at %s with %s left: %+v", now, left, s)
		}
		p.gateway.Spend(testKey, "gpt-4o", 500_000, 1000)
		p.account.Read(p.t.Context()) // a poll, after the message's own reading
		if beside = reading; draw().left != left.String() {
			p.t.Errorf("%s left beside a message that says %s", draw().left, left)
		}
		beside = p.account.Read(p.t.Context())
		p.hours(6, true)
		if s := draw(); !s.to.Equal(day.To) || !s.last.Equal(day.To) || !s.fan.IsZero() || s.bars != 24 {
			p.t.Errorf("in the evening: %+v", s)
		}
	})
}
