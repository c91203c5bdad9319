package moka

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Booked is what the gateway's log says of a stretch of time, in raw quota.
type Booked struct {
	Consumed int64   // what was charged
	Earlier  int64   // the part of Consumed that the reading before may have counted
	Refunded int64   // what was given back
	Before   int64   // what was given back before From
	Returns  int     // refunds that older gateways note without an amount that can be read, since RefundsSince
	Noted    bool    // refunds are noted in words, as only gateways do whose used quota they leave as it is
	TopUps   int     // how often money was added
	Until    int64   // Unix time of the newest refund; 0 without one
	Credits  Credits // what was added, where [BookedQuery.CreditsSince] asks for it
}

// Credits are what the log says was added to a wallet: paid for, given by an
// operator, or won by checking in.
type Credits struct {
	Quota  int64 // raw, of the rows whose amounts can be read
	Unread int   // rows whose amounts cannot
	Newest int64 // Unix time of the newest row; 0 without one
}

// None reports whether nothing was added.
func (c Credits) None() bool { return c.Newest == 0 }

// The types of log rows (new-api model/log.go).
const (
	logTopUp   = 1
	logConsume = 2
	logManage  = 3
	logSystem  = 4
	logRefund  = 6
)

// bookedPages bounds how many rows of refunds are read at once.
const bookedPages = 5

// BookedQuery is what [Client.Booked] is asked for.
type BookedQuery struct {
	From, To     time.Time // half open
	Last         time.Time // of the reading before
	RefundsSince time.Time // refunds are looked for from here on, if that is earlier than From
	UnitSince    time.Time // amounts in words are in the present unit from here on
	RefundsOnly  bool      // without a refund, nothing else is asked
	Charges      bool      // what was charged is asked for even without a refund
	CreditsSince time.Time // credits are looked for from here on; zero: not at all
}

// Booked reads /api/log/self and /api/log/self/stat: what happened in a stretch of
// time besides the counters.
func (c *Client) Booked(ctx context.Context, q BookedQuery) (Booked, error) {
	w := windowOf(q.From, q.To)
	first := w.first
	if !q.RefundsSince.IsZero() {
		first = min(first, max(0, q.RefundsSince.Unix()))
	}
	var b Booked
	refunds, err := c.refunds(ctx, window{first, w.last}, w.first)
	if err != nil {
		return b, err
	}
	b.Refunded, b.Before, b.Until = refunds.quota, refunds.before, refunds.newest
	if q.RefundsOnly && b.Refunded+b.Before == 0 && !refunds.more {
		return b, nil
	}
	if err := c.additions(ctx, w, q, &b); err != nil {
		return b, err
	}
	if b.Refunded+b.Before == 0 {
		notes, err := c.notedRefunds(ctx, window{first, w.last}, w.first, q.UnitSince)
		b.Refunded, b.Before, b.Until, b.Returns = notes.quota, notes.before, notes.newest, notes.unread
		b.Noted = notes.newest > 0
		if err != nil || !q.Charges {
			return b, err
		}
	}
	return b, c.charges(ctx, w, q.Last, &b)
}

// charges fills in what was charged in a window, and the part of it up to the
// reading before.
func (c *Client) charges(ctx context.Context, w window, last time.Time, b *Booked) (err error) {
	if b.Consumed, err = c.stat(ctx, w, "", ""); err != nil {
		return err
	}
	if w.last = min(w.last, last.Unix()); w.first > w.last {
		return nil
	}
	earlier, err := c.stat(ctx, w, "", "")
	b.Earlier = min(earlier, b.Consumed)
	return err
}

// additions fills in what the log says was added.
func (c *Client) additions(ctx context.Context, w window, q BookedQuery, b *Booked) error {
	wide := w
	if !q.CreditsSince.IsZero() {
		wide.first = min(w.first, max(0, q.CreditsSince.Unix()))
	}
	kinds := []int{logTopUp}
	if !q.CreditsSince.IsZero() {
		kinds = []int{logTopUp, logManage, logSystem}
	}
	pages, errs := make([][]logRow, len(kinds)), make([]error, len(kinds))
	status, err := c.besideStatus(ctx, func() error {
		var asking sync.WaitGroup
		for i, kind := range kinds {
			asking.Go(func() { pages[i], errs[i] = c.logRows(ctx, wide, kind, 1) })
		}
		asking.Wait()
		return cmp.Or(errs...)
	})
	if err != nil {
		return err
	}
	for i, kind := range kinds {
		rows := pages[i]
		for _, row := range rows {
			if row.Type != kind || row.At < wide.first || row.At > wide.last {
				continue
			}
			if !row.adds() {
				continue
			}
			if row.At >= w.first {
				b.TopUps++
			}
			if !q.CreditsSince.IsZero() && row.At >= q.CreditsSince.Unix() {
				b.Credits.add(row, status.Units, q.UnitSince)
			}
		}
		if len(rows) >= keyPageSize {
			b.Credits.Unread++ // there are more
		}
	}
	return nil
}

