// Package alert decides which alerts to post about an account. It is pure: what is known
// and what was posted are kept apart in [State], [Step] compares them, and every
// difference worth a message is an [Event]. It reads no clock, sends nothing and stores
// nothing; its caller stores the state and the messages in one transaction.
package alert

import (
	"time"

	"mokabot/internal/spend"
	"mokabot/moka"
)

// Level is one of an account's alert levels. A level without Below depends on the runway
// alone, one without Runway on the balance alone; with both, being below either is
// enough.
type Level struct {
	Name         string
	Below        moka.Maybe
	Runway       time.Duration // 0: not by runway
	RemindEvery  time.Duration // 0: no reminders
	MentionRoles []string
	MentionUsers []string
}

// LevelNames are the levels' names, in their order.
func LevelNames(levels []Level) []string {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.Name
	}
	return names
}

// Rules are an account's settings.
type Rules struct {
	ChannelID        string
	Levels           []Level       // from the mildest to the worst
	ConfirmAfter     time.Duration // how long a low balance has to last where calls under way may explain it; 0: one reading is enough
	Margin           float64       // 0.05: five per cent above a level clears it
	UnreachableAfter time.Duration // 0: no alert
	KeyExpiry        time.Duration // before a key or a plan ends; 0: an alert only when it has expired
	SpikeFactor      float64       // 0: no spike warnings
	SpikeAtLeast     moka.Amount

	Quiet             QuietHours
	MentionOnRecovery bool // the post about the end mentions whom the incident did
}

// Condition is one thing that can be wrong with an account. There is at most
// one incident per account and condition.
type Condition string

// The conditions.
const (
	Balance     Condition = "balance"      // on one of the levels
	Unreachable Condition = "unreachable"  // cannot be read for UnreachableAfter
	Refused     Condition = "refused"      // the gateway refuses a credential, several times in a row
	Expiring    Condition = "expiring"     // the key expires within KeyExpiry
	Expired     Condition = "expired"      // the key has expired
	PlanEnding  Condition = "plan_ending"  // a plan that pays ends within KeyExpiry
	Exhausted   Condition = "exhausted"    // the key's limit is used up
	WalletEmpty Condition = "wallet_empty" // the key's limit is not, but the wallet that pays is empty
	Spike       Condition = "spike"        // an hour far above what is usual for that hour
)

// Facts are what alerts use of one poll of an account.
type Facts struct {
	At           time.Time
	Reading      moka.Reading
	Runway       spend.Runway
	HourSpent    moka.Maybe  // spent in the last 60 minutes, as far as readings tell
	HourPart     bool        // they cover only a part of these: it may have been more
	QuarterSpent moka.Maybe  // in the last 15 of them, as far as readings tell
	HourUsual    moka.Maybe  // what such an hour usually costs; unknown without enough history
	TopUp        moka.Amount // added since the reading before this one, 0 when nothing was
	InFlight     moka.Maybe  // at most what calls under way may give back; unknown without records of them

	// Rescaled reports that only the gateway's unit changed since the reading before:
	// the amounts differ although nothing was spent or added.
	Rescaled bool

	// ClockUnsure reports that no server confirmed At. A key that still works is then
	// not expired, whatever the clock shows.
	ClockUnsure bool
}

// Kind is what happened to an incident.
type Kind string

// The kinds of event.
const (
	Raised   Kind = "raised"   // a new incident
	Worsened Kind = "worsened" // on a worse level than posted
	Eased    Kind = "eased"    // on a better level than posted, but not over; edits only
	Reminder Kind = "reminder" // it goes on
	Updated  Kind = "updated"  // figures changed; edits only
	Ended    Kind = "ended"    // it is over

	// Withdrawn is an end without a message: another incident covers the same trouble now
	// ([Event.By]), or the settings no longer ask for this one.
	Withdrawn Kind = "withdrawn"
)

// Post reports whether an event of this kind deserves a message of its own. All
// others only edit the incident's live message. See [Event.Post].
func (k Kind) Post() bool {
	return k == Raised || k == Worsened || k == Reminder || k == Ended
}

