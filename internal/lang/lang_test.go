package lang_test

import (
	"reflect"
	"regexp"
	"testing"
	"time"

	"mokabot/internal/lang"
	"mokabot/internal/spend"
	"mokabot/moka"
)

func TestEveryWordIsThereInEveryLanguage(t *testing.T) {
	for _, w := range lang.All() {
		t.Run(w.Tag, func(t *testing.T) { mustBeFilled(t, reflect.ValueOf(*w), "Words") })
	}
}

func mustBeFilled(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			mustBeFilled(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Map: // shown names may be missing: then the English one serves
		for _, key := range v.MapKeys() {
			if word := v.MapIndex(key); word.Kind() == reflect.Struct {
				mustBeFilled(t, word, path+"/"+key.String())
			}
		}
	default:
		optional := path == "Words.Alert.Conditions/balance.Text" || // the reason stands in a field of its own
			path == "Words.Between" // Chinese has no space there
		if v.IsZero() && !optional {
			t.Errorf("%s is empty", path)
		}
	}
}

func TestAboutsAreTheSameInEveryLanguage(t *testing.T) {
	english := lang.English()
	for _, w := range lang.All() {
		for key := range english.Command.Abouts {
			if w.Command.Abouts[key] == "" {
				t.Errorf("%s: no description of %s", w.Tag, key)
			}
		}
		for key := range english.CLI.ViewOf {
			if w.CLI.ViewOf[key] == "" {
				t.Errorf("%s: no words for scope %s", w.Tag, key)
			}
		}
	}
}

func TestChineseHasNoSpaceBeforeAtLeast(t *testing.T) {
	w := lang.Chinese()
	for amount, want := range map[string]string{
		"$2.00":                            "今日 $2.00 消耗 $2.00",
		w.Balance.AtLeast(2 * moka.Dollar): "今日至少 $2.00 消耗至少 $2.00",
	} {
		if got := w.Balance.TodayShort(amount) + " " + w.Report.SpentShort(amount); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestDurationsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, " 6 H ": 6 * time.Hour, "2d": 48 * time.Hour, "1 day, 12 hours": 36 * time.Hour, "1.5h": 90 * time.Minute,
		"1h30m": 90 * time.Minute, "1 week": 168 * time.Hour, "45 min": 45 * time.Minute,
		"90 分钟": 90 * time.Minute, "6小时": 6 * time.Hour, "２ 天": 48 * time.Hour, "1天12个小时": 36 * time.Hour, "1天，2小时": 26 * time.Hour, "６ｈ": 6 * time.Hour,
		"": 0, "6": 0, "h": 0, "soon": 0, "30s": 0, "-6h": 0, "6h later": 0, "6 h and": 0, "1e9h": 0, "99999999d": 0, "999999w 999999w 1h": 0, "1..5h": 0, "六小时": 0,
	} {
		if got, ok := lang.ParseDuration(text); got != want && ok || ok != (want > 0) {
			t.Errorf("%q: %s, %t; want %s", text, got, ok, want)
		}
	}
	for _, w := range lang.All() {
		for _, d := range []time.Duration{time.Minute, 90 * time.Minute, 50 * time.Hour} {
			if got, ok := lang.ParseDuration(w.Duration(d)); !ok || got != d {
				t.Errorf("%s is read as %s", w.Duration(d), got)
			}
		}
	}
}

func TestLocalesFallBack(t *testing.T) {
	for locale, want := range map[string]string{
		"zh-CN": "zh-CN", "zh-TW": "zh-CN", "zh": "zh-CN", "en-GB": "en", "en": "en", "fr": "en", "": "en",
	} {
		if got := lang.For(locale).Tag; got != want {
			t.Errorf("For(%q) is %s, want %s", locale, got, want)
		}
	}
}

