package spend

import (
	"testing"
	"time"

	"mokabot/moka"
)

// logged is what the gateway's log says before a reading.
type logged struct {
	consumed, refunded moka.Amount
	topUps             int
	earlier            moka.Amount
}

func (l *logged) log() Log {
	if l == nil {
		return Log{}
	}
	return Log{Known: true, Consumed: int64(l.consumed) / 2, Earlier: int64(l.earlier) / 2, Refunded: int64(l.refunded) / 2, TopUps: l.topUps}
}

// Faults M5 to M8.
func TestRefundsTopUpsAndResetsAreDistinguished(t *testing.T) {
	type step struct {
		r   moka.Reading
		log *logged
	}
	plain := func(readings ...moka.Reading) (steps []step) {
		for _, r := range readings {
			steps = append(steps, step{r, nil})
		}
		return steps
	}
	for _, c := range []struct {
		what                  string
		steps                 []step
		spent, refunds, topUp moka.Amount
		unknown               int // readings that could not be compared, the first included
	}{
		{"three tasks charged in advance and refunded", plain(
			wallet(0, 100*usd, 50*usd), wallet(1, 90*usd, 60*usd), wallet(2, 100*usd, 50*usd), wallet(3, 90*usd, 60*usd),
			wallet(4, 100*usd, 50*usd), wallet(5, 90*usd, 60*usd), wallet(6, 100*usd, 50*usd),
		), 0, 30 * usd, 0, 1},
		{"the charge after a refund", plain(wallet(0, 90*usd, 60*usd), wallet(1, 100*usd, 50*usd), wallet(2, 97*usd, 53*usd)), -7 * usd, 10 * usd, 0, 1},
		{"a refund and a top-up between two polls", plain(wallet(0, 90*usd, 60*usd), wallet(1, 150*usd, 50*usd)), -10 * usd, 10 * usd, 50 * usd, 1},
		{"a refund of all that was ever used, and a top-up", plain(wallet(0, 90*usd, 10*usd), wallet(1, 150*usd, 0)), -10 * usd, 10 * usd, 50 * usd, 1},
		{"a refund while another call is under way", plain(wallet(0, 90*usd, 60*usd), wallet(1, 97*usd, 50*usd), wallet(2, 99*usd, 51*usd)), -9 * usd, 10 * usd, 0, 1},
		{"a refund and a charge between two polls", plain(wallet(0, 90*usd, 60*usd), wallet(1, 96*usd, 54*usd)), -6 * usd, 6 * usd, 0, 1},
		{"a refund of a plan that paid", plain(
			as(wallet(0, 5*usd, 10*usd), withPlan(1, 50*usd, 10*usd)), as(wallet(1, 5*usd, 4*usd), withPlan(1, 50*usd, 4*usd)),
		), -6 * usd, 6 * usd, 0, 1},
		{"a key's refund", plain(key(0, 90*usd, 60*usd), key(1, 100*usd, 50*usd), key(2, 98*usd, 52*usd)), -8 * usd, 10 * usd, 0, 1},

		{"an older gateway's refund, by the log", []step{{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 92*usd, 60*usd), &logged{refunded: 2 * usd}}}, -2 * usd, 2 * usd, 0, 1},
		{"an older gateway's refund of a plan that paid", []step{
			{as(wallet(0, 5*usd, 10*usd), withPlan(1, 50*usd, 10*usd)), nil}, {as(wallet(1, 5*usd, 10*usd), withPlan(1, 50*usd, 4*usd)), &logged{refunded: 6 * usd}},
		}, -6 * usd, 6 * usd, 0, 1},
		{"an older gateway's refund and a top-up", []step{{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 142*usd, 60*usd), &logged{refunded: 2 * usd, topUps: 1}}}, -2 * usd, 2 * usd, 50 * usd, 1},
		{"an older gateway's refund just after the charge was read", []step{
			{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 94*usd, 60*usd), &logged{consumed: 4 * usd, earlier: 4 * usd, refunded: 4 * usd}},
		}, -4 * usd, 4 * usd, 0, 1},
		{"the same and a top-up", []step{
			{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 129*usd, 60*usd), &logged{consumed: 4 * usd, earlier: 4 * usd, refunded: 4 * usd, topUps: 1}},
		}, -4 * usd, 4 * usd, 35 * usd, 1},
		{"an older gateway's refund, a charge and a top-up", []step{
			{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 138*usd, 64*usd), &logged{consumed: 4 * usd, refunded: 2 * usd, topUps: 1}},
		}, 2 * usd, 2 * usd, 50 * usd, 1},
		{"an older gateway's refund, which a plan that was reset may have lost, and a top-up", []step{
			{as(wallet(0, 90*usd, 60*usd), withPlan(1, 50*usd, 0)), nil},
			{as(wallet(1, 142*usd, 60*usd), withPlan(1, 50*usd, 0)), &logged{refunded: 2 * usd, topUps: 1}},
		}, 0, 0, 0, 2},
		{"an older gateway's refund of a wallet beside a plan that used more, and a top-up", []step{
			{as(wallet(0, 90*usd, 60*usd), withPlan(1, 50*usd, 9*usd)), nil},
			{as(wallet(1, 142*usd, 60*usd), withPlan(1, 50*usd, 9*usd)), &logged{refunded: 2 * usd, topUps: 1}},
		}, -2 * usd, 2 * usd, 50 * usd, 1},
		{"a newer gateway's refund, a larger charge and a top-up", []step{
			{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 136*usd, 64*usd), &logged{consumed: 14 * usd, refunded: 10 * usd, topUps: 1}},
		}, 4 * usd, 0, 50 * usd, 1},
		{"a top-up without a row in the log", []step{{wallet(0, 90*usd, 60*usd), nil}, {wallet(1, 140*usd, 60*usd), &logged{}}}, 0, 0, 50 * usd, 1},
		{"a log that cannot be read", plain(wallet(0, 90*usd, 60*usd), wallet(1, 140*usd, 60*usd)), 0, 0, 50 * usd, 1},

		{"the operator sets the used quota back", plain(wallet(0, 100*usd, 50*usd), wallet(1, 100*usd, 0), wallet(2, 99*usd, 1*usd)), 1 * usd, 0, 0, 2},
		{"the operator sets it back and gives more", []step{
			{wallet(0, 10*usd, 60*usd), nil}, {wallet(1, 100*usd, 0), &logged{}}, {wallet(2, 99*usd, 1*usd), nil},
		}, 1 * usd, 0, 0, 2},

		{"a plan's reset", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), as(wallet(15, 5*usd, 100*usd), withPlan(1, 100*usd, 0, 9999)),
		), 0, 0, 0, 1},
		{"a plan's reset while it pays", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), as(wallet(15, 5*usd, 103*usd), withPlan(1, 100*usd, 1*usd, 9999)),
		), 3 * usd, 0, 0, 1},
		{"a plan's reset and a top-up", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), as(wallet(15, 55*usd, 100*usd), withPlan(1, 100*usd, 0, 9999)),
		), 0, 0, 50 * usd, 1},
		{"a plan's reset, charges that it or the wallet paid, and a top-up", []step{
			{as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), nil},
			{as(wallet(15, 5*usd, 125*usd), withPlan(1, 100*usd, 5*usd, 9999)), &logged{consumed: 25 * usd, topUps: 1}},
		}, 0, 0, 0, 2},
		{"the same without a top-up", []step{
			{as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), nil},
			{as(wallet(15, 5*usd, 125*usd), withPlan(1, 100*usd, 5*usd, 9999)), &logged{consumed: 25 * usd}},
		}, 25 * usd, 0, 0, 1},
		{"a reset of a plan that was unused before and after, and paid in between", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 0, 10)), as(wallet(15, 5*usd, 103*usd), withPlan(1, 100*usd, 0, 1000)),
		), 3 * usd, 0, 0, 1},
		{"a reset of a plan that used more after it than before", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 1*usd, 10)), as(wallet(15, 5*usd, 109*usd), withPlan(1, 100*usd, 2*usd, 1000)),
		), 9 * usd, 0, 0, 1},
		{"a plan whose reset is due", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 1*usd, 10)), as(wallet(11, 5*usd, 103*usd), withPlan(1, 100*usd, 4*usd, 10)),
			as(wallet(12, 5*usd, 103*usd), withPlan(1, 100*usd, 0, 1000)),
		), 3 * usd, 0, 0, 1},
		{"a plan's last reset", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 1*usd, 10)), as(wallet(15, 5*usd, 103*usd), withPlan(1, 100*usd, 3*usd)),
		), 3 * usd, 0, 0, 1},
		{"a newer gateway's refund of a plan before its reset, beside charges", []step{
			{as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 20*usd, 10)), nil},
			{as(wallet(15, 5*usd, 101*usd), withPlan(1, 100*usd, 3*usd, 1000)), &logged{refunded: 2 * usd}},
			{as(wallet(16, 55*usd, 101*usd), withPlan(1, 100*usd, 3*usd, 1000)), &logged{topUps: 1}},
		}, 0, 0, 50 * usd, 2},
		{"an older gateway's refund of a plan just before its reset", []step{
			{as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 20*usd, 10)), nil},
			{as(wallet(15, 5*usd, 100*usd), withPlan(1, 100*usd, 0, 1000)), &logged{refunded: 2 * usd}},
		}, 0, 0, 0, 2},
		{"two resets, and use in between", plain(
			as(wallet(0, 0, 100*usd), withPlan(1, 100*usd, 70*usd, 10)), as(wallet(15, 0, 102*usd), withPlan(1, 100*usd, 2*usd, 1000)),
			as(wallet(20, 0, 142*usd), withPlan(1, 100*usd, 42*usd, 1000)), as(wallet(1010, 0, 142*usd), withPlan(1, 100*usd, 0, 2000)),
		), 42 * usd, 0, 0, 1},
		{"a plan ends", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd)), as(wallet(15, 5*usd, 101*usd), noPlans), as(wallet(20, 3*usd, 103*usd), noPlans),
		), 3 * usd, 0, 0, 1},
		{"a plan is followed by another", plain(
			as(wallet(0, 5*usd, 100*usd), withPlan(1, 100*usd, 70*usd)), as(wallet(15, 5*usd, 100*usd), withPlan(2, 100*usd, 0)),
		), 0, 0, 100 * usd, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			var s State
			var spent, refunds, topUp moka.Amount
			unknown := 0
			for _, step := range c.steps {
				var d Delta
				s, d = Step(throughJSON(t, s), step.r, step.log.log())
				spent, refunds, topUp = spent+d.Spent, refunds+d.Refunds, topUp+d.TopUp
				if !d.Known {
					unknown++
				}
			}
			if spent != c.spent || refunds != c.refunds || topUp != c.topUp || unknown != c.unknown {
				t.Errorf("spent %v, refunds %v, topped up %v, %d unknown; want %v, %v, %v, %d",
					spent, refunds, topUp, unknown, c.spent, c.refunds, c.topUp, c.unknown)
			}
		})
	}
}

