package lang

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mokabot/internal/spend"
)

// nbsp is a space at which no line is broken. It keeps a number beside its unit, and
// a day beside its month.
const nbsp = "\u00a0"

// Unbroken is text whose spaces break no line; see [PlainSpaces].
func Unbroken(text string) string { return strings.ReplaceAll(text, " ", nbsp) }

// PlainSpaces is text for a terminal or for JSON, where people search it and
// programs split it: all its spaces are ordinary ones.
func PlainSpaces(text string) string { return strings.ReplaceAll(text, nbsp, " ") }

// duration writes the two largest units of d that are not zero, each number beside
// its unit.
func duration(d time.Duration, units [4]string, between string) string {
	seconds := int64(max(0, d).Round(time.Second) / time.Second)
	counts := [4]int64{seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60}
	var parts []string
	for i, n := range counts {
		if n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+nbsp+units[i])
		}
		if n > 0 && len(parts) == 2 || n == 0 && len(parts) == 1 {
			break // 2 d 0 h 5 min reads as 2 d
		}
	}
	if len(parts) == 0 {
		return "0" + nbsp + units[3]
	}
	return strings.Join(parts, between)
}

// units are what people write after a number, in any of the languages.
var units = map[time.Duration][]string{
	time.Minute:        {"m", "min", "mins", "minute", "minutes", "分", "分钟"},
	time.Hour:          {"h", "hr", "hrs", "hour", "hours", "时", "小时", "个小时", "钟头", "个钟头"},
	24 * time.Hour:     {"d", "day", "days", "天", "日"},
	7 * 24 * time.Hour: {"w", "week", "weeks", "周", "星期", "个星期"},
}

// numberAndUnit is one part of a written duration, with what may stand before it.
var numberAndUnit = regexp.MustCompile(`^[\s\x{a0},，、]*([0-9]{1,6}(?:\.[0-9]{1,3})?)[\s\x{a0}]*([a-z]+|\p{Han}+)`)

// ParseDuration reads what a person wrote in any of the languages, such as
// "90m", "1 d 12 h", "1.5 hours" or "2 小时". Seconds are no unit, and neither
// is a number alone. ok is false for anything else.
func ParseDuration(text string) (time.Duration, bool) {
	sum := 0.0
	for rest := strings.ToLower(halfWidth(strings.TrimSpace(text))); rest != ""; {
		part := numberAndUnit.FindStringSubmatch(rest)
		if part == nil {
			return 0, false
		}
		n, err := strconv.ParseFloat(part[1], 64)
		unit := unitNamed(part[2])
		if err != nil || unit == 0 {
			return 0, false
		}
		sum += n * float64(unit)
		rest = rest[len(part[0]):]
	}
	if sum >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(math.Round(sum)), sum > 0
}

func unitNamed(name string) time.Duration {
	for unit, names := range units {
		if slices.Contains(names, name) {
			return unit
		}
	}
	return 0
}

// halfWidth replaces the full-width letters and digits of Chinese keyboards by ASCII.
func halfWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

func enEvery(d time.Duration) string {
	switch d {
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return enDuration(d)
}

func zhEvery(d time.Duration) string {
	switch d {
	case time.Hour:
		return "每小时"
	case 24 * time.Hour:
		return "每天"
	}
	return "每 " + zhDuration(d)
}

// endDates are the days between which the money is likely to end, where they
// differ by one at least; near means that weekdays name them. Zero: durations
// say it better.
func endDates(r spend.Runway) (from, to time.Time, near bool) {
	const (
		week = 6 * 24 * time.Hour   // a weekday further away could be today's
		year = 300 * 24 * time.Hour // and so could a date without its year
	)
	if r.From.IsZero() || r.High-r.Low < 24*time.Hour || r.High > year {
		return time.Time{}, time.Time{}, false
	}
	return r.From.Add(r.Low), r.From.Add(r.High), r.High <= week
}

// Coarse rounds an estimate to a precision that it can have: days above four days,
// hours above two hours, otherwise five minutes. What is not zero is at least a minute.
func Coarse(d time.Duration) time.Duration {
	switch {
	case d >= 96*time.Hour:
		return d.Round(24 * time.Hour)
	case d >= 2*time.Hour:
		return d.Round(time.Hour)
	case d > 0:
		return max(time.Minute, d.Round(5*time.Minute))
	}
	return 0
}

// Brief rounds what is left at the present pace, where minutes matter.
func Brief(d time.Duration) time.Duration {
	switch {
	case d >= 2*time.Hour:
		return Coarse(d)
	case d >= time.Minute:
		return d.Round(time.Minute)
	}
	return max(time.Second, d.Round(time.Second))
}

// connected adds a round trip to a word, where it is known.
func connected(word string, latency time.Duration) string {
	if latency <= 0 {
		return word
	}
	return word + " · " + strconv.FormatInt(max(1, latency.Milliseconds()), 10) + nbsp + "ms"
}

// shortCount writes a count in three or four characters: 23.1M, 901K, 850.
func shortCount(n int64) string {
	const thousand, million, billion = 1e3, 1e6, 1e9
	f := float64(n)
	switch {
	case f >= 999.5*million:
		return trimmed(f/billion) + "B"
	case f >= 999.5*thousand:
		return trimmed(f/million) + "M"
	case f >= thousand:
		return trimmed(f/thousand) + "K"
	}
	return strconv.FormatInt(n, 10)
}

// trimmed has one decimal below a hundred, unless that is zero.
func trimmed(f float64) string {
	if f >= 99.95 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// bracketed puts text in brackets. An empty text stays empty.
func bracketed(open, text, end string) string {
	if text == "" {
		return ""
	}
	return open + text + end
}