func (c *Credits) add(row logRow, u Units, unitSince time.Time) {
	quota, ok := credited(row.Content, u)
	if ok && quota == 0 {
		return // an operator set less than was left
	}
	c.Newest = max(c.Newest, row.At)
	ok = ok && row.At >= unitSince.Unix()
	if row.Quota > 0 { // some gateways give the amount itself
		quota, ok = row.Quota, true
	}
	if !ok || overflows(c.Quota, quota) {
		c.Unread++
		return
	}
	c.Quota += quota
}

// notedRefunds reads refunds that gateways before 2026-07 note in words, the part
// before a second apart. Amounts are in the present unit from unitSince on.
func (c *Client) notedRefunds(ctx context.Context, w window, from int64, unitSince time.Time) (sum refundSum, err error) {
	var notes []logRow
	status, err := c.besideStatus(ctx, func() (err error) {
		notes, err = c.logRows(ctx, w, logSystem, 1)
		return err
	})
	if err != nil {
		return sum, err
	}
	for _, row := range notes {
		if row.Type != logSystem || !returns(row.Content) || row.At < w.first || row.At > w.last {
			continue
		}
		sum.newest = max(sum.newest, row.At)
		switch quota, ok := noted(row.Content, status.Units); {
		case !ok || row.At < unitSince.Unix() || overflows(sum.quota, quota) || overflows(sum.before, quota):
			sum.unread++
		case row.At < from:
			sum.before += quota
		default:
			sum.add(row.At, quota)
		}
	}
	return sum, nil
}

// Refund is a row of the log about money that was refunded.
type Refund struct {
	At    time.Time
	Quota int64 // raw
}

// ErrUnreadAmounts is the cause of a [BadResponse] where the log was read and does not tell
// all amounts. Reading it again changes nothing.
var ErrUnreadAmounts = errors.New("the log does not tell all amounts")

func unreadAmounts(what string) *Error {
	e := mistyped("log/self", what)
	e.Err = ErrUnreadAmounts
	return e
}

// Refunds reads what the log says was given back in [from, to). So many refunds
// that only a part could be read are an error, [ErrUnreadAmounts], and so is an amount
// that older gateways did not note or in a currency whose rate is not known. Amounts
// in words are in the present unit from unitSince on.
func (c *Client) Refunds(ctx context.Context, from, to, unitSince time.Time) ([]Refund, error) {
	w := windowOf(from, to)
	var notes refundSum // what older gateways note instead
	var notesErr error
	var asking sync.WaitGroup
	asking.Go(func() { notes, notesErr = c.notedRefunds(ctx, w, w.first, unitSince) })
	refunds, err := c.refunds(ctx, w, w.first)
	asking.Wait()
	if err == nil && refunds.quota == 0 && !refunds.more {
		refunds, err = notes, notesErr
	}
	if err != nil {
		return nil, err
	}
	if refunds.more || refunds.unread > 0 {
		return nil, unreadAmounts("more refunds than can be read")
	}
	return refunds.rows, nil
}

// CreditedLog reads what the log says was added in [from, to): paid for, given by an
// operator, or won. An amount that cannot be read is an error, [ErrUnreadAmounts].
// Amounts in words are in the present unit from unitSince on.
func (c *Client) CreditedLog(ctx context.Context, from, to, unitSince time.Time) (Amount, error) {
	w := windowOf(from, to)
	var b Booked
	status, err := c.besideStatus(ctx, func() error {
		return c.additions(ctx, w, BookedQuery{CreditsSince: time.Unix(w.first, 0), UnitSince: unitSince}, &b)
	})
	if err != nil {
		return 0, err
	}
	if b.Credits.Unread > 0 {
		return 0, unreadAmounts("a top-up of an amount that cannot be read")
	}
	return status.Units.charged("log/self", b.Credits.Quota)
}

