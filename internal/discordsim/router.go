package discordsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const largestBody = 27 << 20

// call is one REST request.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	path    string // without the API's prefix
	raw     []byte
	pattern string
}

// handler answers a call; it runs with Server.mu held. A nil answer is 204.
type handler func(c *call) (any, *problem)

// routes are what the server answers.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /users/@me":                                               (*call).ownUser,
		"GET /users/{user}":                                            (*call).readUser,
		"POST /users/@me/channels":                                     (*call).openDM,
		"GET /users/@me/guilds":                                        (*call).ownGuilds,
		"GET /oauth2/applications/@me":                                 (*call).application,
		"GET /applications/@me":                                        (*call).application,
		"GET /channels/{channel}":                                      (*call).readChannel,
		"GET /channels/{channel}/messages":                             (*call).history,
		"GET /channels/{channel}/messages/{message}":                   (*call).readMessage,
		"POST /channels/{channel}/messages":                            (*call).createMessage,
		"PATCH /channels/{channel}/messages/{message}":                 (*call).editMessage,
		"DELETE /channels/{channel}/messages/{message}":                (*call).deleteMessage,
		"POST /channels/{channel}/typing":                              (*call).typing,
		"GET /guilds/{guild}":                                          ofGuild((*call).readGuild),
		"GET /guilds/{guild}/roles":                                    ofGuild((*call).readRoles),
		"GET /guilds/{guild}/channels":                                 ofGuild((*call).readChannels),
		"GET /guilds/{guild}/members/{user}":                           ofGuild((*call).readMember),
		"GET /applications/{app}/commands":                             (*call).readCommands,
		"PUT /applications/{app}/commands":                             (*call).putCommands,
		"POST /applications/{app}/commands":                            (*call).postCommand,
		"DELETE /applications/{app}/commands/{command}":                (*call).deleteCommand,
		"GET /applications/{app}/guilds/{guild}/commands":              (*call).readCommands,
		"PUT /applications/{app}/guilds/{guild}/commands":              (*call).putCommands,
		"POST /applications/{app}/guilds/{guild}/commands":             (*call).postCommand,
		"GET /gateway/bot":                                             (*call).gatewayBot,
		"DELETE /applications/{app}/guilds/{guild}/commands/{command}": (*call).deleteCommand,
	} {
		mux.HandleFunc(pattern, s.route(pattern, false, h))
	}
	s.openRoutes(mux)
	mux.HandleFunc("/", s.route("unknown", true, func(*call) (any, *problem) { return nil, notFound() }))
	return mux
}

// openRoutes need no bot token: their address is the credential.
func (s *Server) openRoutes(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /gateway": (*call).gatewayURL,
		"POST /interactions/{interaction}/{token}/callback": (*call).callback,
		"POST /webhooks/{app}/{token}":                      (*call).followUp,
		"GET /webhooks/{app}/{token}/messages/{message}":    (*call).readAnswer,
		"PATCH /webhooks/{app}/{token}/messages/{message}":  (*call).editAnswer,
		"DELETE /webhooks/{app}/{token}/messages/{message}": (*call).deleteAnswer,
	} {
		mux.HandleFunc(pattern, s.route(pattern, true, h))
	}
}

// ServeHTTP is the REST API, the gateway's websocket and the attachments.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		cutLine(r)
	}
	defer s.running.Done()
	if s.isDown() {
		cutLine(r)
	}
	switch {
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		s.serveGateway(w, r)
	case strings.HasPrefix(r.URL.Path, attachmentsPath):
		s.serveAttachment(w, r)
	default:
		s.serveREST(w, r)
	}
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	path, ok := withoutVersion(r.URL.EscapedPath())
	var f Fault
	if ok {
		f = s.fault(r.Method, path, strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/"))
	}
	raw := s.body(f, r)
	if !ok {
		s.violate("%s %s: %s", r.Method, r.URL.Path, invalidVersion())
		writeJSON(w, http.StatusBadRequest, invalidVersion().body())
		return
	}
	note := &noting{ResponseWriter: w, s: s, at: s.record(r, path, raw)}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	s.settings.onRequest(MomentArrived, r.Method, path)
	s.faulty(f, note, r, func(w http.ResponseWriter) {
		s.serveRoute(w, r, path)
		s.settings.onRequest(MomentDone, r.Method, path)
	})
}

// withoutVersion takes /api/v9 or /api/v10 off a path.
func withoutVersion(path string) (string, bool) {
	for _, prefix := range []string{"/api/v9/", "/api/v10/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return "/" + rest, true
		}
	}
	return path, false
}

func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, path string) {
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = unescaped(path), path
	s.mux.ServeHTTP(w, inner)
}

// record notes a request as it comes, and gives its place among the others.
func (s *Server) record(r *http.Request, path string, body []byte) int {
	s.vmu.Lock()
	defer s.vmu.Unlock()
	s.requests = append(s.requests, Request{At: time.Now(), Method: r.Method, Path: path, Query: r.URL.RawQuery, Body: body})
	if n := s.settings.requests; n > 0 && len(s.requests) > 2*n {
		s.forgotten += len(s.requests) - n
		s.requests = slices.Delete(s.requests, 0, len(s.requests)-n)
	}
	return s.forgotten + len(s.requests) - 1
}

// replied notes a request's status, before anybody can have seen the answer.
func (s *Server) replied(at, status int) {
	s.vmu.Lock()
	if at >= s.forgotten {
		s.requests[at-s.forgotten].Status = status
	}
	s.vmu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}, status) {
		s.invalid++
	}
	s.changed()
}

// Invalid counts the answers 401, 403 and 429. Discord bans an address after
// 10,000 of them in ten minutes.
func (s *Server) Invalid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.invalid
}

// route makes a handler part of the mux.
func (s *Server) route(pattern string, open bool, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		c := &call{s: s, w: w, r: r, path: r.URL.Path, raw: raw, pattern: pattern}
		p := c.admit(open)
		var out any
		if p == nil {
			out, p = c.run(h)
		}
		if p != nil {
			if !p.excused {
				s.violate("%s %s: %s", r.Method, c.path, p)
			}
			writeJSON(w, p.status, p.body())
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func (c *call) run(h handler) (any, *problem) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if p := c.limit(); p != nil {
		return nil, p
	}
	out, p := h(c)
	if p != nil || out == nil {
		return nil, p
	}
	raw, err := json.Marshal(out) // while nothing changes
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, 0, err.Error())
	}
	return json.RawMessage(raw), nil
}

// admit checks what every request needs.
func (c *call) admit(open bool) *problem {
	agent := c.r.Header.Get("User-Agent")
	if agent == "" || strings.HasPrefix(agent, "Go-http-client/") {
		return noUserAgent()
	}
	if !strings.HasPrefix(agent, "DiscordBot (") {
		c.s.violate("%s %s: the User-Agent %q is not of the form DiscordBot (url, version)", c.r.Method, c.path, agent)
	}
	if !open && c.r.Header.Get("Authorization") != "Bot "+c.s.settings.token {
		return unauthorized()
	}
	if len(c.raw) > largestBody {
		return tooLarge()
	}
	for _, name := range []string{"channel", "guild", "user", "app", "interaction"} {
		if id := c.r.PathValue(name); id != "" && !isSnowflake(id) {
			f := form{}
			f.snowflake(name+"_id", id)
			return f.problem()
		}
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // our own objects always encode
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// noting notes the status that is answered.
type noting struct {
	http.ResponseWriter
	s  *Server
	at int // among the server's requests
}

func (n *noting) WriteHeader(status int) {
	n.s.replied(n.at, status)
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap is for [http.ResponseController].
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }
