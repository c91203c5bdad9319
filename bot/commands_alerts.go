package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"mokabot/internal/alert"
	"mokabot/internal/lang"
	"mokabot/internal/message"
)

func suggestReports(_ context.Context, b *Bot, in Input) []string {
	return containing(b.setup().Reports.Names(), in.Options["name"])
}

// report posts a report in its channel and shows it to the caller too.
func report(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	name := in.Options["name"]
	r, channel, ok, err := b.setup().Reports.PostNow(ctx, name, in.ID)
	if !ok {
		return message.Message{}, &unknownError{"report", name, b.setup().Reports.Names()}
	}
	if err != nil {
		return message.Message{}, err
	}
	if name == "" {
		name = b.setup().Reports.Names()[0]
	}
	m := message.Summary(in.Words, r)
	m.Text = in.Words.Report.Posted(name, "<#"+channel+">")
	return m, nil
}

func alerts(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	open, err := b.setup().Incidents.Open(ctx)
	if err != nil {
		return message.Message{}, err
	}
	warned, err := b.setup().Budgets.Open(ctx)
	if err != nil {
		return message.Message{}, err
	}
	return message.Incidents(in.Words, open, warned, b.now()), nil
}

// snoozeActions are what the buttons do to a snooze.
var snoozeActions = map[string]alert.SnoozeOptions{
	message.ActionHour:       {For: time.Hour},
	message.ActionShift:      {For: 8 * time.Hour},
	message.ActionUntilTopUp: {UntilTopUp: true},
	message.ActionEnd:        {},
}

// The lengths that the form of a custom snooze accepts.
const (
	minSnooze = time.Minute
	maxSnooze = 30 * 24 * time.Hour
)

// errSnoozeTime reports that the entered text is no time between minSnooze and
// maxSnooze.
var errSnoozeTime = errors.New("not a time to snooze for")

// snoozeForm asks for how long to snooze.
func snoozeForm(in Input) (message.Form, bool) {
	if len(in.Args) == 0 || in.Args[0] != message.ActionCustom {
		return message.Form{}, false
	}
	return message.SnoozeForm(in.Words, strings.Join(append([]string{in.Name}, in.Args...), ":")), true
}

// snoozeOptions are what a button or a form asks for.
func snoozeOptions(in Input) (alert.SnoozeOptions, error) {
	if in.Args[0] == message.ActionCustom {
		d, ok := lang.ParseDuration(in.Written)
		if !ok || d < minSnooze || d > maxSnooze {
			return alert.SnoozeOptions{}, errSnoozeTime
		}
		return alert.SnoozeOptions{For: d}, nil
	}
	q, known := snoozeActions[in.Args[0]]
	if !known {
		return q, errTooOld
	}
	return q, nil
}

// repliesToAlert reports whether a button is answered by a private message: always
// below an alert, which everybody sees. Below the list of /alerts only the details
// are; the other buttons update the list.
func repliesToAlert(in Input) bool {
	return !in.Private || len(in.Args) > 0 && in.Args[0] == message.ActionDetails
}

// alertButtonNeeds is who may press a button of an alert: viewers read the details,
// operators change a snooze.
func alertButtonNeeds(in Input) standing {
	if len(in.Args) > 0 && in.Args[0] == message.ActionDetails {
		return viewer
	}
	return operator
}

// onAlertButton answers "alerts:WHAT", about all incidents of the message, and
// "alerts:WHAT:INCIDENT:ACCOUNT".
func onAlertButton(ctx context.Context, b *Bot, in Input) (message.Message, error) {
	refs, err := b.pressedIncidents(ctx, in)
	if err != nil {
		return message.Message{}, err
	}
	if in.Args[0] == message.ActionDetails {
		return b.details(ctx, in, refs)
	}
	options, err := snoozeOptions(in)
	if err != nil {
		return message.Message{}, err
	}
	var lines []string
	for _, ref := range refs {
		line, err := b.snooze(ctx, in, ref, options)
		if err != nil {
			return message.Message{}, err
		}
		lines = append(lines, line)
	}
	if !repliesToAlert(in) {
		return alerts(ctx, b, in)
	}
	return message.Note(strings.Join(lines, "\n"), message.ToneMuted), nil
}

func (b *Bot) pressedIncidents(ctx context.Context, in Input) ([]alert.Ref, error) {
	switch len(in.Args) {
	case 1:
		refs, err := b.setup().Incidents.OfMessage(ctx, in.MessageID)
		if err == nil && len(refs) == 0 {
			err = errTooOld
		}
		return refs, err
	case 3:
		return []alert.Ref{{Account: in.Args[2], ID: in.Args[1]}}, nil
	}
	return nil, errTooOld
}

// snooze changes one incident's snooze and says so in a sentence.
func (b *Bot) snooze(ctx context.Context, in Input, ref alert.Ref, q alert.SnoozeOptions) (string, error) {
	o, changed, err := b.setup().Incidents.Snooze(ctx, ref, q)
	if err != nil {
		return "", err
	}
	b.Log.Info("snooze", "account", ref.Account, "incident", ref.ID, "for", q.For, "until_top_up", q.UntilTopUp, "by", in.UserID, "changed", changed)
	w := &in.Words.Incident
	if !changed {
		if o, open, err := b.setup().Incidents.Find(ctx, ref); err != nil || open {
			return w.NotSnoozed(message.IncidentName(in.Words, o.Account, o.Incident)), err
		}
		return w.Over, nil
	}
	name := message.IncidentName(in.Words, o.Account, o.Incident)
	switch {
	case q.UntilTopUp:
		return w.SnoozedUntilTopUp(name), nil
	case q.For > 0:
		return w.SnoozedUntil(name, message.Moment(o.Incident.SnoozedUntil)), nil
	}
	return w.Unsnoozed(name), nil
}

func (b *Bot) details(ctx context.Context, in Input, refs []alert.Ref) (message.Message, error) {
	var parts []message.Message
	for _, ref := range refs {
		o, open, err := b.setup().Incidents.Find(ctx, ref)
		if err != nil {
			return message.Message{}, err
		}
		if !open {
			parts = append(parts, message.Note(in.Words.Incident.Over, message.ToneGood))
			continue
		}
		timeline, err := b.setup().Incidents.Timeline(ctx, o)
		if err != nil {
			return message.Message{}, err
		}
		parts = append(parts, message.IncidentDetails(in.Words, o, timeline, b.now()))
	}
	return message.Join(parts), nil
}
