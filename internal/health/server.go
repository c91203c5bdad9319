package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server answers the three paths.
type Server struct {
	Address string // host:port
	Told    *Told
	// Refresh brings figures up to date that nobody tells of; nil: there are none.
	Refresh func(ctx context.Context)
	// Ready gives the reasons why the bot is not doing its work, none when it is.
	Ready func(ctx context.Context) []string
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
	server := s.server(ctx)
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

// server gives nobody a line for longer than an answer takes.
func (s *Server) server(ctx context.Context) *http.Server {
	return &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: answerTime, ReadTimeout: answerTime, WriteTimeout: 2 * answerTime, IdleTimeout: answerTime,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
}

// Handler is the three paths.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	metrics := promhttp.HandlerFor(s.Told.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: answerTime})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if s.Refresh != nil {
			s.Refresh(r.Context())
		}
		metrics.ServeHTTP(w, r)
	})
	return mux
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	if reasons := s.Ready(ctx); len(reasons) > 0 {
		answer(w, http.StatusServiceUnavailable, strings.Join(reasons, "\n"))
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
