package moka_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// walk is a random course of events at a gateway, read by a client.
type walk struct {
	*testing.T
	rng      *rand.Rand
	server   *mokatest.Server
	clients  map[string]*moka.Client // by what they hold
	running  []func()
	tasks    []*mokatest.Task
	readings map[string]moka.Reading
	begun    []int64 // what calls under way hold
	most     int64   // all of them together, at the most since the last full reading
	held     int64   // the same, while light readings are compared
	compared int
	light    int            // light readings that did
	heavy    int            // and that did not
	unknown  map[string]int // by reason
}

// TestSpendableIsThatOfTheBooksOrUnknown lets every member live through random
// weeks: calls, tasks and refunds, top-ups, plans with their resets, changes of
// unit, view, preference, key and name, and failing answers. Whatever a reading
// says is then compared with the gateway's own books.
func TestSpendableIsThatOfTheBooksOrUnknown(t *testing.T) {
	steps := proof.Size(20, 50, 1_000)
	total, light, heavy, unknown := 0, 0, 0, map[string]int{}
	for i, v := range slices.Concat(mokatest.Versions(), mokatest.Forks()) {
		synctest.Test(t, func(t *testing.T) {
			w := &walk{T: t, rng: rand.New(rand.NewPCG(29, uint64(i))), readings: map[string]moka.Reading{}, unknown: unknown}
			w.begin(v)
			for range steps {
				w.event()
				time.Sleep(time.Duration(10+w.rng.IntN(3600)) * time.Second)
				w.read()
				w.readLightly()
				if t.Failed() {
					t.Fatalf("%s, step by step the same with this seed", v)
				}
			}
			total, light, heavy = total+w.compared, light+w.light, heavy+w.heavy
		})
	}
	t.Logf("%d figures compared, all right; %d light readings, %d that had to be full ones; unknown: %v", total, light, heavy, unknown)
}

func (w *walk) begin(v mokatest.Version) {
	w.server = mokatest.New(v)
	w.server.AddAccount(mokatest.Account{ID: payUser, Username: "alice", AccessToken: payToken, Quota: 40 * perUnit, UsedQuota: 7 * perUnit})
	w.server.AddKey(payUser, mokatest.Key{Key: payKey, Name: "main", Remain: 30 * perUnit, Used: perUnit})
	w.clients = map[string]*moka.Client{}
	for name, cred := range map[string]moka.Credentials{"both": both, "key": keyAlone, "token": {AccessToken: payToken, UserID: payUser}} {
		c, err := moka.New("https://gateway.test", cred, moka.WithHTTPClient(w.server.Client()), moka.WithLimiter(moka.NewLimiter(1<<16, time.Minute)))
		if err != nil {
			w.Fatal(err)
		}
		w.clients[name] = c
	}
}

// begins has a call be under way.
func (w *walk) begins() {
	quota := w.amount() / 4
	w.running, w.begun = append(w.running, w.server.Begin(payKey, quota)), append(w.begun, quota)
	w.most = max(w.most, w.underWay())
}

// ends has the oldest of the calls under way come to its end.
func (w *walk) ends() {
	if len(w.running) > 0 {
		w.running[0]()
		w.running, w.begun = w.running[1:], w.begun[1:]
	}
}

func (w *walk) underWay() (sum int64) {
	for _, quota := range w.begun {
		sum += quota
	}
	return sum
}

func (w *walk) amount() int64 { return 1 + w.rng.Int64N(4*perUnit) }

func pick[T any](w *walk, of ...T) T { return of[w.rng.IntN(len(of))] }

func (w *walk) event() {
	s := w.server
	s.Clear()
	switch w.rng.IntN(22) {
	case 0, 1, 2, 3:
		_ = s.Call(payKey, "gpt-4o", w.amount(), 100)
	case 4:
		s.Spend(payKey, "gpt-4o", w.amount(), 100) // overdraws
	case 5:
		if task, err := s.Task(payKey, "video", w.amount()); err == nil {
			w.tasks = append(w.tasks, task)
		}
	case 6:
		if len(w.tasks) > 0 {
			w.tasks[0].Refund(1 + w.rng.Int64N(1000))
			w.tasks = w.tasks[1:]
		}
	case 7:
		w.begins()
	case 8:
		w.ends()
	case 9:
		s.TopUp(payUser, w.amount()*4)
	case 10:
		every := pick(w, 0, 5*time.Hour, 24*time.Hour)
		p := mokatest.Plan{Total: pick(w, 0, w.amount(), w.amount()), EndsAt: time.Now().Add(time.Duration(1+w.rng.IntN(200)) * time.Hour), NoOverflow: w.rng.IntN(3) == 0, ResetEvery: every}
		if every > 0 {
			p.ResetsAt = time.Now().Add(every)
		}
		s.AddPlan(payUser, p)
	case 11:
		s.Rename(payUser, fmt.Sprint("alice", w.rng.IntN(100)))
	case 12:
		s.CleanLog(time.Now())
	case 13:
		s.ResetCounters(payUser)
	case 14, 15:
		path := pick(w, "", "/api/status", "/api/user/self", "/api/subscription/self", "/api/token/", "/v1/dashboard/billing/usage")
		s.Fault(mokatest.Fault{Path: path, Status: pick(w, http.StatusInternalServerError, http.StatusOK), Body: []byte(pick(w, `{"success":false,"message":"x"}`, `{}`, `null`, `<html>`))})
	default:
		s.Update(w.change)
	}
}

