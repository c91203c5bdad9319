package discord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// Values keeps small things across restarts.
type Values interface {
	// Value gives what was stored under name, and whether there was anything.
	Value(ctx context.Context, name string) ([]byte, bool, error)
	// SetValue stores a value.
	SetValue(ctx context.Context, name string, value []byte) error
}

// everywhere is the scope of global commands.
const everywhere = "global"

// SyncCommands registers the commands in the guilds, where they appear at once, and
// globally for direct messages, which do not have a guild's commands; without guilds it
// registers them globally for both. Discord allows 200 creations a day and guild, so it
// writes only where something changed: values keeps a hash of what was last written to
// each scope, and the names that Discord has now are compared, too, because they vanish
// when the bot is removed from a guild and invited again. Commands in scopes that are no
// longer wanted are removed. One guild's failure does not stop the others.
func (r *REST) SyncCommands(ctx context.Context, appID string, guildIDs []string, commands []*discordgo.ApplicationCommand, values Values) error {
	raw, err := json.Marshal(append([]*discordgo.ApplicationCommand{}, commands...)) // an empty list is [], not null
	if err != nil {
		return fmt.Errorf("encode commands: %w", err)
	}
	direct, err := json.Marshal(directOnly(commands))
	if err != nil {
		return fmt.Errorf("encode commands: %w", err)
	}
	name := "discord/commands/" + appID
	written, err := writtenScopes(ctx, values, name)
	if err != nil {
		return err
	}
	scopes := append(slices.Clone(guildIDs), everywhere)
	global := direct
	if len(guildIDs) == 0 {
		global = raw
	}
	errs := r.clearScopes(ctx, appID, scopes, written)
	for _, scope := range scopes {
		wanted := raw
		if scope == everywhere {
			wanted = global
		}
		if err := r.syncScope(ctx, appID, scope, wanted, written); err != nil {
			errs = append(errs, fmt.Errorf("register commands in %s: %w", scope, err))
		}
	}
	kept, err := json.Marshal(written)
	if err == nil {
		err = values.SetValue(ctx, name, kept)
	}
	return errors.Join(append(errs, err)...)
}

// directOnly are the commands for direct messages alone, so that no command is listed twice
// in the menu of a guild that has its own.
// https://docs.discord.com/developers/interactions/application-commands#interaction-contexts
func directOnly(commands []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
	direct := make([]*discordgo.ApplicationCommand, len(commands))
	for i, c := range commands {
		only := *c
		only.Contexts = &[]discordgo.InteractionContextType{discordgo.InteractionContextBotDM}
		direct[i] = &only
	}
	return direct
}

// writtenScopes reads scope -> hash of the commands written there.
func writtenScopes(ctx context.Context, values Values, name string) (map[string]string, error) {
	raw, ok, err := values.Value(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read what commands were registered: %w", err)
	}
	written := map[string]string{}
	if ok && json.Unmarshal(raw, &written) != nil {
		return map[string]string{}, nil // unreadable: write them again
	}
	return written, nil
}

func (r *REST) clearScopes(ctx context.Context, appID string, wanted []string, written map[string]string) []error {
	var errs []error
	for scope := range written {
		if slices.Contains(wanted, scope) {
			continue
		}
		err := r.overwrite(ctx, appID, scope, []byte("[]"))
		if err != nil && KindOf(err) != KindPermanent { // permanent: no longer in that guild
			errs = append(errs, fmt.Errorf("remove commands from %s: %w", scope, err))
			continue
		}
		delete(written, scope)
	}
	return errs
}

func (r *REST) syncScope(ctx context.Context, appID, scope string, raw []byte, written map[string]string) error {
	hash := hashOf(raw)
	if written[scope] == hash {
		same, err := r.sameNames(ctx, appID, scope, raw)
		if err != nil || same {
			return err
		}
	}
	if err := r.overwrite(ctx, appID, scope, raw); err != nil {
		return err
	}
	written[scope] = hash
	return nil
}

func (r *REST) sameNames(ctx context.Context, appID, scope string, raw []byte) (bool, error) {
	var there json.RawMessage
	q := commandsRequest("list commands", http.MethodGet, appID, scope, nil)
	if err := r.do(ctx, q, &there); err != nil {
		return false, err
	}
	return slices.Equal(commandNames(there), commandNames(raw)), nil
}

func commandNames(raw []byte) []string {
	var list []struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func (r *REST) overwrite(ctx context.Context, appID, scope string, raw []byte) error {
	f := &form{kind: "application/json", body: raw}
	if err := r.do(ctx, commandsRequest("register commands", http.MethodPut, appID, scope, f), nil); err != nil {
		return err
	}
	r.log.Info("discord commands registered", "scope", scope)
	return nil
}

func commandsRequest(op, method, appID, scope string, f *form) request {
	address := discordgo.EndpointApplicationGlobalCommands(url.PathEscape(appID))
	rt := route{shape: method + " applications/commands"}
	if scope != everywhere {
		address = discordgo.EndpointApplicationGuildCommands(url.PathEscape(appID), url.PathEscape(scope))
		rt = route{shape: method + " applications/guilds/commands", major: scope}
	}
	return request{op: op, method: method, url: address, route: rt, form: f}
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
