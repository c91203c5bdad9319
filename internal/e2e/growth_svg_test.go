package e2e

import (
	"fmt"
	"math"
	"strings"
)

// The panels of the drawing, in pixels.
const (
	panelWide, panelHigh = 168, 132
	plotWide, plotHigh   = 112, 70
	plotLeft, plotTop    = 36, 30
)

// drawGrowth draws what each size costs, on logarithmic scales: a row of panels
// by accounts and one by years. The dashed line is what grows as fast as the
// size. The colours are readable on white and on black.
func drawGrowth(byAccounts, byYears []cost) []byte {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="10" fill="#7d8590">`+"\n",
		5*panelWide, 2*panelHigh)
	for i, p := range []struct {
		title string
		of    func(cost) float64
	}{
		{"CPU of a round, ms", func(c cost) float64 { return milliseconds(c.cpu) }},
		{"memory, MB", func(c cost) float64 { return c.memory }},
		{"start to READY, ms", func(c cost) float64 { return milliseconds(c.start) }},
		{"30-day question, ms", func(c cost) float64 { return milliseconds(c.query) }},
		{"file, MB", func(c cost) float64 { return c.file }},
	} {
		panel(&s, i*panelWide, 0, p.title, "accounts", byAccounts, func(c cost) float64 { return float64(c.accounts) }, p.of)
		panel(&s, i*panelWide, panelHigh, p.title, "years, 1 account", byYears, func(c cost) float64 { return float64(c.days) / 365 }, p.of)
	}
	return []byte(s.String() + "</svg>\n")
}

// panel draws one figure against the size.
func panel(s *strings.Builder, x, y int, title, by string, all []cost, across, up func(cost) float64) {
	fmt.Fprintf(s, `<g transform="translate(%d %d)"><text x="%d" y="16" font-weight="bold">%s</text>`+"\n", x, y, plotLeft, title)
	fmt.Fprintf(s, `<path d="M%d %dv%dh%d" fill="none" stroke="#7d8590"/>`+"\n", plotLeft, plotTop, plotHigh, plotWide)
	first, last := all[0], all[len(all)-1]
	lo, hi := math.Inf(1), 0.0
	for _, c := range all {
		lo, hi = min(lo, up(c)), max(hi, up(c))
	}
	lo, hi = max(lo/2, 0.001), hi*2
	px := func(v float64) float64 {
		return plotLeft + plotWide*math.Log(v/across(first))/math.Log(across(last)/across(first))
	}
	py := func(v float64) float64 {
		return plotTop + plotHigh*(1-math.Log(min(max(v, lo), hi)/lo)/math.Log(hi/lo))
	}
	begin := max(up(first), lo)
	steepest := min(across(last), across(first)*hi/begin) // where the dashed line leaves the panel
	fmt.Fprintf(s, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#7d8590" stroke-dasharray="3 3"/>`+"\n",
		px(across(first)), py(begin), px(steepest), py(begin*steepest/across(first)))
	var line []string
	for _, c := range all {
		cx, cy := px(across(c)), py(up(c))
		line = append(line, fmt.Sprintf("%.1f,%.1f", cx, cy))
		fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="#2f81f7"/><text x="%.1f" y="%d" text-anchor="middle">%.4g</text>`+"\n",
			cx, cy, cx, plotTop+plotHigh+12, across(c))
	}
	fmt.Fprintf(s, `<polyline points="%s" fill="none" stroke="#2f81f7" stroke-width="1.5"/>`+"\n", strings.Join(line, " "))
	fmt.Fprintf(s, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft-4, py(up(first))+3, digits(up(first)))
	fmt.Fprintf(s, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft+plotWide, py(up(last))-6, digits(up(last)))
	fmt.Fprintf(s, `<text x="%d" y="%d" text-anchor="middle">%s</text></g>`+"\n", plotLeft+plotWide/2, plotTop+plotHigh+24, by)
}

// digits is a figure with two digits at least, and no more behind the point than tell anything.
func digits(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}