func TestTheLogIsAskedForOnlyWhenItSaysMore(t *testing.T) {
	s, _ := Step(State{}, wallet(0, 90*usd, 60*usd), Log{})
	for _, c := range []struct {
		what string
		r    moka.Reading
		want bool
	}{
		{"money is spent", wallet(1, 80*usd, 70*usd), false},
		{"a refund that lowers the used quota", wallet(1, 100*usd, 50*usd), false},
		{"what is left rises", wallet(1, 95*usd, 60*usd), true},
		{"another account", as(wallet(1, 95*usd, 60*usd), from("b")), true},
	} {
		if q, got := NeedsLog(s, c.r); got != c.want || got && q.From.After(s.At) {
			t.Errorf("%s: %v, %t", c.what, q.From, got)
		}
	}
	counted := s
	counted.LoggedUntil = s.At.Unix()
	if q, _ := NeedsLog(counted, wallet(1, 95*usd, 60*usd)); q.From.Unix() != s.At.Unix()+1 {
		t.Errorf("rows that were counted are read again, from %v", q.From)
	}
}

// A state of the release before kept dollars.
func TestStatesOfTheReleaseBeforeGoOn(t *testing.T) {
	for _, c := range []struct {
		what, state  string
		r            moka.Reading
		known        bool
		spent, topUp moka.Amount
	}{
		{"a wallet", `{"at":"2026-11-23T08:00:00Z","source":"a","basis":"wallet","units":{"Display":"","QuotaPerUnit":500000,"CNYPerUSD":0},
			"used":60,"total":150,"before":null,"since":"2026-11-23T07:00:00Z","requests":5}`, wallet(1, 138*usd, 62*usd), true, 2 * usd, 50 * usd},
		{"a wallet with plans", `{"at":"2026-11-23T08:00:00Z","basis":"wallet","units":{"Display":"","QuotaPerUnit":500000,"CNYPerUSD":0},
			"used":60,"total":150,"before":null,"since":"2026-11-23T07:00:00Z","plans":true,"requests":5}`, as(wallet(1, 88*usd, 62*usd), noPlans), true, 2 * usd, 0},
		{"a key in another currency", `{"at":"2026-11-23T08:00:00Z","basis":"key/unknown","units":{"Display":"CNY","QuotaPerUnit":500000,"CNYPerUSD":7},
			"used":1000,"total":1100,"before":null,"since":"2026-11-23T07:00:00Z","requests":0}`, pair(1, 8030, 7300, cny(7.3)), true, 0, 0},
		{"none", `{}`, wallet(1, 1, 1), false, 0, 0},
	} {
		var s State
		if err := s.UnmarshalJSON([]byte(c.state)); err != nil {
			t.Fatal(err)
		}
		if _, d := Step(s, c.r, Log{}); d.Known != c.known || d.Spent != c.spent || d.TopUp != c.topUp {
			t.Errorf("%s: %+v", c.what, d)
		}
	}
}

