package main

import (
	"context"
	"io"
	"log"
	"strings"

	"mokabot/internal/lang"
	"mokabot/moka/redact"
)

// secrets are the credentials of the configuration in use. Nothing that the
// program prints contains them, whatever was overlooked elsewhere.
var secrets = redact.ForOutput("<secret>")

// redacting writes without the credentials, and nothing once ctx has ended: an answer then
// would blame a gateway for calls that were given up.
type redacting struct {
	ctx context.Context
	to  io.Writer
}

func (r redacting) Write(p []byte) (int, error) { return r.WriteString(string(p)) }

// WriteString needs no copy of the text.
func (r redacting) WriteString(text string) (int, error) {
	if r.ctx.Err() != nil {
		return 0, errInterrupted
	}
	if _, err := io.WriteString(r.to, secrets.Redact(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// errInterrupted ends a command by SIGINT or SIGTERM.
var errInterrupted = &failure{say: func(w lang.ArgumentWords) string { return w.Interrupted }}

// silenceHTTPDebug keeps GODEBUG=http2debug from printing the headers of every
// request, credentials included. net/http reads that variable before main runs,
// but prints through package log, which has no other use here that matters as
// much.
func silenceHTTPDebug(environment string) {
	if strings.Contains(environment, "http2debug") {
		log.SetOutput(io.Discard)
	}
}