func TestDurationsReadLikePeopleSayThem(t *testing.T) {
	for _, c := range []struct {
		d      time.Duration
		en, zh string
	}{
		{0, "0 s", "0 秒"},
		{-time.Hour, "0 s", "0 秒"},
		{30 * time.Second, "30 s", "30 秒"},
		{90 * time.Second, "1 min 30 s", "1 分钟 30 秒"},
		{45 * time.Minute, "45 min", "45 分钟"},
		{76 * time.Hour, "3 d 4 h", "3 天 4 小时"},
		{48*time.Hour + 5*time.Minute, "2 d", "2 天"},
	} {
		if got := lang.PlainSpaces(lang.English().Duration(c.d)); got != c.en {
			t.Errorf("%v is %q, want %q", c.d, got, c.en)
		}
		if got := lang.PlainSpaces(lang.Chinese().Duration(c.d)); got != c.zh {
			t.Errorf("%v is %q, want %q", c.d, got, c.zh)
		}
	}
}

// What is left lasts a moment, however short: "about 0 s" beside money is not so.
func TestARunwayOfSecondsIsNotZero(t *testing.T) {
	short := spend.Runway{Known: true, Low: 10 * time.Second, Mid: 90 * time.Second, High: 4 * time.Minute}
	for w, want := range map[*lang.Words]string{
		lang.English(): "about 1 min (1 min to 5 min)",
		lang.Chinese(): "约 1 分钟（1 分钟至 5 分钟）",
	} {
		if got := lang.PlainSpaces(w.Runway(short)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := lang.Coarse(0); got != 0 {
		t.Errorf("nothing lasts %s", got)
	}
}

// A phone breaks no line between a number and its unit, or within a date.
func TestDurationsAndDatesStayOnOneLine(t *testing.T) {
	day, broken := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), regexp.MustCompile(`[0-9] `)
	for _, w := range lang.All() {
		for _, text := range []string{w.Duration(0), w.Duration(76 * time.Hour), w.Day(day), w.Month(day)} {
			if broken.MatchString(text) {
				t.Errorf("%s: %q can be broken behind a number", w.Tag, text)
			}
		}
	}
}

func TestRunwayNeverPretendsToKnow(t *testing.T) {
	hours := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	for _, c := range []struct {
		r  spend.Runway
		en string
	}{
		{spend.Runway{}, "not enough data yet"},
		{spend.Runway{Idle: true}, "nothing is being spent"},
		{spend.Runway{Known: true, Low: hours(60), Mid: hours(72), High: hours(130)}, "about 3 d (2 d 12 h to 5 d)"},
		{spend.Runway{Known: true, Low: hours(5), Mid: hours(5), High: hours(5)}, "about 5 h"},
	} {
		if got := lang.PlainSpaces(lang.English().Runway(c.r)); got != c.en {
			t.Errorf("%+v reads %q, want %q", c.r, got, c.en)
		}
	}
}

// The range is said as the days that people plan with, on the reader's clock.
func TestRunwayAsDates(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		zone           string
		low, mid, high time.Duration
		en, zh         string
	}{
		{"UTC", 50 * time.Hour, 3 * day, 110 * time.Hour, "about 3 d, between Wed and Sat", "约 3 天（周三至周六）"},
		{"Asia/Shanghai", 50 * time.Hour, 3 * day, 110 * time.Hour, "about 3 d, between Thu and Sat", "约 3 天（周四至周六）"},
		{"UTC", 6 * day, 9 * day, 14 * day, "about 9 d, between Nov 29 and Dec 7", "约 9 天（11 月 29 日至 12 月 7 日）"},
		{"UTC", 5 * time.Hour, 9 * time.Hour, 20 * time.Hour, "about 9 h (5 h to 20 h)", "约 9 小时（5 小时至 20 小时）"},
		{"UTC", 200 * day, 300 * day, 365 * day, "about 300 d (200 d to 365 d)", "约 300 天（200 天至 365 天）"},
		{"UTC", 3 * day, 3 * day, 3 * day, "about 3 d", "约 3 天"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		r := spend.Runway{Known: true, Low: c.low, Mid: c.mid, High: c.high, From: now.In(zone)}
		if en, zh := lang.PlainSpaces(lang.English().Runway(r)), lang.PlainSpaces(lang.Chinese().Runway(r)); en != c.en || zh != c.zh {
			t.Errorf("%q and %q, want %q and %q", en, zh, c.en, c.zh)
		}
	}
}

func TestRunwayOfTwoPacesAndOfAnEnd(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		r      spend.Runway
		en, zh string
	}{
		{spend.Runway{Known: true, Low: 2 * day, Mid: 9 * day, High: 20 * day, AtThisPace: 3 * time.Minute},
			"at this pace: 3 min; usually: 9 d (2 d to 20 d)", "按当前速度：约 3 分钟；通常：约 9 天（2 天至 20 天）"},
		{spend.Runway{Known: true, Low: 2 * day, Mid: 9 * day, High: 20 * day, AtThisPace: 30 * time.Minute, Rising: true},
			"at this pace: 30 min at most; usually: 9 d (2 d to 20 d)", "按当前速度：最多 30 分钟；通常：约 9 天（2 天至 20 天）"},
		{spend.Runway{Known: true, Low: 2 * day, Mid: 9 * day, High: 20 * day, Rising: true},
			"far more than usual is being spent right now; usually: 9 d (2 d to 20 d)", "当前消耗远高于平常；通常：约 9 天（2 天至 20 天）"},
		{spend.Runway{Known: true, Ends: true, Low: 36 * time.Hour, Mid: 36 * time.Hour, High: 36 * time.Hour}, "about 1 d 12 h; the plan or key ends then", "约 1 天 12 小时，届时套餐或令牌到期"},
		{spend.Runway{Known: true, Ends: true, Low: 24 * time.Hour, Mid: 30 * time.Hour, High: 36 * time.Hour}, "about 1 d 6 h (1 d to 1 d 12 h)", "约 1 天 6 小时（1 天至 1 天 12 小时）"},
		{spend.Runway{Idle: true, Ends: true, Low: 5 * day, Mid: 5 * day, High: 5 * day},
			"nothing is being spent; the plan or key ends in 5 d", "目前没有消耗；套餐或令牌将在 5 天后到期"},
	} {
		if got := lang.PlainSpaces(lang.English().Runway(c.r)); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
		if got := lang.PlainSpaces(lang.Chinese().Runway(c.r)); got != c.zh {
			t.Errorf("%q, want %q", got, c.zh)
		}
	}
}