// Where a change of unit comes with figures that cannot be compared, amounts that
// the log named before are still in another unit.
func TestTheUnitIsDatedWhereNothingCompares(t *testing.T) {
	read := func(minute int, perUnit float64, calls int64) moka.Reading {
		r := as(wallet(minute, 90*usd, moka.Amount(calls)*usd), requests(calls))
		r.Units.QuotaPerUnit = perUnit
		return r
	}
	other := read(2, 50_000, 1)
	other.Identity = "user 7"
	for what, c := range map[string]struct {
		r    moka.Reading
		want time.Time
	}{
		"set back": {read(2, 50_000, 1), start.Add(2 * time.Minute)}, "another account": {other, start.Add(2 * time.Minute)},
		"set back in the same unit": {read(2, 68_493.15, 1), start.Add(time.Minute)},
	} {
		s := State{}
		for minute, perUnit := range []float64{500_000, 68_493.15} {
			r := read(minute, perUnit, 40)
			r.Identity = "user 1"
			s, _ = Step(s, r, Log{})
		}
		s, d := Step(s, c.r, Log{})
		if d.Known || !s.UnitSince.Equal(c.want) {
			t.Errorf("%s: known %t, the unit holds since %v", what, d.Known, s.UnitSince)
		}
	}
}

func TestAChangeOfUnitIsRememberedUntilAFigureMoves(t *testing.T) {
	read := func(hour int, perUnit float64, left, used int64) moka.Reading {
		r := wallet(hour, moka.Amount(left), moka.Amount(used))
		r.Units.QuotaPerUnit = perUnit
		r.Wallet.Raw = &moka.RawWallet{Quota: left, Used: used}
		return r
	}
	s := State{}
	for i, step := range []struct {
		reading moka.Reading
		want    bool
	}{
		{read(0, 500_000, 9_000_000, 0), false},
		{read(1, 50_000, 9_000_000, 0), true},
		{read(2, 50_000, 9_000_000, 0), true},
		{read(3, 50_000, 8_900_000, 100_000), false},
		{read(4, 50_000, 8_900_000, 100_000), false},
	} {
		if s, _ = Step(s, step.reading, Log{}); s.Rescaled != step.want {
			t.Errorf("reading %d: %t", i, s.Rescaled)
		}
	}
}

