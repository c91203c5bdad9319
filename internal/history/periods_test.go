package history_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/history"
	"mokabot/internal/message"
	"mokabot/internal/proof"
	"mokabot/internal/spend"
	"mokabot/moka"
	"mokabot/moka/mokatest"
)

// scene is a few days of an account: calls, refunds and top-ups, with and without readings,
// while all of the gateway, its log or its hourly rows cannot be read for some time.
type scene struct {
	*past
	seed    int
	random  *rand.Rand
	zone    *time.Location
	tasks   []*mokatest.Task
	quotas  []int64
	failing time.Time // a part of the gateway fails until then
	what    string    // that fails
	read    time.Time // the last reading
	close   bool      // events happen in the very second of a reading
	seeds   bool      // rows and refunds are kept every hour
	story   []string

	asked, unknown, atLeast int
	wrong                   []string
}

// outages are the paths that fail together; "" is all of them.
var outages = map[string][]string{
	"everything":     {""},
	"the log":        {"/api/log/self", "/api/log/self/stat"},
	"the log's rows": {"/api/log/self"},
	"the log's sums": {"/api/log/self/stat"},
	"the hours":      {"/api/data/self", "/api/data/flow/self"},
	"the records":    {"/api/data/self", "/api/data/flow/self", "/api/log/self", "/api/log/self/stat"},
}

var outageNames = []string{"everything", "the log", "the log's rows", "the log's sums", "the hours", "the records"}

// failures are how a path fails.
var failures = []mokatest.Fault{{Status: 403}, {Status: 429}, {Status: 500}, {Status: 502, WebPage: true}, {Hang: true}, {Cut: true}}

