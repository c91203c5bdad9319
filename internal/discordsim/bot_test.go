package discordsim_test

import (
	"encoding/json"

	"mokabot/internal/discordsim"
)

// incoming is an interaction as the bot gets it.
type incoming struct {
	ID, Token string
	Type      int
	GuildID   string `json:"guild_id"`
	Locale    string
	User      *discordsim.User
	Member    *struct {
		User        discordsim.User
		Permissions string
	}
	Message discordsim.Message
	Data    struct {
		Name     string
		CustomID string `json:"custom_id"`
		Options  []struct {
			Name    string
			Value   any
			Focused bool
		}
		Components []struct {
			Components []struct{ Value string }
		}
	}
}

// bot connects by hand and has f answer each interaction.
func (r *rig) bot(f func(i incoming)) {
	r.t.Helper()
	s := r.dial()
	s.login()
	r.ask("PUT", puts, `[{"name":"balance","description":"d","options":[{"type":3,"name":"account","description":"d","autocomplete":true},{"type":5,"name":"share","description":"d"}]}]`)
	ended := make(chan struct{})
	r.t.Cleanup(func() { _ = s.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			p, err := s.next()
			if err != nil {
				return
			}
			var i incoming
			if p.T == "INTERACTION_CREATE" && json.Unmarshal(p.D, &i) == nil {
				f(i)
			}
		}
	}()
}

func (r *rig) respond(i incoming, body string) answer {
	a, err := r.try("POST", "/interactions/"+i.ID+"/"+i.Token+"/callback", body)
	if err != nil {
		r.t.Error(err)
	}
	return a
}

func (r *rig) fill(i incoming, body string) answer {
	a, err := r.try("PATCH", hooks+i.Token+"/messages/@original", body)
	if err != nil {
		r.t.Error(err)
	}
	return a
}
