package mokatest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"time"
)

// Client reaches the server in process, whatever host a call names. It packs
// and unpacks bodies as net/http's own transport does, and ends with the call's
// context while an answer is held back.
func (s *Server) Client() *http.Client { return &http.Client{Transport: transport{s}} }

type transport struct{ server *Server }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	seen := req.Clone(req.Context())
	if seen.RemoteAddr == "" {
		seen.RemoteAddr = "127.0.0.1:40000"
	}
	unpack := seen.Header.Get("Accept-Encoding") == "" && req.Method != http.MethodHead
	if unpack {
		seen.Header.Set("Accept-Encoding", "gzip")
	}
	answer, err := t.server.handle(seen)
	if err != nil {
		return nil, err
	}
	return answer.response(req, unpack), nil
}

// response is the answer as net/http's transport would hand it out.
func (a reply) response(req *http.Request, unpack bool) *http.Response {
	body, length := a.sent(req.Method)
	var reader io.Reader = bytes.NewReader(body)
	if a.cut {
		reader = io.MultiReader(reader, brokenOff{})
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	resp := &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(length), Request: req,
	}
	if unpack && header.Get("Content-Encoding") == "gzip" {
		header.Del("Content-Encoding")
		resp.ContentLength, resp.Uncompressed = -1, true
		reader = &unpacking{from: reader}
	}
	resp.Body = io.NopCloser(reader)
	return resp
}

// brokenOff is where a connection ended too early.
type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// unpacking starts to unpack at the first read, so that a body that is no gzip
// fails there and not before.
type unpacking struct {
	from io.Reader
	zip  *gzip.Reader
	err  error
}

func (u *unpacking) Read(p []byte) (int, error) {
	if u.zip == nil && u.err == nil {
		u.zip, u.err = gzip.NewReader(u.from)
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.zip.Read(p)
}
