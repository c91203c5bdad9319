package history

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/internal/store"
	"mokabot/internal/store/storetest"
	"mokabot/moka"
)

// Where readings have no hole, what was kept of the gateway's records changes no figure, so
// it is not looked up.
func TestKeptRecordsCountOnlyInHoles(t *testing.T) {
	proof.NotShort(t)
	db, err := store.Open(storetest.File(t, store.Open))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	random := rand.New(rand.NewPCG(7, 8))
	begin := time.Date(2026, 11, 20, 9, 17, 0, 0, time.UTC)
	last, at := begin, begin
	for i := range 700 {
		if at = at.Add(time.Duration(1+random.IntN(10)) * time.Minute); random.IntN(100) == 0 {
			at = at.Add(time.Duration(random.IntN(10)) * time.Hour)
		}
		delta := spend.Delta{From: last, To: at, Known: i > 0, Spent: moka.Amount(random.IntN(50_000)), Covered: at.Sub(last), PerUnit: 500_000}
		if delta.Covered > spend.LongestCovered {
			delta.Covered = 0
		}
		state, _ := json.Marshal(spend.State{PerUnit: 500_000})
		err := db.Poll(t.Context(), "team", func(_, _ json.RawMessage) (store.Poll, error) {
			return store.Poll{Sample: store.Sample{At: at, Spendable: moka.Known(moka.Dollar), Delta: delta}, Spend: state}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		last = at
	}
	var rows []store.Recorded
	for hour := begin.Truncate(time.Hour); hour.Before(at); hour = hour.Add(time.Hour) {
		rows = append(rows, store.Recorded{Start: hour, Quota: random.Int64N(1_000_000), Requests: 10})
	}
	refunds, _ := json.Marshal(keptRefunds{Until: at, Rows: []keptRefund{{begin.Add(20 * time.Hour).Unix(), 70_000}}})
	for _, err := range []error{
		db.AddRecorded(t.Context(), "team", rows), db.SetValue(t.Context(), RefundedMark("team"), refunds),
		db.SetValue(t.Context(), RecordedMark("team"), []byte(at.Truncate(time.Hour).Format(time.RFC3339))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	h := History{Store: db, Zone: time.UTC, Now: func() time.Time { return at.Add(2 * time.Minute) }}
	whole := 0
	for range 200 {
		from := begin.Add(time.Duration(random.Int64N(int64(at.Sub(begin)))) - time.Hour)
		p := spend.Period{From: from, To: from.Add(time.Duration(1 + random.Int64N(int64(30*time.Hour))))}
		got, err := h.rememberedFigure(t.Context(), "team", p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.remembered(t.Context(), "team", p.From, p.To)
		if err != nil {
			t.Fatal(err)
		}
		want, err := h.figureOf(t.Context(), "team", p, r)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v to %v: %+v, with the records %+v", p.From, p.To, got, want)
		}
		if _, holes, _ := h.read(t.Context(), "team", p); len(holes) == 0 {
			whole++
		}
	}
	if whole < 20 || whole > 180 {
		t.Errorf("%d of 200 periods have no hole", whole)
	}
}
