package discord

import "encoding/json"

// whole reports whether discordgo can take an event. It follows pointers into a
// server's lists without a look, in a goroutine where a panic ends the program.
func whole(eventType string, data json.RawMessage) bool {
	switch eventType {
	case "READY":
		var ready struct {
			Guilds []*guildLists `json:"guilds"`
		}
		_ = json.Unmarshal(data, &ready) // discordgo goes on with what could be read, too
		for _, g := range ready.Guilds {
			if !g.whole() {
				return false
			}
		}
	case "GUILD_CREATE", "GUILD_UPDATE":
		var g *guildLists
		_ = json.Unmarshal(data, &g)
		return g.whole() && g.ID != ""
	}
	return true
}

// guildLists are the parts of a server that discordgo walks through.
type guildLists struct {
	ID          string      `json:"id"`
	Channels    []*struct{} `json:"channels"`
	Members     []*struct{} `json:"members"`
	VoiceStates []*struct{} `json:"voice_states"`
}

func (g *guildLists) whole() bool {
	if g == nil {
		return false
	}
	for _, list := range [][]*struct{}{g.Channels, g.Members, g.VoiceStates} {
		for _, one := range list {
			if one == nil {
				return false
			}
		}
	}
	return true
}
