package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mokabot/internal/proof"
)

// around is a page without a fault, but for what stands in its main part.
const around = `<!doctype html><html lang="en"><head><title>t</title><style>
	body { background: #fff; color: #222 } button, input, a { display: inline-block; min-width: 30px; min-height: 30px }
	</style></head><body><main><h1>Title</h1>%s</main></body></html>`

// Both parts share a window, because a window takes seconds to open.
func TestWhatIsWrongWithAPage(t *testing.T) {
	proof.NotRaced(t)
	b := Start(t)
	t.Run("barriers", func(t *testing.T) { findsBarriers(t, b) })
	t.Run("complaints of the console", func(t *testing.T) { findsComplaints(t, b.For(t)) })
}

// findsBarriers holds that each barrier is found, and that a page without one has none.
func findsBarriers(t *testing.T, b *Browser) {
	t.Helper()
	for _, c := range []struct{ what, page, found string }{
		{"nothing", `<h2>Part</h2><p>text</p><button>Go</button><label>Name <input></label><ul><li>one</li></ul><img alt="" src="data:,">`, ""},
		{"a button without a name", `<button></button>`, "has no name"},
		{"a button named by a hidden picture", `<button><span aria-hidden="true">✕</span></button>`, "has no name"},
		{"a field without a label", `<input>`, "has no name"},
		{"a picture without words", `<img src="data:,">`, "has no alternative text"},
		{"pale text", `<p style="color: #999">text</p>`, "stands out by 2.85 to 1"},
		{"text on a veil", `<div style="background: #000"><p style="background: rgba(255, 255, 255, .5); color: #555">text</p></div>`, "stands out by"},
		{"large text may be paler", `<p style="color: #888; font-size: 30px">text</p>`, ""},
		{"a heading left out", `<h3>Deep</h3>`, "a heading of level 3 follows one of level 1"},
		{"a second title", `<h1>Other</h1>`, "2 elements are h1"},
		{"one id twice", `<p id="a">x</p><p id="a">y</p>`, "has the id of another element"},
		{"a name by nobody", `<button aria-labelledby="nobody">x</button>`, "aria-labelledby names nothing"},
		{"a button in a link", `<a href="#"><button>x</button></a>`, "stands within another control"},
		{"a control that is hidden", `<div aria-hidden="true"><button>x</button></div>`, "is hidden from screen readers"},
		{"a small target", `<button style="min-width: 0; min-height: 0; width: 12px; height: 12px; padding: 0" aria-label="x"></button>`, "points large"},
		{"an item of no list", `<div><li>x</li></div>`, "stands outside of a list"},
		{"too wide", `<div style="width: 3000px">x</div>`, "points too wide"},
		{"nowhere", `</main><p>astray</p><main hidden>`, "stands outside of all landmarks"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := b.For(t)
			b.Open(serve(t, fmt.Sprintf(around, c.page)))
			got := strings.Join(b.Barriers(), "\n")
			if c.found == "" && got != "" || !strings.Contains(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
		})
	}
}

func findsComplaints(t *testing.T, b *Browser) {
	t.Helper()
	b.Open(serve(t, `<!doctype html><title>t</title><script>console.log("all well"); console.warn("odd"); nothing.there</script>`))
	got := strings.Join(b.Complaints(), "\n")
	if !strings.Contains(got, "odd") || !strings.Contains(got, "nothing is not defined") || strings.Contains(got, "all well") {
		t.Errorf("the console complains: %s", got)
	}
	if again := b.Complaints(); len(again) > 0 {
		t.Errorf("and again: %v", again)
	}
}

func serve(t *testing.T, page string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}
