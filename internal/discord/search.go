package discord

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"
)

// How [REST.Find] can fail to decide.
var (
	// ErrNoHistory: without Read Message History the channel looks empty.
	ErrNoHistory = errors.New("the channel's history may not be read")
	// ErrTooBusy: so many messages followed that the search was given up.
	ErrTooBusy = errors.New("the channel has too many messages to search")
)

const (
	historyPage  = 100              // https://docs.discord.com/developers/resources/message#get-channel-messages
	maxPages     = 10               // of history read from each of the places where the message may be
	searchTime   = 40 * time.Second // for all of it
	historySlack = 10 * time.Minute // clocks that differ
	attemptSlack = time.Minute      // around an attempt
)

// Find looks for an own message that was sent with the nonce between the first and the
// last of several attempts. It reads the channel back from its newest message to the
// first attempt. Where that is too far, it reads forward from shortly before the last
// attempt, and then from shortly before the first. It fails with [ErrTooBusy] when that
// does not decide it, and with [ErrNoHistory] when the channel may not be read. A time in
// the future was noted by a clock that was ahead, and counts as unknown.
func (r *REST) Find(ctx context.Context, channelID, nonce string, first, last time.Time) (string, bool, error) {
	me, err := r.Me(ctx)
	if err != nil {
		return "", false, err
	}
	inner, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s := &search{r: r, channel: channelID, me: me.UserID, nonce: nonce, sure: !first.After(r.Now().Add(historySlack))}
	id, err := s.run(inner, first, last)
	if err != nil && s.pages >= maxPages && ctx.Err() == nil && (inner.Err() != nil || KindOf(err) == KindRateLimited) {
		err = ErrTooBusy // the next search would take as long
	}
	return id, id != "", err
}

func (s *search) run(ctx context.Context, first, last time.Time) (string, error) {
	from := uint64(0)
	if s.sure {
		from = snowflakeAt(first.Add(-historySlack))
	}
	id, decided, err := s.back(ctx, from)
	switch {
	case decided || err != nil:
		return id, err
	case !s.sure:
		return "", ErrTooBusy
	}
	for _, attempt := range slices.CompactFunc([]time.Time{last, first}, time.Time.Equal) {
		if id, err := s.forward(ctx, snowflakeAt(attempt.Add(-attemptSlack))); id != "" || err != nil {
			return id, err
		}
	}
	return "", ErrTooBusy
}

// search looks for one message in a channel.
type search struct {
	r                  *REST
	channel, me, nonce string
	pages              int  // read so far
	sure               bool // when the message may have been sent is known
}

// back reads from the newest message back to the id from. It decides when it
// finds the message or gets that far.
func (s *search) back(ctx context.Context, from uint64) (id string, decided bool, err error) {
	before := uint64(0)
	for n := range maxPages {
		page, err := s.page(ctx, "before", before)
		if err != nil {
			return "", false, err
		}
		if n == 0 && len(page) == 0 {
			return "", true, s.r.mayReadHistory(ctx, s.channel)
		}
		if id, ok := s.in(page); ok {
			return id, true, nil
		}
		oldest := oldestOf(page, before)
		if len(page) < historyPage || oldest == before || oldest < from {
			return "", true, nil
		}
		before = oldest
	}
	return "", false, nil
}

// oldestOf is the smallest id of a page and the one it was read back from; 0 for
// neither.
func oldestOf(page []storedMessage, before uint64) uint64 {
	for _, m := range page {
		if id, err := strconv.ParseUint(m.ID, 10, 64); err == nil && (before == 0 || id < before) {
			before = id
		}
	}
	return before
}

// Posted is a message of the bot as it is in a channel now.
type Posted struct {
	ID string
	m  storedMessage
}

// Own are the bot's messages in a channel since a time, the newest first, as far as
// one search goes. It fails with [ErrNoHistory] when the channel may not be read.
func (r *REST) Own(ctx context.Context, channelID string, since time.Time) ([]Posted, error) {
	me, err := r.Me(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s := &search{r: r, channel: channelID, me: me.UserID}
	from, before := snowflakeAt(since), uint64(0)
	var own []Posted
	for n := range maxPages {
		page, err := s.page(ctx, "before", before)
		if err != nil {
			return nil, err
		}
		if n == 0 && len(page) == 0 {
			return nil, r.mayReadHistory(ctx, channelID)
		}
		for _, m := range page {
			if id, err := strconv.ParseUint(m.ID, 10, 64); err == nil && id >= from && m.Author.ID == me.UserID {
				own = append(own, Posted{m.ID, m})
			}
		}
		oldest := oldestOf(page, before)
		if len(page) < historyPage || oldest == before || oldest < from {
			break
		}
		before = oldest
	}
	return own, nil
}

// forward reads from the id after on, as far as one search goes.
func (s *search) forward(ctx context.Context, after uint64) (string, error) {
	for range maxPages {
		page, err := s.page(ctx, "after", after)
		if err != nil {
			return "", err
		}
		if id, ok := s.in(page); ok {
			return id, nil
		}
		newest := after
		for _, m := range page {
			if id, err := strconv.ParseUint(m.ID, 10, 64); err == nil {
				newest = max(newest, id)
			}
		}
		if len(page) < historyPage || newest == after {
			return "", nil
		}
		after = newest
	}
	return "", nil
}

func (s *search) in(page []storedMessage) (string, bool) {
	for _, m := range page {
		if m.Author.ID == s.me && m.carries(s.nonce) {
			return m.ID, true
		}
	}
	return "", false
}

func (s *search) page(ctx context.Context, direction string, id uint64) ([]storedMessage, error) {
	query := url.Values{"limit": {strconv.Itoa(historyPage)}}
	if id != 0 {
		query.Set(direction, strconv.FormatUint(id, 10))
	}
	var page []storedMessage
	err := s.r.do(ctx, request{
		op: "search history", method: http.MethodGet,
		url:   discordgo.EndpointChannelMessages(url.PathEscape(s.channel)) + "?" + query.Encode(),
		route: route{shape: "GET channels/messages", major: s.channel},
	}, &page)
	s.pages++
	return page, err
}

// mayReadHistory fails with ErrNoHistory where an empty channel only looks so.
func (r *REST) mayReadHistory(ctx context.Context, channelID string) error {
	access, err := r.Access(ctx, channelID)
	if err == nil && !access.History {
		return ErrNoHistory
	}
	return nil // what keeps the channel from being read will keep the message from being sent
}

// snowflakeAt is the smallest id of that moment.
// https://docs.discord.com/developers/reference#snowflakes
func snowflakeAt(t time.Time) uint64 {
	const epoch = 1420070400000
	return uint64(max(0, t.UnixMilli()-epoch)) << 22
}