func (s *scene) note(format string, args ...any) {
	s.story = append(s.story, time.Now().UTC().Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
}

func (s *scene) fail(what string, f mokatest.Fault, d time.Duration) {
	for _, path := range outages[what] {
		f.Path = path
		s.gateway.Fault(f)
	}
	s.failing, s.what = time.Now().Add(d), what
	s.note("%s fails (%d %t %t) for %v", what, f.Status, f.Hang, f.Cut, d)
}

func (s *scene) heal() {
	if s.what != "" {
		s.gateway.Clear()
		s.note("%s heals", s.what)
	}
	s.what = ""
}

func (s *scene) happen() {
	if s.what != "" && time.Now().After(s.failing) {
		s.heal()
	}
	quota := 10_000 + s.random.Int64N(3_000_000)
	model := []string{"gpt-4o", "claude-sonnet-4", "sora-2"}[s.random.IntN(3)]
	switch n := s.random.IntN(20); {
	case n < 9:
		if s.gateway.Call(testKey, model, quota, 1000) == nil {
			s.note("call of %.4f", float64(quota)/500_000)
		}
	case n < 13:
		if task, err := s.gateway.Task(testKey, "sora-2", quota); err == nil {
			s.note("task of %.4f", float64(quota)/500_000)
			s.tasks, s.quotas = append(s.tasks, task), append(s.quotas, quota)
		}
	case n < 17 && len(s.tasks) > 0:
		i := s.random.IntN(len(s.tasks))
		back := s.quotas[i] / int64(1+s.random.IntN(3))
		s.tasks[i].Refund(back)
		s.note("refund of %.4f", float64(back)/500_000)
		s.tasks, s.quotas = append(s.tasks[:i], s.tasks[i+1:]...), append(s.quotas[:i], s.quotas[i+1:]...)
	case n == 17:
		added := 500_000 * (1 + s.random.Int64N(20))
		s.gateway.TopUp(2, added)
		s.note("top-up of %.4f", float64(added)/500_000)
	case n == 18 && s.what == "":
		what := outageNames[s.random.IntN(len(outageNames))]
		s.fail(what, failures[s.random.IntN(len(failures))], time.Duration(10+s.random.IntN(400))*time.Minute)
	}
}

func (s *scene) poll() {
	r := s.account.Read(s.t.Context())
	if !r.OK() && (r.Wallet == nil || r.WalletErr != nil) {
		s.note("unreadable")
		return
	}
	_, d := s.store(r)
	s.read = r.At
	s.note("read: %+v", d)
}

// keepRecords is what the program's seeder does every hour.
func (p *past) keepRecords() {
	ctx, name, now := p.t.Context(), p.account.Name, time.Now()
	rows, err := p.account.Client.Usage(ctx, history.FirstRecorded(now), now)
	if err != nil {
		return
	}
	if err := p.db.AddRecorded(ctx, name, history.WholeHours(rows, now)); err != nil {
		p.t.Fatal(err)
	}
	mark := []byte(history.CompleteUntil(now).UTC().Format(time.RFC3339))
	if err := p.db.SetValue(ctx, history.RecordedMark(name), mark); err != nil {
		p.t.Fatal(err)
	}
	_, _ = p.history.KeepRefunds(ctx, name, p.account.Client) // else the next time
}

func playScene(t *testing.T, seed int) *scene {
	versions := []mokatest.Version{mokatest.V2025_04, mokatest.V2025_12, mokatest.V2026_07, mokatest.V2026_08}
	zones := []string{"UTC", "Asia/Kolkata", "Asia/Shanghai", "Asia/Kathmandu"}
	s := &scene{past: unpacked(t, versions[seed%len(versions)], seed%7 != 0), seed: seed, random: rand.New(rand.NewPCG(uint64(seed), 11))}
	s.keep(t)
	defer s.db.Close()
	s.zone, _ = time.LoadLocation(zones[s.random.IntN(len(zones))])
	s.history.Zone, s.seeds = s.zone, s.random.IntN(3) > 0
	s.zones = []*time.Location{s.zone}
	time.Sleep(time.Duration(s.random.IntN(36*60)) * time.Minute)
	for range s.random.IntN(12) { // before the first reading
		time.Sleep(time.Duration(20+s.random.IntN(500)) * time.Minute)
		if s.happen(); s.random.IntN(4) > 0 {
			s.heal()
		}
	}
	apart := 5 * time.Second // events and readings
	if s.close = seed%5 == 4; s.close {
		apart = 0
	}
	every := 1 + s.random.IntN(3)
	for i := range 6 + s.random.IntN(24) {
		time.Sleep(time.Duration(60+s.random.IntN(1800)) * time.Second)
		s.happen()
		if i%every == 0 {
			time.Sleep(apart)
			s.poll()
		}
		if i%3 == 2 && s.seeds && !s.read.IsZero() {
			s.keepRecords()
		}
		if s.random.IntN(12) == 0 {
			time.Sleep(time.Duration(s.random.IntN(30))*time.Hour + apart) // away
			s.note("back")
			if s.random.IntN(2) == 0 {
				s.poll()
			}
		}
	}
	time.Sleep(time.Duration(s.random.IntN(100))*time.Minute + time.Second + apart)
	s.ask()
	if s.what == "" && s.random.IntN(2) == 0 {
		s.fail(outageNames[s.random.IntN(len(outageNames))], failures[s.random.IntN(len(failures))], time.Hour)
		s.ask()
	}
	s.heal()
	s.ask()
	return s
}

// ask requests the figures of every named period.
func (s *scene) ask() {
	for _, name := range history.PeriodNames() {
		p, before, _ := history.Period(name, time.Now(), s.zone)
		u, err := s.history.Used(s.t.Context(), s.account, p, before)
		if err != nil {
			s.t.Fatal(err)
		}
		s.compare(name, p, before, u)
	}
}

// turnover is what was charged and refunded in a stretch of time.
func (s *scene) turnover(from, to time.Time) moka.Amount {
	b := s.gateway.Books(2, from, to)
	return moka.Amount(b.Charged+b.Refunded) * 2 // half a million of quota is a dollar
}

// tolerance is by how much a figure may differ: rounding, what happened between the readings
// around an edge of the period, which is divided, and since the last reading.
func (s *scene) tolerance(p spend.Period) moka.Amount {
	const rounding = 200
	sum := rounding + s.turnover(p.From.Add(-spend.MaxDivided), p.From.Add(spend.MaxDivided))
	now := time.Now()
	switch midnight := p.To.Equal(spend.Day(p.To, s.zone).From); {
	case midnight:
		sum += s.turnover(p.To.Add(-spend.MaxDivided), p.To.Add(spend.MaxDivided))
	case now.Sub(p.To) > time.Minute:
		sum += s.turnover(p.To.Add(-spend.LongestCovered), p.To.Add(spend.LongestCovered))
	case p.To.Sub(s.read) <= spend.LongestCovered:
		sum += s.turnover(s.read.Add(-time.Second), now)
	}
	return sum
}

func (s *scene) compare(name string, p, before spend.Period, u message.Used) {
	s.asked++
	books := s.gateway.Books(2, p.From, p.To)
	want := moka.Amount(books.Spent() * 2) // half a million of quota is a dollar
	tolerance := s.tolerance(p)
	if s.close {
		tolerance += max(want, -want)/50 + moka.Dollar/100 // on which side of a reading so little is does not matter
	}
	spent, known := u.Spent.Get()
	switch {
	case !known:
		s.unknown++
	case u.AtLeast && spent > want+tolerance+moka.Amount(books.Refunded*2): // the bound leaves out what may be refunded where nothing can be read
		s.mistake("%s: at least %v spent, the books say %v (tolerance %v); %+v", name, spent, want, tolerance, u)
	case !u.AtLeast && spent > want+tolerance:
		s.mistake("%s: %v spent, the books say %v (tolerance %v); %+v", name, spent, want, tolerance, u)
	case u.AtLeast || u.Undated > 0:
		s.atLeast++
	case spent < want-tolerance:
		s.mistake("%s: %v spent, the books say %v (tolerance %v); %+v", name, spent, want, tolerance, u)
	}
	if was, known := u.Before.Get(); known {
		want := moka.Amount(s.gateway.Books(2, before.From, before.To).Spent() * 2)
		tolerance := s.tolerance(before)
		if s.close {
			tolerance += max(want, -want)/50 + moka.Dollar/100
		}
		if was < want-tolerance || was > want+tolerance {
			s.mistake("%s: %v before, the books say %v; %+v", name, was, want, u)
		}
	}
}

func (s *scene) mistake(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf("scene %d at %v, %s fails: ", s.seed, time.Now().UTC(), s.what)+fmt.Sprintf(format, args...))
}

