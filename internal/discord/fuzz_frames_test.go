package discord

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
)

// aLine is a connection that brings some bytes and then ends.
type aLine struct {
	net.Conn
	io.Reader
}

func (w aLine) Read(p []byte) (int, error) { return w.Reader.Read(p) }
func (w aLine) Close() error               { return nil }

// FuzzFrames: whatever comes over the line after the upgrade, discordgo gets
// whole frames, no greeting that makes it panic or flood, and none of what
// would make it deadlock.
func FuzzFrames(f *testing.F) {
	for _, text := range []string{
		`{"op":10,"d":{"heartbeat_interval":41250}}`, `{"op":10,"d":{"heartbeat_interval":0}}`, `{"op":10,"d":{"heartbeat_interval":1e300}}`, `{"op":10,"d":null}`,
		`{"op":0,"t":"READY","d":{"user":null}}`, `{"op":7}`, `{"op":9,"d":true}`, `{"op":11}`, `[]`, `null`,
		`{"op":0,"t":"GUILD_CREATE","d":{}}`, `{"op":0,"t":"GUILD_UPDATE","d":{"id":"1","members":[null]}}`, `{"op":0,"t":"READY","d":{"guilds":[null]}}`,
	} {
		f.Add(append(textFrame(text), textFrame(`{"op":11}`)...))
	}
	f.Add([]byte{0x88, 2, 0x0f, 0xa4})
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 4 && raw[1]&frameLength == 127 && raw[2]|raw[3]|raw[4]|raw[5] == 0 {
			raw[6] = 0 // not 32 MiB for every run
		}
		l := newLink(aLine{Reader: bytes.NewReader(raw)}, false, func() {})
		l.upgraded = true
		got, _ := io.ReadAll(l)
		for len(got) > 0 {
			op, payload, rest, ok := cutFrame(got)
			if !ok {
				t.Fatalf("half a frame is handed on: %x", got)
			}
			checkHandedOn(t, op, payload)
			got = rest
		}
		if l.reason() == nil {
			t.Error("the end has no reason")
		}
	})
}

// cutFrame takes the first frame off what a server sent.
func cutFrame(b []byte) (first byte, payload, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	head, size := 2, uint64(b[1]&frameLength)
	if more := map[uint64]int{126: 2, 127: 8}[size]; more > 0 {
		if head += more; len(b) < head {
			return 0, nil, nil, false
		}
		size = 0
		for _, c := range b[2:head] {
			size = size<<8 | uint64(c)
		}
	}
	if uint64(len(b)-head) < size {
		return 0, nil, nil, false
	}
	return b[0], b[head : head+int(size)], b[head+int(size):], true
}

func checkHandedOn(t *testing.T, first byte, payload []byte) {
	t.Helper()
	var e *discordgo.Event
	if first != frameFinal|frameText || json.Unmarshal(payload, &e) != nil {
		return
	}
	if e == nil {
		t.Fatalf("discordgo sees %s", payload)
	}
	switch e.Operation {
	case opDispatch:
		asDiscordgoDoes(e)
	case opReconnect, opInvalidSession:
		t.Errorf("discordgo sees %s", payload)
	case opHello:
		var hello struct {
			Interval time.Duration `json:"heartbeat_interval"`
		}
		if err := json.Unmarshal(e.RawData, &hello); err != nil || hello.Interval*time.Millisecond < shortestBeat || hello.Interval*time.Millisecond > longestBeat {
			t.Errorf("discordgo sees the greeting %s", payload)
		}
	}
}

// asDiscordgoDoes follows the pointers that discordgo follows before it calls
// anybody, and panics where it would.
func asDiscordgoDoes(e *discordgo.Event) {
	var guilds []*discordgo.Guild
	switch e.Type {
	case "READY":
		var r discordgo.Ready
		_ = json.Unmarshal(e.RawData, &r)
		guilds = r.Guilds
	case "GUILD_CREATE", "GUILD_UPDATE":
		var c discordgo.GuildCreate
		_ = json.Unmarshal(e.RawData, &c)
		guilds = []*discordgo.Guild{c.Guild}
	}
	for _, g := range guilds {
		for _, c := range g.Channels {
			c.GuildID = g.ID
		}
		for _, m := range g.Members {
			m.GuildID = g.ID
		}
		for _, v := range g.VoiceStates {
			v.GuildID = g.ID
		}
	}
}

// FuzzEvents: READY and what comes after it may lack anything.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"user":{"id":"5","username":"moka"},"application":{"id":"6"},"guilds":[{"id":"1"},{"id":"2","unavailable":true}]}`), []byte(`{"id":"3"}`))
	f.Add([]byte(`{"user":null,"application":null,"guilds":[null]}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, ready, guild []byte) {
		g := &Gateway{Log: slog.New(slog.DiscardHandler)}
		var r discordgo.Ready
		if json.Unmarshal(ready, &r) == nil {
			g.sawReady(&r)
		}
		var joined *discordgo.Guild
		if json.Unmarshal(guild, &joined) != nil || joined == nil {
			return
		}
		g.sawGuild(joined)
		if g.guilds != nil && !g.guilds[joined.ID] {
			t.Errorf("guild %q is not noted", joined.ID)
		}
		if g.lostGuild(joined); g.guilds[joined.ID] && !joined.Unavailable {
			t.Errorf("guild %q is not forgotten", joined.ID)
		}
	})
}
