package moka

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mokabot/internal/proof"
)

// Each row is an answer that is not the API's, or not whole.
func TestAbusiveAnswersAreFailuresNotFigures(t *testing.T) {
	proof.NotShort(t)
	t.Parallel()
	deep := strings.Repeat(`{"data":[`, 200_000)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"empty":              {func(w http.ResponseWriter, _ *http.Request) { asJSON(w) }, "bad_response"},
		"no content":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "bad_response"},
		"web page (trap 1)":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, page) }, "bad_response/web_page"},
		"web page as JSON":   {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, page) }, "bad_response/web_page"},
		"page with 403":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403); io.WriteString(w, page) }, "bad_response/web_page"},
		"page with 502":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); io.WriteString(w, page) }, "unavailable"},
		"page with 404":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); io.WriteString(w, page) }, "bad_response/not_found"},
		"cut in the middle":  {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, `{"data":[{"id":"a"`) }, "bad_response"},
		"an array":           {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, `[]`) }, "bad_response"},
		"null":               {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, `null`) }, "bad_response"},
		"two values":         {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, `{"data":[]}{}`) }, "bad_response"},
		"mistyped":           {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, `{"data":{"id":1}}`) }, "bad_response"},
		"nested deeply":      {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); io.WriteString(w, deep) }, "bad_response/too_large"},
		"huge":               {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); flood(w) }, "bad_response/too_large"},
		"huge when unpacked": {bomb, "bad_response/too_large"},
		"gzip that is none": {func(w http.ResponseWriter, _ *http.Request) {
			asJSON(w)
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, `{"data":[]}`)
		}, "bad_response"},
		"gzip cut":            {cutGzip, "unavailable"},
		"connection cut":      {cutConnection, "unavailable"},
		"proxy wants a login": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }, "unavailable/proxy"},
		"method not allowed":  {func(w http.ResponseWriter, _ *http.Request) { asJSON(w); w.WriteHeader(405); io.WriteString(w, `{}`) }, "bad_response"},
		"401 without a word":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "unauthorized/api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := server(t, c.answer).Models(t.Context())
			mustKind(t, err, c.want)
		})
	}
}

func TestSlowAnswersEndAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := healthy(map[string]reply{modelsPath: {body: `{"data":[]}`}})
		g.delay = time.Hour
		start := time.Now()
		_, err := dial(t, g, bothCredentials).Models(t.Context())
		mustKind(t, err, "unavailable/timeout")
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func flood(w io.Writer) {
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range 40 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	asJSON(w)
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	flood(z)
	z.Close()
}

func cutGzip(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, `{"data":[{"id":"%s"}]}`, strings.Repeat("ab c", 100))
	z.Close()
	asJSON(w)
	w.Header().Set("Content-Encoding", "gzip")
	w.Write(b.Bytes()[:b.Len()/2])
}

func cutConnection(w http.ResponseWriter, _ *http.Request) {
	asJSON(w)
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"data":[`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}
