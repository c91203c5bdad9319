package bot

import (
	"context"
	"fmt"
	"time"
)

// decideTime limits the decisions before an interaction is acknowledged, because
// Discord expects the acknowledgement within three seconds.
const decideTime = 2 * time.Second

// tooFastError reports that somebody has used up their commands for now.
type tooFastError struct{ wait time.Duration }

func (e *tooFastError) Error() string {
	return fmt.Sprintf("too many commands, the next in %s", e.wait)
}

// throttle counts one use of a command. Operators have a higher limit, as far as the
// interaction itself shows that they are operators.
func (b *Bot) throttle(in Input) error {
	limit := viewerPerMinute
	if b.rules(homeServers{Known: true, Guilds: []string{in.GuildID}}).standing(in.caller()) == operator {
		limit = operatorPerMinute
	}
	if wait := b.pace.use(in.UserID, limit, b.now()); wait > 0 {
		return &tooFastError{wait}
	}
	return nil
}

// standing returns what the caller may do, and why that is not enough.
func (b *Bot) standing(ctx context.Context, in Input, needed standing) (standing, denial) {
	rules := b.rules(b.homeServers(ctx))
	c := in.caller()
	if in.GuildID == "" && rules.needsMembership(c) {
		c.Memberships = b.memberships(ctx, rules.Home.Guilds, in.UserID)
	}
	why := decide(rules, c, needed)
	if why == homeUnknown || why == userInstalled || why == elsewhere {
		return notAllowed, why
	}
	return rules.standing(c), why
}

func (b *Bot) rules(home homeServers) accessRules {
	s := b.setup()
	return accessRules{Operators: s.Operators, Viewers: s.Viewers, Home: home}
}

// memberships looks a user up in the home servers. A server that does not answer, or
// does not know them, is left out.
func (b *Bot) memberships(ctx context.Context, guilds []string, user string) []membership {
	var found []membership
	for _, guild := range guilds {
		roles, manages, err := b.REST.Membership(ctx, guild, user, b.now())
		if err != nil {
			b.Log.Debug("membership could not be read", "guild", guild, "err", err)
			continue
		}
		found = append(found, membership{guild, roles, manages})
	}
	return found
}

// caller is who uses a command, by the interaction.
func (in Input) caller() caller {
	c := caller{UserID: in.UserID, GuildID: in.GuildID, Context: in.Context, Owners: in.Owners}
	if in.GuildID != "" {
		c.Memberships = []membership{{in.GuildID, in.RoleIDs, in.Manages}}
	}
	return c
}