// RefundsByKey returns what was given back in [from, to), by the key that it had been
// charged to. Gateways before 2026-07 do not name the key of a refund; their refunds are
// left out.
func (c *Client) RefundsByKey(ctx context.Context, from, to time.Time) ([]KeyUse, error) {
	w := windowOf(from, to)
	var refunds refundSum
	status, err := c.besideStatus(ctx, func() (err error) {
		refunds, err = c.refunds(ctx, w, w.first)
		return err
	})
	if err != nil {
		return nil, err
	}
	if refunds.more {
		return nil, unreadAmounts("more refunds than can be read")
	}
	var uses []KeyUse
	for key, quota := range refunds.byKey {
		amount, err := status.Units.charged("log/self", quota)
		if err != nil {
			return nil, err
		}
		uses = append(uses, KeyUse{ID: key.id, Name: key.name, Spent: amount})
	}
	for i := range uses {
		c.discreet(&uses[i].Name)
	}
	return uses, nil
}

// refundSum is what was given back in a window, in raw quota.
type refundSum struct {
	byKey map[flowKey]int64
	rows  []Refund // those that quota adds up

	quota, newest int64
	before        int64 // what was given back before the second that quota counts from
	more          bool  // than was read
	unread        int   // refunds whose amounts could not be read
}

func (s *refundSum) add(at, quota int64) {
	s.quota += quota
	s.rows = append(s.rows, Refund{time.Unix(at, 0), quota})
}

// refunds reads what was given back in a window, the part before a second apart.
func (c *Client) refunds(ctx context.Context, w window, from int64) (sum refundSum, err error) {
	sum.byKey = map[flowKey]int64{}
	for page := 1; ; page++ {
		rows, err := c.logRows(ctx, w, logRefund, page)
		if err != nil {
			return sum, err
		}
		for _, row := range rows {
			if row.Type != logRefund || row.At < w.first || row.At > w.last || row.Quota <= 0 || overflows(sum.quota, row.Quota) || overflows(sum.before, row.Quota) {
				continue
			}
			sum.newest = max(sum.newest, row.At)
			if row.At < from {
				sum.before += row.Quota
			} else {
				sum.add(row.At, row.Quota)
				sum.byKey[flowKey{row.Key, cut(Plain(row.Name), maxMessage)}] += row.Quota
			}
		}
		if len(rows) < keyPageSize {
			return sum, nil
		}
		if page == bookedPages {
			sum.more = true
			return sum, nil
		}
	}
}

// logRow is a row of /api/log/self.
type logRow struct {
	At    int64  `json:"created_at"`
	Type  int    `json:"type"`
	Quota int64  `json:"quota"`
	Key   int64  `json:"token_id"`
	Name  string `json:"token_name"`

	Content string `json:"content"`
}

// returns reports whether a system record tells of a refund (new-api
// service/quota.go and relay/relay_task.go before 2026).
func returns(content string) bool {
	for _, word := range []string{"补偿", "退还", "退款", "refund"} {
		if strings.Contains(content, word) {
			return true
		}
	}
	return false
}

// adds reports whether a row may be of money that was added to the wallet: all
// top-ups are, except what paid for a plan, and of the others those that name an
// amount and are neither a refund nor a deduction (new-api controller/user.go,
// controller/checkin.go and model/subscription.go).
func (r logRow) adds() bool {
	if deducts(r.Content) {
		return false
	}
	return r.Type == logTopUp || !returns(r.Content) && notedAmount.MatchString(r.Content)
}

// deducts reports whether a record is of money that an operator took away, or that
// paid for a plan.
func deducts(content string) bool {
	content = strings.ToLower(content)
	for _, word := range []string{"减少", "扣除", "扣减", "扣费", "订阅", "decrease", "deduct", "subtract", "subscription"} {
		if strings.Contains(content, word) {
			return true
		}
	}
	return false
}

// credited is the raw quota that a log row says was added. An operator who sets what
// is left names two amounts, "从 ＄1.000000 额度修改为 ＄2.000000 额度", and adds the
// difference, which is nothing where less is left than before.
func credited(content string, u Units) (int64, bool) {
	if sets := setAmounts.FindStringSubmatch(content); sets != nil {
		before, known := set(sets[1], u)
		after, ok := set(sets[2], u)
		return max(0, after-before), known && ok
	}
	if len(notedAmount.FindAllString(content, 2)) > 1 {
		return 0, false
	}
	if paid := paidAmount.FindStringSubmatch(content); paid != nil {
		return noted(paid[1]+cmp.Or(paid[2], " 点")+"额度", u)
	}
	return noted(content, u)
}

