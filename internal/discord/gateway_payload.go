package discord

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Operations of https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opResume         = 6
	opReconnect      = 7
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// Bounds of what is read from the gateway. The largest honest payload is the
// GUILD_CREATE of a very large server, of some megabytes and a depth below 20.
const (
	maxPayload = 32 << 20 // bytes, also of a compressed payload once it is inflated
	maxDepth   = 100      // of nested arrays and objects
)

// payload is one message of the gateway, in either direction.
// https://docs.discord.com/developers/events/gateway-events#payload-structure
type payload struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s,omitempty"`
	Type string          `json:"t,omitempty"`
}

var errBadPayload = errors.New("the gateway sent a payload that cannot be read")

// decodePayload reads a message of the gateway's. Discord sends text; binary
// messages are payloads compressed with zlib.
func decodePayload(raw []byte, binary bool) (payload, error) {
	if binary {
		var err error
		if raw, err = inflate(raw); err != nil {
			return payload{}, fmt.Errorf("%w: %w", errBadPayload, err)
		}
	}
	if deeper(raw, maxDepth) {
		return payload{}, fmt.Errorf("%w: it is nested too deeply", errBadPayload)
	}
	var p *payload
	if err := json.Unmarshal(raw, &p); err != nil || p == nil {
		return payload{}, errBadPayload // the cause may quote it
	}
	return *p, nil
}

func inflate(raw []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPayload+1))
	if len(text) > maxPayload {
		return nil, errors.New("it is too large")
	}
	return text, errors.Join(err, z.Close())
}

// deeper reports whether arrays and objects are nested deeper than limit. What
// is no JSON is left to the decoder.
func deeper(raw []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// helloData is the data of HELLO.
type helloData struct {
	Interval float64 `json:"heartbeat_interval"` // milliseconds
}

// identifyData is the data of IDENTIFY.
// https://docs.discord.com/developers/events/gateway-events#identify
type identifyData struct {
	Token          string            `json:"token"`
	Properties     map[string]string `json:"properties"`
	Compress       bool              `json:"compress"`
	LargeThreshold int               `json:"large_threshold"` // members; larger servers come without those offline
	Intents        int               `json:"intents"`
}

// resumeData is the data of RESUME.
type resumeData struct {
	Token     string `json:"token"`
	SessionID string `json:"session_id"`
	Seq       int64  `json:"seq"`
}
