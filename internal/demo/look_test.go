package demo

import (
	"strings"
	"testing"
)

// everyLook is the page in both languages, both themes, and two sizes.
func everyLook(t *testing.T, v *visit) {
	for range 2 {
		v.Click(testID("language-toggle"))
		for range 2 {
			v.Click(testID("theme-toggle"))
			var look string
			v.Run(&look, `return document.documentElement.lang + ', ' + document.documentElement.dataset.theme`)
			v.noBarriers(t, look)
			v.Resize(390, 844)
			v.noBarriers(t, look+", on a phone")
			v.noOverflow(t, look)
			v.Resize(1280, 800)
		}
	}
}

// noOverflow holds that the page is not wider than its window.
func (v *visit) noOverflow(t *testing.T, where string) {
	t.Helper()
	var over int
	if v.Run(&over, `return document.documentElement.scrollWidth - window.innerWidth`); over > 0 {
		t.Errorf("%s: the page is %d pixels wider than its window", where, over)
	}
}

func (v *visit) noBarriers(t *testing.T, where string) {
	t.Helper()
	if list := v.Barriers(); len(list) > 0 {
		t.Errorf("%s:\n%s", where, strings.Join(list, "\n"))
	}
}