// plans of the cases below.
var (
	daily  = withPlan(1, 50*usd, 0, 9999)
	usedUp = withPlan(1, 50*usd, 9*usd, 9999)
)

// ended says that the account had another plan before.
func ended(r *moka.Reading) { r.Wallet.EndedPlans = true }

// While calls are under way, a refund or a top-up hides in the total; when they
// end, every cent is where it belongs or nothing is said.
func TestRefundsAndTopUpsThatCallsUnderWayHide(t *testing.T) {
	type step struct {
		r   moka.Reading
		log Log
	}
	refunded := func(before, now moka.Amount) Log {
		return Log{Known: true, Before: int64(before) / 2, Refunded: int64(now) / 2, Until: start.Add(90 * time.Second).Unix()}
	}
	topUp := Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 25_000_000, Newest: start.Add(3*time.Minute).Unix() - 5}}
	for _, c := range []struct {
		what                  string
		steps                 []step
		spent, refunds, topUp moka.Amount
		unknown               int // readings that could not be compared, the first included
	}{
		{"an older gateway's refund, seen in part and then whole", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(1, 92*usd, 60*usd), refunded(0, 2*usd)}, // it leaves the used quota
			{wallet(2, 93*usd, 60*usd), refunded(0, 3*usd)}, {wallet(3, 95*usd, 60*usd), Log{Known: true}},
		}, -5 * usd, 5 * usd, 0, 1},
		{"an older gateway's refund, first hidden altogether", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(1, 92*usd, 60*usd), refunded(0, 2*usd)},
			{wallet(2, 89*usd, 60*usd), Log{}}, {wallet(3, 95*usd, 60*usd), refunded(3*usd, 0)},
		}, -5 * usd, 5 * usd, 0, 1},
		{"the same where it is not known what the gateway does", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(2, 87*usd, 60*usd), Log{}}, {wallet(3, 93*usd, 60*usd), refunded(3*usd, 0)},
		}, 0, 0, 0, 2},
		{"an older gateway's refund hidden in part, and a top-up", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(1, 92*usd, 60*usd), refunded(0, 2*usd)},
			{wallet(2, 93*usd, 60*usd), refunded(0, 3*usd)}, {wallet(3, 143*usd, 60*usd), topUp}, {wallet(4, 145*usd, 60*usd), Log{Known: true}},
		}, -5 * usd, 5 * usd, 50 * usd, 1},
		{"a refund noted in words, of a gateway that was not known", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(2, 87*usd, 60*usd), Log{}},
			{wallet(3, 93*usd, 60*usd), Log{Known: true, Before: 1_500_000, Noted: true}},
		}, -3 * usd, 3 * usd, 0, 1},
		{"a newer gateway's refund lost to a plan's reset, and later a top-up", []step{
			{as(wallet(0, 90*usd, 60*usd), daily), Log{}},
			{as(wallet(1, 78*usd, 62*usd), daily), Log{Known: true, Consumed: 6_000_000, Refunded: 5_000_000}},
			{as(wallet(2, 128*usd, 62*usd), daily), Log{Known: true, Before: 5_000_000, TopUps: 1}},
		}, 2 * usd, 0, 0, 2},
		{"a newer gateway's refund that was not lost, and later a top-up", []step{
			{as(wallet(0, 90*usd, 60*usd), usedUp), Log{}}, {as(wallet(1, 100*usd, 50*usd), usedUp), refunded(0, 10*usd)},
			{as(wallet(2, 150*usd, 50*usd), usedUp), Log{Known: true, Before: 5_000_000, TopUps: 1}},
		}, -10 * usd, 10 * usd, 50 * usd, 1},
		{"a refund of unknown size, and later a top-up", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(25*60, 90*usd, 60*usd), Log{}},
			{wallet(25*60+5, 92*usd, 60*usd), Log{Known: true, Returns: 1, Noted: true}}, {wallet(25*60+10, 142*usd, 60*usd), topUp},
		}, 0, 0, 50 * usd, 2},
		{"a refund of unknown size, while calls hide a part of an earlier top-up", []step{
			{wallet(0, 90*usd, 60*usd), Log{}}, {wallet(25*60, 90*usd, 60*usd), Log{}}, {wallet(25*60+5, 138*usd, 60*usd), topUp}, // of 50
			{wallet(25*60+10, 141*usd, 60*usd), Log{Known: true, Returns: 1, Noted: true}},
		}, 0, 0, 48 * usd, 2},
		{"an older gateway's refund to a plan that ended, and a top-up", []step{
			{as(wallet(0, 90*usd, 60*usd), noPlans, ended), Log{}}, {as(wallet(1, 140*usd, 60*usd), noPlans, ended), Log{Known: true, Refunded: 1_000_000, TopUps: 1}},
		}, 0, 0, 0, 2},
	} {
		var s State
		var spent, refunds, topUp moka.Amount
		unknown := 0
		for _, step := range c.steps {
			var d Delta
			s, d = Step(throughJSON(t, s), step.r, step.log)
			spent, refunds, topUp = spent+d.Spent, refunds+d.Refunds, topUp+d.TopUp
			if !d.Known {
				unknown++
			}
		}
		if spent != c.spent || refunds != c.refunds || topUp != c.topUp || unknown != c.unknown {
			t.Errorf("%s: spent %v, refunds %v, topped up %v, %d unknown; want %v, %v, %v, %d",
				c.what, spent, refunds, topUp, unknown, c.spent, c.refunds, c.topUp, c.unknown)
		}
	}
}

