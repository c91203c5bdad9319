package mokatest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// obj is a JSON object.
type obj = map[string]any

// reply is an answer before it is sent.
type reply struct {
	status int
	header http.Header
	body   []byte
	cut    bool // the connection breaks in the middle of the body
}

const (
	jsonType = "application/json; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

// asJSON is an answer with a JSON body.
func asJSON(status int, body any) reply {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // a figure that is not a number: the test's own mistake
	}
	return bodyJSON(status, raw)
}

func bodyJSON(status int, body []byte) reply {
	return reply{status: status, header: http.Header{"Content-Type": {jsonType}}, body: body}
}

// data is the console's answer to a call that succeeded.
func data(d any) reply {
	return asJSON(http.StatusOK, obj{"data": d, "message": "", "success": true})
}

// failed is the console's answer to one that did not.
func failed(status int, message string) reply {
	return asJSON(status, obj{"message": message, "success": false})
}

// refused is the key endpoints' answer to a key that may not.
func (s *Server) refused(status int, code, message string) reply {
	body := obj{"message": fmt.Sprintf("%s (request id: %s)", message, s.requestID()), "type": "new_api_error"}
	if s.version == OneAPI {
		body["type"] = "one_api_error"
	}
	if s.version.atLeast(V2025_12) {
		body["code"] = code
	}
	return asJSON(status, obj{"error": body})
}

// requestID makes a new one. The lock is held.
func (s *Server) requestID() string {
	s.serial++
	return fmt.Sprintf("%s%09dFaKe%04d", s.now().UTC().Format("20060102150405"), s.serial%1e9, s.serial%1e4)
}

// stamp adds the headers that every answer has but the router's redirects.
func (s *Server) stamp(a reply) reply {
	if a.status == http.StatusMovedPermanently {
		return a
	}
	a.header.Set("X-Oneapi-Request-Id", s.requestID())
	if s.version.atLeast(V2026_07) {
		a.header.Set("X-New-Api-Version", s.version.release())
	}
	return a
}

// zipped packs what the gateway packs for those who ask. /v1/models never is.
func zipped(r *http.Request, a reply) reply {
	path := r.URL.Path
	plain := strings.HasPrefix(path, "/v1/models") || a.status == http.StatusMovedPermanently || a.status == http.StatusNoContent
	if plain || r.Method == http.MethodHead || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || a.header.Get("Content-Encoding") != "" {
		return a
	}
	return a.gzip()
}

// packers are kept: each takes most of a megabyte. A [sync.Pool] would give them up at each
// collection of garbage.
var packers = make(chan *gzip.Writer, 16)

// packer gives a packer of the level that takes the least time.
func packer() *gzip.Writer {
	select {
	case w := <-packers:
		return w
	default:
		w, _ := gzip.NewWriterLevel(nil, gzip.HuffmanOnly) // the level exists
		return w
	}
}

// keepPacker takes back what [packer] gave.
func keepPacker(w *gzip.Writer) {
	select {
	case packers <- w:
	default:
	}
}

func (a reply) gzip() reply {
	var packed bytes.Buffer
	w := packer()
	defer keepPacker(w)
	w.Reset(&packed)
	_, _ = w.Write(a.body)
	_ = w.Close()
	a.header = a.header.Clone()
	a.header.Set("Content-Encoding", "gzip")
	a.header.Set("Vary", "Accept-Encoding")
	a.body = packed.Bytes()
	return a
}

// brokenGzip is an answer that arrives whole but does not unpack.
func (a reply) brokenGzip() reply {
	if a.header.Get("Content-Encoding") != "gzip" {
		a = a.gzip()
	}
	a.body = bytes.Clone(a.body)
	a.body[len(a.body)-8] ^= 0x5a // the checksum
	return a
}

// sent is what reaches the caller of the body, and the length it was promised.
func (a reply) sent(method string) (body []byte, length int) {
	body, length = a.body, len(a.body)
	if method == http.MethodHead {
		body = nil
	} else if a.cut {
		body = body[:length/2]
	}
	return body, length
}

// write sends the answer over a socket.
func (a reply) write(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	if a.header.Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // keep net/http from guessing
	}
	body, length := a.sent(r.Method)
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
	if a.cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// seconds is a time as the gateway writes it; none for the zero time.
func seconds(t time.Time, none int64) int64 {
	if t.IsZero() {
		return none
	}
	return t.Unix()
}