func TestAPictureInWords(t *testing.T) {
	facts := lang.ChartFacts{
		From: "2026-07-01", To: "2026-07-07", Left: moka.Known(631 * moka.Dollar), Spent: spend.SoFar{Spent: moka.Known(70 * moka.Dollar)}, TopUps: 50 * moka.Dollar,
		Runway: spend.Runway{Known: true, Low: 5 * 24 * time.Hour, Mid: 9 * 24 * time.Hour, High: 12 * 24 * time.Hour},
	}
	for _, c := range []struct {
		w    *lang.Words
		f    lang.ChartFacts
		want string
	}{
		{lang.English(), facts, "Chart from 2026-07-01 to 2026-07-07: $70.00 spent, $631.00 remaining, $50.00 topped up; lasts about 9 d (5 d to 12 d)."},
		{lang.Chinese(), facts, "2026-07-01 至 2026-07-07 的图表：消耗 $70.00，可用余额 $631.00，充值 $50.00；预计可用约 9 天（5 天至 12 天）。"},
		{lang.English(), lang.ChartFacts{From: "2026-07-01", To: "2026-07-01"}, "Chart from 2026-07-01 to 2026-07-01: spending unknown, remaining balance unknown."},
	} {
		if got := lang.PlainSpaces(c.w.Chart.Alt(c.f)); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// A command that ends with its answer promises no further attempt.
func TestWordsOfAProgramThatEnds(t *testing.T) {
	for _, w := range lang.All() {
		once := w.Once()
		for _, text := range []string{once.Failure.Timeout, once.Failure.Unavailable, once.Failure.RateLimited(0), once.Failure.RateLimited(time.Minute)} {
			if again := regexp.MustCompile(`Try again|重试`); !again.MatchString(text) || regexp.MustCompile(`Retrying|轮询|自动|将在`).MatchString(text) {
				t.Errorf("%s: %s", w.Tag, text)
			}
		}
		if w.Failure.Timeout == once.Failure.Timeout {
			t.Errorf("%s: the bot's words changed", w.Tag)
		}
	}
}