// requests sets the account's count of requests.
func requests(n int64) func(*moka.Reading) { return func(r *moka.Reading) { r.Wallet.Requests = n } }

// A used quota falls when something is refunded and when an operator sets it back.
// Calls under way hide a part of what a refund gives back.
func TestRefundsAndResetCountersAreDistinguished(t *testing.T) {
	before := as(wallet(0, 90*usd, 60*usd), requests(40))
	refund := func(charged, refunded moka.Amount) Log {
		return Log{Known: true, Consumed: int64(charged) / 2, Refunded: int64(refunded) / 2}
	}
	for _, c := range []struct {
		what           string
		r              moka.Reading
		log            Log
		known          bool
		spent, refunds moka.Amount
	}{
		{"a small refund while a call is under way", as(wallet(1, 89*usd, 59*usd), requests(40)), Log{}, true, -1 * usd, 1 * usd},
		{"the same by the log, beside a charge", as(wallet(1, 88*usd, 59*usd), requests(41)), refund(1*usd, 2*usd), true, -1 * usd, 1 * usd},
		{"a refund of most that was used while a call is under way", as(wallet(1, 120*usd, 5*usd), requests(41)), refund(2*usd, 57*usd), true, -55 * usd, 55 * usd},
		{"a refund that the log lost", as(wallet(1, 88*usd, 58*usd), requests(41)), refund(1*usd, 0), true, -2 * usd, 2 * usd},
		{"a refund with neither log nor count", as(wallet(1, 89*usd, 59*usd)), Log{}, false, 0, 0},
		{"counters set back", wallet(1, 90*usd, 0), Log{}, false, 0, 0},
		{"what was used is set back, and requests are not", as(wallet(1, 90*usd, 0), requests(40)), refund(0, 0), false, 0, 0},
		{"the same, and some is used", as(wallet(1, 87*usd, 3*usd), requests(42)), refund(3*usd, 0), false, 0, 0},
		{"the same, and a refund from before", as(wallet(1, 92*usd, 3*usd), requests(42)), refund(3*usd, 5*usd), false, 0, 0},
		{"counters set back, and as many calls as before", as(wallet(1, 70*usd, 20*usd), requests(40)), refund(20*usd, 0), false, 0, 0},
		{"the same, and a gift of as much as was used", as(wallet(1, 150*usd, 3*usd), requests(42)), refund(3*usd, 0), false, 0, 0},
	} {
		if c.what == "a refund with neither log nor count" {
			before.Wallet.Requests = 0
		} else {
			before.Wallet.Requests = 40
		}
		s, _ := Step(State{}, before, Log{})
		if _, d := Step(s, c.r, c.log); d.Known != c.known || d.Spent != c.spent || d.Refunds != c.refunds || d.TopUp != 0 {
			t.Errorf("%s: %+v", c.what, d)
		}
		if q, needed := NeedsLog(s, c.r); c.log.Known && (!needed || !q.Charges) {
			t.Errorf("%s: the log is not asked", c.what)
		}
	}
}

