package discord

import "testing"

// Whatever an event lacks, the ones after it are handled.
func TestEventsWithHolesEndNothing(t *testing.T) {
	nothingLeft(t)
	f := newFakeGateway(t, before(0, script{}))
	var got answers
	r := startGateway(t, f, func(g *Gateway) { g.OnInteraction = got.take })
	until(t, "the session", func() bool { return r.State().Connected })
	for _, text := range []string{
		`null`, `[]`, `{"op":0,"s":2,"t":"GUILD_CREATE","d":null}`, `{`, `{"op":"x"}`, `{"op":0,"s":-4,"t":"UNKNOWN","d":[[[]]]}`, `{"op":0,"s":2,"t":"GUILD_CREATE","d":{}}`,
		`{"op":0,"s":2,"t":"GUILD_UPDATE","d":{"id":"500","channels":[null]}}`, `{"op":0,"s":2,"t":"GUILD_CREATE","d":{"id":"500","members":[null]}}`,
		`{"op":0,"s":2,"t":"GUILD_CREATE","d":{"id":"500","voice_states":[null]}}`, `{"op":0,"s":2,"t":"READY","d":{"guilds":[null]}}`,
		`{"op":0,"s":2,"t":"GUILD_DELETE","d":null}`, `{"op":0,"s":2,"t":"INTERACTION_CREATE","d":null}`, `{"op":0,"s":2,"t":"INTERACTION_CREATE","d":{"id":"7"}}`,
	} {
		f.push(text)
	}
	f.push(interaction("900"))
	until(t, "what comes after them", func() bool { return got.count("900") == 1 })
}