// Incident is one thing that is wrong, from when it began until it is over.
type Incident struct {
	ID           string      `json:"id"` // letters, digits, - and _; stable, unique with the account's name
	Condition    Condition   `json:"condition"`
	Level        int         `json:"level"` // index into Rules.Levels as posted; -1 for conditions without levels
	LevelName    string      `json:"level_name,omitempty"`
	Since        time.Time   `json:"since"`
	PostedAt     time.Time   `json:"told_at"`   // of the last post (not an edit) about it
	EditedAt     time.Time   `json:"edited_at"` // of the last edit of the live message
	EndedAt      time.Time   `json:"ended_at,omitzero"`
	TopUp        moka.Amount `json:"top_up"`              // added while it was open
	SnoozedAt    time.Time   `json:"snoozed_at,omitzero"` // when somebody asked for the snooze
	SnoozedUntil time.Time   `json:"snoozed_until,omitzero"`
	UntilTopUp   bool        `json:"until_top_up,omitempty"`
	Posts        int         `json:"posts"`             // how many posts there were about it; makes nonces stable
	HeldBack     Kind        `json:"owed,omitempty"`    // the post that is held back
	OwedFrom     int         `json:"owed_from"`         // the level posted before it
	OwedAt       time.Time   `json:"owed_at,omitzero"`  // when it was held back,
	OwedMoney    moka.Maybe  `json:"owed_money"`        // and what was left then
	Subject      string      `json:"subject,omitempty"` // the account's name when its posts were written; empty: as it is now

	Below    moka.Maybe    `json:"below"`               // the level's limits as last compared with figures:
	Runway   time.Duration `json:"runway,omitempty"`    // other limits in the rules mean a reload
	ByRunway bool          `json:"by_runway,omitempty"` // the runway was short when it was last known
	Expires  time.Time     `json:"expires,omitzero"`    // of Expiring, Expired and PlanEnding: the end that was posted
	Lead     time.Duration `json:"lead,omitempty"`      // of Expiring: from the post to the expiry
	Shown    Figures       `json:"shown"`               // what the live message shows
}

// Figures are what a live message shows that changes.
type Figures struct {
	Money   moka.Maybe    `json:"money"`            // spendable, or the hour's spending of a spike
	Runway  time.Duration `json:"runway,omitempty"` // the middle of the range; 0: unknown or idle
	Snoozed bool          `json:"snoozed,omitempty"`
}

// Snoozed reports whether reminders are held back at now.
func (i Incident) Snoozed(now time.Time) bool {
	return i.UntilTopUp || i.SnoozedUntil.After(now)
}

// Event is a difference between what is known and what was posted.
type Event struct {
	Kind     Kind
	Incident Incident  // as it is after the event
	From     int       // the level posted before; -1 for none
	Level    *Level    // the level now, nil for conditions without levels and when over
	By       Condition // of Withdrawn: the condition that covers it now
	Reason   Reason    // of Withdrawn without By
	Held     bool      // it is held back: there is no channel, or the hours are quiet
	Late     bool      // it was held back until now
	Facts    Facts
	At       time.Time

	// MentionRoles and MentionUsers are whom a post pings: those of the level, of the
	// former level when it is over, and of the worst level when calls fail (exhausted,
	// wallet empty, expired, refused). Edits ping nobody.
	MentionRoles []string
	MentionUsers []string
}

// Reason is why an incident was withdrawn that no other one replaces.
type Reason string

// The reasons.
const (
	RulesChanged Reason = "rules"    // the settings no longer ask for it
	Removed      Reason = "removed"  // the account left the configuration
	Mistaken     Reason = "mistaken" // the clock had been wrong
)

// Post reports whether the event is posted as a message of its own.
func (e Event) Post() bool { return e.Kind.Post() && !e.Held }

// Duration is how long the incident had lasted at the event.
func (e Event) Duration() time.Duration {
	until := e.At
	if !e.Incident.EndedAt.IsZero() {
		until = e.Incident.EndedAt
	}
	return max(0, until.Sub(e.Incident.Since))
}