// TestPeriodsAgainstTheBooks requests every named period in random scenes, in four zones, while a
// part of the gateway fails and afterwards. What is stated is what the books say; of what
// cannot be known at least a lower bound is, or nothing. Each scene has its own seed.
func TestPeriodsAgainstTheBooks(t *testing.T) {
	proof.NotShort(t)
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	first, _ := strconv.Atoi(os.Getenv("MOKABOT_FIRST_SCENE"))
	scenes, err := strconv.Atoi(os.Getenv("MOKABOT_SCENES"))
	if err != nil {
		scenes = proof.Size(4, 12, 300)
	}
	var asked, unknown, atLeast, wrong int
	for i := range scenes {
		var s *scene
		synctest.Test(t, func(t *testing.T) { s = playScene(t, first+i) })
		asked, unknown, atLeast, wrong = asked+s.asked, unknown+s.unknown, atLeast+s.atLeast, wrong+len(s.wrong)
		for _, w := range s.wrong {
			t.Error(w)
		}
		for _, line := range s.story {
			if len(s.wrong) > 0 && testing.Verbose() {
				t.Log(line)
			}
		}
	}
	t.Logf("%d scenes: %d figures asked for, %d unknown, %d lower bounds, %d wrong", scenes, asked, unknown, atLeast, wrong)
}
