package metrics

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server answers the three paths.
type Server struct {
	Address  string   // host:port
	Hosts    []string // names by which it may be asked, besides those of this machine
	Token    string   // bearer token required for /metrics and /readyz; empty: no token required
	Log      *slog.Logger
	Recorder *Recorder
	// Refresh updates figures that nobody reports, before each answer; nil for none.
	Refresh func(ctx context.Context)
	// Ready gives the reasons why the bot is not doing its work, none when it is.
	Ready func(ctx context.Context) []string
	// Standby reports whether another replica does the work; nil: none does.
	Standby func() bool
}

const (
	answerTime = 5 * time.Second // for one answer
	endTime    = time.Second     // for those under way at the end
)

// Run listens until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	listener, err := net.Listen("tcp", s.Address)
	if err != nil {
		return fmt.Errorf("listen: %w; choose another address, or leave the key empty", err)
	}
	at := listener.Addr().(*net.TCPAddr)
	if !at.IP.IsLoopback() && s.Token == "" {
		s.Log.Warn("everybody who reaches this address can read the balances; listen on 127.0.0.1, or set listen.token_file", "listen", s.Address)
	}
	server := s.server(ctx, s.onlyFor(at, s.Handler()))
	unhook := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
	})
	defer unhook()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// server limits how long anybody may keep a connection without an answer.
func (s *Server) server(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: answerTime, ReadTimeout: answerTime, WriteTimeout: 2 * answerTime, IdleTimeout: answerTime,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
}

// onlyFor refuses requests by a foreign name. A web page whose name was made to lead
// here could otherwise have its visitor's browser read the figures. Such a page is
// always called by its own name, never by an address or a name without dots, such as
// that of a container.
func (s *Server) onlyFor(at *net.TCPAddr, h http.Handler) http.Handler {
	configured, _, _ := net.SplitHostPort(s.Address)
	names := append([]string{"localhost", configured}, s.Hosts...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := Host(r)
		ip, local := net.ParseIP(host), at.IP.IsLoopback()
		switch {
		case host != "" && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, host) }):
		case ip != nil && (!local || ip.IsLoopback()):
		case ip == nil && !local && host != "" && !strings.ContainsAny(host, ".:"):
		default:
			answer(w, http.StatusMisdirectedRequest, "not asked by a name of this machine; list others in listen.hosts")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Host is the name or address that a request is for, without a port and without the dot at
// the end of a full name; "" where it is neither.
func Host(r *http.Request) string {
	u, err := url.Parse("http://" + r.Host)
	if err != nil || u.Host != r.Host || strings.HasPrefix(u.Host, "[") && net.ParseIP(u.Hostname()) == nil {
		return ""
	}
	return strings.TrimSuffix(u.Hostname(), ".")
}

// withToken refuses requests without the bearer token.
func (s *Server) withToken(h http.HandlerFunc) http.HandlerFunc {
	if s.Token == "" {
		return h
	}
	wanted := sha256.Sum256([]byte(s.Token))
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(given))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], wanted[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			answer(w, http.StatusUnauthorized, "the token of listen.token_file is needed")
			return
		}
		h(w, r)
	}
}

// Handler is the three paths.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.withToken(s.ready))
	handler := promhttp.HandlerFor(s.Recorder.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: answerTime})
	mux.HandleFunc("GET /metrics", s.withToken(func(w http.ResponseWriter, r *http.Request) {
		if s.Refresh != nil {
			s.Refresh(r.Context())
		}
		s.Recorder.addUp()
		handler.ServeHTTP(w, r)
	}))
	return mux
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	if reasons := s.Ready(ctx); len(reasons) > 0 {
		answer(w, http.StatusServiceUnavailable, strings.Join(reasons, "\n"))
		return
	}
	if s.Standby != nil && s.Standby() {
		answer(w, http.StatusOK, "standby")
		return
	}
	answer(w, http.StatusOK, "ok")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}