// What calls give back that were under way at the first reading raises the total
// like a top-up. The log says how much was added; without it, what can be neither
// is told and what can be both is not.
func TestCallsUnderWayAtTheFirstReadingAreNoTopUp(t *testing.T) {
	credit := func(amount moka.Amount) Log {
		return Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: int64(amount) / 2, Newest: start.Unix() + 30}}
	}
	none, unread := Log{Known: true}, Log{Known: true, TopUps: 1, Credits: moka.Credits{Unread: 1, Newest: start.Unix() + 30}}
	back := as(wallet(1, 11*usd, 51*usd), requests(41)) // a call held $2 and cost $1
	for _, c := range []struct {
		what         string
		r            moka.Reading
		log          Log
		known        bool
		spent, topUp moka.Amount
	}{
		{"a call ends", back, none, true, 1 * usd, 0},
		{"a call fails", as(wallet(1, 12*usd, 50*usd), requests(40)), none, true, 0, 0},
		{"a call ends and $5 are added", as(wallet(1, 16*usd, 51*usd), requests(41)), credit(5 * usd), true, 1 * usd, 5 * usd},
		{"$5 are added and another call begins", as(wallet(1, 14*usd, 50*usd), requests(40)), credit(5 * usd), true, 0, 4 * usd},
		{"an amount that cannot be read, and a call failed perhaps", as(wallet(1, 15*usd+2468, 50*usd), requests(40)), unread, false, 0, 0},
		{"an amount that cannot be read, and a call ended", as(wallet(1, 16*usd+2468, 51*usd), requests(41)), unread, false, 0, 0},
		{"$12.34 in words that cannot be read", as(wallet(1, 22_340_000, 50*usd), requests(40)), unread, true, 0, 12_340_000},
		{"a call ends, and the log cannot be read", back, Log{}, false, 0, 0},
		{"more than calls can hold, without a row", as(wallet(1, 60*usd, 50*usd), requests(40)), none, true, 0, 50 * usd},
		{"a day and an hour later", as(wallet(25*60, 12*usd, 51*usd), requests(41)), none, true, 1 * usd, 3 * usd},
	} {
		s, _ := Step(State{}, as(wallet(0, 10*usd, 50*usd), requests(40)), Log{})
		next, d := Step(s, c.r, c.log)
		if d.Known != c.known || d.Spent != c.spent || d.TopUp != c.topUp {
			t.Errorf("%s: %+v", c.what, d)
		}
		if c.what != "$5 are added and another call begins" {
			continue
		}
		if _, d := Step(throughJSON(t, next), as(wallet(2, 15*usd, 50*usd), requests(40)), none); d.TopUp != 1*usd {
			t.Errorf("%s, and fails: %+v", c.what, d)
		}
	}
}

// Charges in the second of the reading before may have been in it or not, so they do
// not show whether a refund lowers the used quota. What was added beside it does.
func TestATopUpShowsWhatARefundLowers(t *testing.T) {
	log := Log{
		Known: true, Consumed: 1_000_000, Earlier: 1_000_000, Refunded: 250_000, TopUps: 1, Until: start.Unix() + 1,
		Credits: moka.Credits{Quota: 25_000_000, Newest: start.Unix() + 1},
	}
	for _, c := range []struct {
		what    string
		r       moka.Reading
		refunds moka.Amount
	}{
		{"the used quota", as(wallet(1, 148_500_000, 51_500_000), requests(42)), 0},
		{"only what is left", as(wallet(1, 148_500_000, 52*usd), requests(42)), 500_000},
	} {
		s, _ := Step(State{}, as(wallet(0, 100*usd, 50*usd), requests(40)), Log{})
		if _, d := Step(s, c.r, log); !d.Known || d.Spent != 1_500_000 || d.TopUp != 50*usd || d.Refunds != c.refunds {
			t.Errorf("%s: %+v", c.what, d)
		}
	}
}

// Calls hold little in advance. What an operator takes away is no such thing, so
// what comes in after it is a top-up from the first dollar.
func TestATopUpAfterADeductionIsNoReturn(t *testing.T) {
	for _, c := range []struct {
		what         string
		left, topped moka.Amount
		log          Log
		topUp        moka.Amount
	}{
		{"$30 taken, $50 paid", 70 * usd, 120 * usd, Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 25_000_000, Newest: start.Unix() + 100}}, 50 * usd},
		{"$30 taken and put back", 70 * usd, 100 * usd, Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 15_000_000, Newest: start.Unix() + 100}}, 30 * usd},
		{"all taken, $5 paid", 0, 5 * usd, Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 2_500_000, Newest: start.Unix() + 100}}, 5 * usd},
		{"a call holds $4 and fails", 96 * usd, 100 * usd, Log{Known: true}, 0},
	} {
		s, _ := Step(State{}, wallet(0, 100*usd, 50*usd), Log{})
		s, d := Step(s, wallet(1, c.left, 50*usd), Log{})
		if !d.Known || d.Spent != 0 || d.TopUp != 0 {
			t.Errorf("%s, first: %+v", c.what, d)
		}
		r := wallet(2, c.topped, 50*usd)
		if q, needed := NeedsLog(throughJSON(t, s), r); c.topUp > 0 && (!needed || q.CreditsSince.IsZero()) {
			t.Errorf("%s: the log is not asked", c.what)
		}
		if _, d := Step(s, r, c.log); !d.Known || d.Spent != 0 || d.Refunds != 0 || d.TopUp != c.topUp {
			t.Errorf("%s: %+v", c.what, d)
		}
	}
}

// A gateway that books in batches may show a charge before it shows the use.
func TestAChargeThatIsBookedLateIsNoTopUp(t *testing.T) {
	s, _ := Step(State{}, wallet(0, 100*usd, 50*usd), Log{})
	s, _ = Step(s, wallet(1, 80*usd, 50*usd), Log{})
	s, d := Step(throughJSON(t, s), wallet(2, 79*usd, 71*usd), Log{})
	if !d.Known || d.Spent != 21*usd || d.TopUp != 0 {
		t.Errorf("%+v", d)
	}
	if _, d = Step(s, wallet(3, 89*usd, 71*usd), Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 5_000_000, Newest: start.Unix() + 170}}); d.TopUp != 10*usd {
		t.Errorf("later: %+v", d)
	}
}

// A small top-up may pass for the rest of a refund that a call hides. It is still
// asked for when the call has ended, so that what the call gives back is no top-up
// and all that was added is.
func TestATopUpThatPassedForARefundIsAskedForAgain(t *testing.T) {
	at := func(minute int) int64 { return start.Unix() + int64(minute)*60 - 5 }
	s, _ := Step(State{}, wallet(0, 90*usd, 60*usd), Log{})
	s, d := Step(s, wallet(1, 92*usd, 60*usd), Log{Known: true, Refunded: 1_500_000, Until: at(1)})
	if d.TopUp != 0 || d.Spent != -3*usd || d.Refunds != 3*usd {
		t.Fatalf("%+v", d)
	}
	gift := Log{Known: true, TopUps: 1, Credits: moka.Credits{Quota: 400_000, Newest: at(2)}}
	s, d = Step(s, wallet(2, 92_800_000, 60*usd), gift)
	if d.TopUp != 0 || d.Refunds != 0 {
		t.Fatalf("%+v", d)
	}
	ended := wallet(3, 143_800_000, 60*usd)
	q, needed := NeedsLog(throughJSON(t, s), ended)
	if !needed || q.CreditsSince.Unix() > at(2) {
		t.Errorf("credits are asked for since %v only", q.CreditsSince)
	}
	both := Log{Known: true, TopUps: 2, Credits: moka.Credits{Quota: 25_400_000, Newest: at(3)}}
	if _, d := Step(s, ended, both); d.TopUp != 50_800_000 || d.Refunds != 0 {
		t.Errorf("%+v", d)
	}
}