// change is what the owner or the operator sets.
func (w *walk) change(st *mokatest.State) {
	a, k, o := st.Account(payUser), st.Key(payKey), &st.Options
	switch w.rng.IntN(9) {
	case 0:
		o.QuotaPerUnit = pick(w, 500_000, 50_000, 68493.15, 1_000_000.0)
	case 1:
		o.Display = pick(w, "USD", "TOKENS", "CNY", "CUSTOM", "USD")
	case 2:
		o.USDExchangeRate = 6.5 + w.rng.Float64()
	case 3:
		o.TokenStat = w.rng.IntN(2) == 0
	case 4:
		a.Preference = pick(w, "", "subscription_first", "wallet_first", "subscription_only", "wallet_only")
	case 5:
		k.Unlimited = w.rng.IntN(2) == 0
	case 6:
		k.Status, k.Remain = mokatest.StatusEnabled, w.amount()*4
	case 7:
		k.ExpiresAt = pick(w, time.Time{}, time.Now().Add(100*time.Hour), time.Now().Add(-time.Hour))
	case 8:
		k.Status = mokatest.StatusDisabled
	}
}

func (w *walk) read() {
	for _, holds := range []string{"both", "key", "token"} {
		r := w.clients[holds].Read(w.Context())
		w.compare(holds, r)
		w.readings[holds] = r
	}
	w.most = w.underWay()
}

// readLightly reads after calls that the readings before do not know of. Nothing
// but spending is between the two.
func (w *walk) readLightly() {
	for range w.rng.IntN(3) {
		switch w.rng.IntN(4) {
		case 0:
			w.begins()
		case 1:
			w.ends()
		default:
			_ = w.server.Call(payKey, "gpt-4o", w.amount()/20, 100)
		}
	}
	time.Sleep(time.Duration(1+w.rng.IntN(300)) * time.Second)
	for _, holds := range []string{"both", "key", "token"} {
		r, ok := w.clients[holds].ReadLight(w.Context(), w.readings[holds])
		if !ok {
			w.heavy++
			continue
		}
		w.light++
		w.held = max(1, w.most)
		w.compare(holds, r)
		w.held = 0
	}
}

// compare compares a reading with the books.
func (w *walk) compare(holds string, r moka.Reading) {
	spendable, known := r.Spendable().Get()
	if !known {
		w.unknown[reason(r)]++
	}
	var left int64
	var unlimited bool
	switch holds {
	case "both":
		left, unlimited = w.server.Payable(payKey)
	case "token":
		left, unlimited = w.server.PayableByAccount(payUser)
	case "key":
		w.keyAlone(r)
		return
	}
	want, _ := r.Units.Quota(left).Get()
	switch {
	case !known:
	case unlimited:
		w.Errorf("%s: spendable %s of no limit: %+v", holds, spendable, r.Wallet)
	case !within(max(0, spendable), want):
		w.Errorf("%s: spendable %s, the gateway lets %s through; key %+v, wallet %+v", holds, spendable, want, r.Key, r.Wallet)
	}
	if known {
		w.compared++
	}
	w.wallet(r)
}

// wallet compares what the account's own figures say.
func (w *walk) wallet(r moka.Reading) {
	left, known := r.Wallet.Remaining.Get()
	if !known {
		return
	}
	w.server.Update(func(st *mokatest.State) {
		a := st.Account(payUser)
		want, _ := r.Units.Quota(a.Quota).Get()
		if r.Units.QuotaPerUnit != st.Options.QuotaPerUnit || left != want || r.Wallet.Raw.Quota != a.Quota || r.Wallet.Raw.Used != a.UsedQuota {
			w.Errorf("wallet %s, %+v under %+v; the books have %d left and %d used", left, *r.Wallet.Raw, r.Units, a.Quota, a.UsedQuota)
		}
	})
	w.compared += 2
}

// keyAlone compares the figures that a key alone shows: the key's own, or the
// account's where the operator shows those.
func (w *walk) keyAlone(r moka.Reading) {
	left, known := r.Key.Remaining.Get()
	if !known || r.Key.State != moka.KeyOK {
		return
	}
	w.server.Update(func(st *mokatest.State) {
		a, k := st.Account(payUser), st.Key(payKey)
		key, _ := r.Units.Quota(k.Remain).Get()
		account, _ := r.Units.Quota(a.Quota).Get()
		held, _ := r.Units.Quota(w.held).Get() // a limit kept from before may be that much off
		if w.held > 0 && !st.Options.TokenStat && len(a.Plans) > 0 {
			return // nor does it show what a plan paid since
		}
		if !within(left, key) && (left-account > held+2 || account-left > held+2) {
			w.Errorf("the key alone shows %s; it has %s left, its account %s", left, key, account)
		}
	})
	w.compared++
}

// within allows for figures that travelled as floating point.
func within(a, b moka.Amount) bool { return a-b <= 2 && b-a <= 2 }

// reason is why a reading does not know what can be spent.
func reason(r moka.Reading) string {
	switch {
	case r.Err() != nil:
		return string(r.Err().Kind)
	case r.Wallet != nil && r.Wallet.PlansUnlimited || r.Key != nil && r.Key.Unlimited:
		return "no limit"
	}
	return "nothing to tell by"
}
