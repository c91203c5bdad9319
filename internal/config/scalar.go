package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"mokabot/moka"
)

// text sets to when something was written there.
func (v value) text(to *string) {
	if text, ok := v.scalar(); ok {
		*to = strings.TrimSpace(text)
	}
}

// choice is one of a few words.
func (v value) choice(to *string, known ...string) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	for _, word := range known {
		if text == word {
			*to = word
			return
		}
	}
	v.problem(func(w *words) string { return w.NotOneOf(v.quoted(), known, Closest(text, known)) })
}

// yes is true or false.
func (v value) yes(to *bool) {
	word := strconv.FormatBool(*to)
	v.choice(&word, "true", "false")
	*to = word == "true"
}

// number is a whole number between least and most.
func (v value) number(to *int, lowest, highest int) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < lowest || n > highest {
		v.problem(func(w *words) string { return w.NotWhole(v.quoted(), lowest, highest) })
		return
	}
	*to = n
}

// name is the name of an account, a report or a level. Names stand in
// messages, so they hold nothing that Discord would take for markup. They stand
// on command lines and in spreadsheets, so they do not begin with a hyphen.
func (v value) name(to *string) bool {
	text, ok := v.scalar()
	if !ok {
		if !v.given() {
			v.problem(func(w *words) string { return w.Missing })
		}
		return false
	}
	if !goodName(text) {
		v.problem(func(w *words) string { return w.NotName(v.quoted()) })
		return false
	}
	*to = text
	return true
}

// goodName reports whether a text is 1 to 32 letters, digits, - _ or ., without a
// - or a combining mark in front.
func goodName(text string) bool {
	n := 0
	for _, r := range text {
		inside := n > 0 && (r == '-' || unicode.Is(unicode.M, r))
		if n++; !inside && r != '_' && r != '.' && !unicode.In(r, unicode.L, unicode.N) {
			return false
		}
	}
	return n >= 1 && n <= 32
}

// snowflake is a Discord id. It is read as text, because a float64 would round
// it. What was written is not repeated: people paste tokens into wrong lines.
// Its result is whether nothing was wrong.
func (v value) snowflake(to *string) bool {
	text, ok := v.scalar()
	if !ok {
		return !v.given()
	}
	if text == "" {
		*to = ""
		return true
	}
	if n, err := strconv.ParseUint(text, 10, 64); err != nil || n == 0 || !digits.MatchString(text) {
		v.problem(func(w *words) string { return w.NotID })
		return false
	}
	*to = text
	return true
}

// snowflakes is a list of Discord ids.
func (v value) snowflakes(to *[]string) {
	if !v.given() {
		return
	}
	ids := []string{}
	for _, item := range v.list() {
		var id string
		item.snowflake(&id)
		if id != "" {
			ids = append(ids, id)
		}
	}
	*to = ids
}

// duration is nothing at all (where that is allowed) or at least a second.
func (v value) duration(to *time.Duration, zero bool) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	if digits.MatchString(text) && strings.Trim(text, "0") != "" {
		v.problem(func(w *words) string { return w.NoUnit(v.quoted(), shorten(text)) })
		return
	}
	d, ok := parseDuration(text)
	switch {
	case !ok:
		v.problem(func(w *words) string { return w.NotDuration(v.quoted()) })
	case d < 0:
		v.problem(func(w *words) string { return w.Negative(v.quoted()) })
	case d == 0 && !zero:
		v.problem(func(w *words) string { return w.AtLeastSecond })
	case d != 0 && d < time.Second:
		v.problem(func(w *words) string { return w.TooShort(v.quoted()) })
	default:
		*to = d
	}
}

// parseDuration knows what time.ParseDuration does, and days of 24 hours in front.
func parseDuration(text string) (time.Duration, bool) {
	match := withDays.FindStringSubmatch(text)
	if match == nil {
		d, err := time.ParseDuration(text)
		return d, err == nil
	}
	const maxDays = 100_000 // days; with what may follow still within a Duration
	days, err := strconv.Atoi(match[1])
	if err != nil || days > maxDays {
		return 0, false
	}
	d := time.Duration(days) * 24 * time.Hour
	if match[2] == "" {
		return d, true
	}
	rest, err := time.ParseDuration(match[2])
	if err != nil || rest < 0 || rest > math.MaxInt64-d {
		return 0, false
	}
	return d + rest, true
}

// money is dollars with at most six decimals, which is all an Amount can hold.
func (v value) money() moka.Maybe {
	text, ok := v.scalar()
	if !ok {
		return moka.Maybe{}
	}
	match := dollars.FindStringSubmatch(text)
	if match == nil {
		v.problem(func(w *words) string { return w.NotMoney(v.quoted(), strings.HasPrefix(text, "-")) })
		return moka.Maybe{}
	}
	micros := match[2] + strings.Repeat("0", 6-len(match[2]))
	n, err := strconv.ParseInt(match[1]+micros, 10, 64)
	if err != nil {
		v.problem(func(w *words) string { return w.TooMuchMoney(v.quoted()) })
		return moka.Maybe{}
	}
	return moka.Known(moka.Amount(n))
}

// share is a percentage up to 100 %, as a share of one. Only 0 needs no sign.
func (v value) share(to *float64) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	percent, signed, ok := parsePercent(text)
	switch {
	case !ok || percent > 100:
		v.problem(func(w *words) string { return w.NotPercent(v.quoted()) })
	case !signed && percent != 0:
		v.problem(func(w *words) string { return w.NoPercentSign(v.quoted()) })
	default:
		*to = percent / 100
	}
}

// parsePercent reads a number, and reports whether a percent sign follows it.
func parsePercent(text string) (percent float64, signed, ok bool) {
	number, signed := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(number, 64)
	return percent, signed, err == nil && decimal.MatchString(number)
}

// factor is 0 for off, or more than one.
func (v value) factor(to *float64) {
	text, ok := v.scalar()
	if !ok {
		return
	}
	const maxFactor = 1000
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || f > maxFactor || (f != 0 && f <= 1) {
		v.problem(func(w *words) string { return w.NotFactor(v.quoted(), maxFactor) })
		return
	}
	*to = f
}

var (
	digits   = regexp.MustCompile(`^[0-9]+$`)
	decimal  = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)
	dollars  = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]{1,6}))?$`)
	withDays = regexp.MustCompile(`^([0-9]+)d(.*)$`)
)