// setAmounts are what was left before and after an operator set it (new-api
// controller/user.go; "覆盖…为" and "Overrode…" since 2026).
var setAmounts = regexp.MustCompile(`(?:从|from )(.*?(?:额度|額度|quota))\s*(?:(?:修改)?为|to )(.*(?:额度|額度|quota))`)

// set is the raw quota of an amount that may be 0 or negative.
func set(text string, u Units) (int64, bool) {
	if zero.MatchString(text) {
		return 0, true
	}
	amount := strings.Replace(text, "-", "", 1)
	quota, ok := noted(amount, u)
	if amount != text {
		quota = -quota
	}
	return quota, ok
}

// zero is an amount of nothing, in whatever currency.
var zero = regexp.MustCompile(`(?:^|[^0-9.])0(?:\.0+)? ?点?(?:额度|額度|quota)`)

// paidAmount is the amount in a record of a payment, where no word for quota follows
// it: "充值金额: ＄10.000000，支付金额：73.00", and "充值额度: 5000000", which is raw quota
// (new-api model/topup.go, logger.FormatQuota).
var paidAmount = regexp.MustCompile(`充值(?:金额|额度)[:：] ?([^0-9，,]*[0-9]+)(\.[0-9]+)?[，,]`)

// notedAmount is an amount as gateways put it into a sentence (new-api
// logger.LogQuota), with what stands before it in the place of a symbol:
// "＄1.500000 额度", "¥10.950000 额度", "€0.920000 额度" or "750000 点额度".
var notedAmount = regexp.MustCompile(`([0-9]+(?:\.([0-9]+))?) ?(点)?(?:额度|額度|quota)`)

// noted is the raw quota that a log row names; false where it names none, one in a
// currency whose rate is not known, or one that its decimals do not tell exactly.
func noted(content string, u Units) (int64, bool) {
	at := notedAmount.FindStringSubmatchIndex(content)
	if at == nil {
		return 0, false
	}
	parts := notedAmount.FindStringSubmatch(content)
	amount, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0, false
	}
	before := content[:at[0]]
	perFigure, known := u.notedIn(before)
	if parts[3] != "" && !known {
		return boundedQuota(amount)
	}
	step := math.Pow10(-len(parts[2])) * perFigure
	if !known || step > 1 {
		return 0, false
	}
	return boundedQuota(amount * perFigure)
}

// notedIn is the raw quota of one in the currency whose symbol a text ends with.
func (u Units) notedIn(text string) (quota float64, known bool) {
	text = strings.TrimRight(text, " ")
	own := strings.TrimRight(u.Custom.Symbol, " ")
	switch {
	case u.Display == DisplayCustom && own != "" && strings.HasSuffix(text, own):
		return u.QuotaPerUnit / u.Custom.PerUSD, u.Custom.PerUSD > 0
	case dollarSign.MatchString(text):
		return u.QuotaPerUnit, true
	case strings.HasSuffix(text, "¥"), strings.HasSuffix(text, "￥"):
		return u.QuotaPerUnit / u.CNYPerUSD, u.Display == DisplayCNY && u.CNYPerUSD > 0
	}
	return 0, false
}

// dollarSign is one at the end that is not part of another currency's, as "R$" is.
var dollarSign = regexp.MustCompile(`(?:＄|(?:^|\P{L})\$)$`)

func boundedQuota(f float64) (int64, bool) {
	f = math.Round(f)
	return int64(f), f > 0 && f < 1<<53
}

func (c *Client) logRows(ctx context.Context, w window, kind, page int) ([]logRow, error) {
	query := w.query()
	query.Set("type", strconv.Itoa(kind))
	query.Set("p", strconv.Itoa(page))
	query.Set("page_size", strconv.Itoa(keyPageSize))
	return fetch(ctx, c, request{op: "log/self", path: "/api/log/self", query: query, auth: byUser, optional: true}, decodeLog)
}

func decodeLog(body []byte) ([]logRow, error) {
	var answer struct {
		Data *struct {
			Items *[]logRow `json:"items"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err == nil && answer.Data != nil && answer.Data.Items != nil {
		return *answer.Data.Items, nil
	}
	var plain struct {
		Data *[]logRow `json:"data"`
	}
	if err := json.Unmarshal(body, &plain); err != nil || plain.Data == nil {
		return nil, mistyped("log/self", "not a list of log rows")
	}
	return *plain.Data, nil
}