// What a call hides of a refund is given back all the same: it is counted when the
// log tells of it, not when the call ends, before which the figures may be set back.
func TestARefundHiddenByACallIsCountedAtOnce(t *testing.T) {
	known := Log{Known: true, Noted: true}
	refunded := Log{Known: true, Noted: true, Refunded: 1_500_000, Until: start.Unix() + 55}
	reset := as(wallet(2, 91*usd, 0), requests(3))
	for _, c := range []struct {
		what          string
		r             moka.Reading
		spent, refund moka.Amount
	}{
		{"$1 of $3 shows", wallet(1, 91*usd, 60*usd), -3 * usd, 3 * usd},
		{"nothing shows", wallet(1, 88*usd, 60*usd), -3 * usd, 3 * usd},
		{"all shows, and $2 were spent", wallet(1, 91*usd, 62*usd), -1 * usd, 3 * usd},
	} {
		s, _ := Step(State{}, as(wallet(0, 90*usd, 60*usd), noPlans), Log{})
		s, d := Step(s, as(c.r, noPlans), refunded)
		if !d.Known || d.Spent != c.spent || d.Refunds != c.refund || d.TopUp != 0 {
			t.Errorf("%s: %+v", c.what, d)
		}
		s = throughJSON(t, s)
		used, _ := c.r.Wallet.Used.Get()
		if _, d := Step(s, wallet(2, 153*usd-used, used), known); !d.Known || d.Spent != 0 || d.Refunds != 0 || d.TopUp != 0 {
			t.Errorf("%s, and the call ends: %+v", c.what, d)
		}
		if _, d := Step(s, reset, known); d.Known {
			t.Errorf("%s, and the figures are set back: %+v", c.what, d)
		}
		bought := as(c.r, func(r *moka.Reading) { r.At = r.At.Add(time.Minute) }, withPlan(1, 50*usd, 0))
		s, _ = Step(s, bought, known)
		if _, d := Step(s, as(wallet(3, 153*usd-used, used), withPlan(1, 50*usd, 0)), known); d.Refunds != 0 || d.TopUp != 0 {
			t.Errorf("%s, a plan is bought, and the call ends: %+v", c.what, d)
		}
	}
}

// A rise of the total may be a refund where these leave the used quota as it is. While the
// log fails, it is neither a top-up nor a refund; what only charges explain stays known.
func TestARiseIsUnknownWhileTheLogFails(t *testing.T) {
	kept := []moka.Reading{wallet(0, 90*usd, 60*usd)}
	netted := []moka.Reading{wallet(0, 100*usd, 50*usd), wallet(1, 90*usd, 60*usd), wallet(2, 100*usd, 50*usd)} // a refund lowered the used quota
	for _, c := range []struct {
		what         string
		before       []moka.Reading
		r            moka.Reading
		known        bool
		spent, topUp moka.Amount
	}{
		{"charges alone", kept, wallet(30, 85*usd, 65*usd), true, 5 * usd, 0},
		{"nothing", kept, wallet(30, 90*usd, 60*usd), true, 0, 0},
		{"a rise", kept, wallet(30, 90*usd+usd/2, 60*usd), false, 0, 0},
		{"a rise among charges", kept, wallet(30, 85*usd+usd/2, 65*usd), false, 0, 0},
		{"a rise where refunds lower the used quota", netted, wallet(30, 110*usd, 50*usd), true, 0, 10 * usd},
		{"a refund among charges there", netted, wallet(30, 95*usd, 55*usd), true, 5 * usd, 0},
		{"a fall that is more than a refund", netted, wallet(30, 101*usd, 48*usd), false, 0, 0},
	} {
		s := State{}
		for _, r := range c.before {
			s, _ = Step(s, r, Log{Known: true})
		}
		after, d := Step(s, c.r, Log{Failed: true})
		if d.Known != c.known || d.Spent != c.spent || d.TopUp != c.topUp {
			t.Errorf("%s: %+v", c.what, d)
		}
		if after.NetsRefunds != s.NetsRefunds || after.At != c.r.At {
			t.Errorf("%s: then %+v", c.what, after)
		}
	}
}
