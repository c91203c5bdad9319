package browser

import (
	_ "embed"
	"fmt"
	"os"
)

// accessRules is a JavaScript function's body that returns sentences.
//
//go:embed access.js
var accessRules string

// Barriers is what keeps people from using the page as it is now: controls
// without a name, text that does not stand out, headings out of order and so
// on. Where MOKABOT_AXE names the script of axe-core, its serious and critical
// findings are among them.
func (b *Browser) Barriers() []string {
	b.t.Helper()
	b.awaitStill()
	var list []string
	b.Run(&list, accessRules)
	if file := os.Getenv("MOKABOT_AXE"); file != "" {
		list = append(list, b.axe(file)...)
	}
	return list
}

// awaitStill waits until nothing on the page moves: what is half
// transparent on its way in would be judged by a colour that it does not keep.
func (b *Browser) awaitStill() {
	b.t.Helper()
	b.Await("end of all transitions", `return !document.getAnimations().some((a) => a instanceof CSSTransition)`)
}

const runAxe = `
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  (r) => done(r.violations.flatMap((v) => v.nodes.map((n) => [v.impact, v.id, n.target.join(' '), n.failureSummary || '']))),
  (e) => done([['critical', 'axe', '', String(e)]]));`

// axe runs axe-core. https://github.com/dequelabs/axe-core
func (b *Browser) axe(file string) []string {
	b.t.Helper()
	script, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	var loaded bool
	if b.Run(&loaded, `return "axe" in window`); !loaded {
		b.Run(nil, string(script))
	}
	var found [][4]string
	b.RunAsync(&found, runAxe)
	var list []string
	for _, f := range found {
		if f[0] == "serious" || f[0] == "critical" {
			list = append(list, fmt.Sprintf("axe: %s %s at %s: %s", f[0], f[1], f[2], f[3]))
		} else {
			b.t.Logf("axe: %s %s at %s: %s", f[0], f[1], f[2], f[3])
		}
	}
	return list
}
