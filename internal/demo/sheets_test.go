package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"mokabot/internal/discordsim/browser"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/lang"
)

// sheet is a page with columns of the storybook beside each other; each is a
// frame, which is laid out by its own width as a window is.
const sheet = `<!doctype html><title>sheet</title><body style="margin:0;display:flex;gap:16px;background:#888"></body>`

// addColumns opens the storybook in frames of a width, in one language.
const addColumns = `const [columns, width, height, language, theme, done] = arguments;
Promise.all([...Array(columns)].map(() => new Promise((ready) => {
	const f = document.createElement('iframe');
	f.style.cssText = 'border:0;flex:none;width:' + width + 'px;height:' + height + 'px';
	f.src = '/storybook?theme=' + theme + '&lang=' + language;
	f.onload = () => {
		const d = f.contentDocument, own = new f.contentWindow.CSSStyleSheet();
		own.replaceSync('.strip,.index,.side:not([lang="' + language + '"]){display:none!important} .shelf,.pair{display:block!important} .stories{padding:0 4px!important;overflow:visible!important} .side{border:0!important}');
		d.adoptedStyleSheets = [own];
		const look = () => d.querySelector('.story') && [...d.querySelectorAll('.story img')].every((i) => i.complete) ? ready() : setTimeout(look, 100);
		look();
	};
	document.body.append(f);
}))).then(() => done([...document.querySelector('iframe').contentDocument.querySelectorAll('.story')].map((s) => s.offsetHeight)));`

// showColumns leaves in each column the stories from one index to another.
const showColumns = `[...document.querySelectorAll('iframe')].forEach((f, n) => {
	const [from, to] = arguments[0][n] || [0, 0];
	[...f.contentDocument.querySelectorAll('.story')].forEach((s, i) => { s.hidden = i < from || i >= to; });
	f.contentWindow.scrollTo(0, 0);
})`

// TestContactSheets writes every message of the storybook, in each language and
// both themes, as a desktop and as a phone shows it, many to a picture, into the
// folder that MOKABOT_SHEETS names.
func TestContactSheets(t *testing.T) {
	dir := os.Getenv("MOKABOT_SHEETS")
	if dir == "" {
		t.Skip("set MOKABOT_SHEETS to the folder of the pictures")
	}
	d, err := newDemo(context.Background(), t.TempDir(), "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.discord.Close)
	storybook := page.Handler(d)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sheet" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, sheet)
			return
		}
		storybook.ServeHTTP(framed{w}, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	b := browser.Start(t)
	for _, w := range lang.All() {
		for _, look := range []struct {
			name           string
			columns, width int
		}{{"phone", 4, 360}, {"desktop", 2, 800}} {
			b.Resize(look.columns*look.width+16*(look.columns-1), sheetHeight)
			for _, theme := range []string{"dark", "light"} {
				b.Open(server.URL + "/sheet")
				var heights []int
				b.RunAsync(&heights, addColumns, look.columns, look.width, sheetHeight, w.Tag, theme)
				for n, columns := range pack(heights, look.columns) {
					b.Run(nil, showColumns, columns)
					b.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%02d.png", look.name, theme, w.Tag, n+1)))
				}
			}
		}
	}
}

const sheetHeight = 1500

// pack fills columns with stories in order, and sheets with columns; a column
// is the indexes of its first story and of the one after its last.
func pack(heights []int, columns int) (sheets [][][2]int) {
	var sheet [][2]int
	from, filled := 0, 0
	for i, h := range heights {
		if i > from && filled+h > sheetHeight {
			sheet = append(sheet, [2]int{from, i})
			from, filled = i, 0
		}
		if len(sheet) == columns {
			sheets, sheet = append(sheets, sheet), nil
		}
		filled += h
	}
	return append(sheets, append(sheet, [2]int{from, len(heights)}))
}

// framed lets the page be shown in a frame of the sheet.
type framed struct{ http.ResponseWriter }

func (f framed) WriteHeader(status int) {
	f.Header().Del("Content-Security-Policy")
	f.ResponseWriter.WriteHeader(status)
}

func (f framed) Write(p []byte) (int, error) {
	f.Header().Del("Content-Security-Policy")
	return f.ResponseWriter.Write(p)
}
