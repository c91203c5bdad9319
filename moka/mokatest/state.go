package mokatest

import (
	"slices"
	"strings"
	"time"
)

// The stored states of a key. They are only brought up to date when the key is
// used, as in the real thing.
const (
	StatusEnabled   = 1
	StatusDisabled  = 2
	StatusExpired   = 3
	StatusExhausted = 4
)

// Account is a user of the gateway. Amounts are raw quota.
type Account struct {
	ID          int64
	Username    string
	AccessToken string // of the personal settings
	Quota       int64  // what is left in the wallet
	UsedQuota   int64  // all-time
	Requests    int64  // all-time
	Banned      bool
	Group       string // "" is "default"
	Plans       []Plan // 2026 only

	// Preference is the billing preference; "" is subscription_first.
	Preference string
	// Ratios are special ratios of the account for groups. /api/pricing shows
	// them since 2026-07, and then only to the account.
	Ratios map[string]float64
}

// Plan is a subscription of an account. Amounts are raw quota.
type Plan struct {
	ID       int64
	Total    int64 // 0: unlimited
	Used     int64
	Status   string // "" is "active"
	EndsAt   time.Time
	ResetsAt time.Time

	ResetEvery time.Duration // how often Used goes back to 0; 0: once, at ResetsAt
	NoOverflow bool          // the wallet may not pay when the plan is used up
	LastReset  time.Time     // zero: none yet
}

// Key is an API key. Amounts are raw quota.
type Key struct {
	Key       string // "sk-…"
	Name      string
	Remain    int64
	Used      int64
	Unlimited bool
	ExpiresAt time.Time // zero: never
	Status    int       // 0 is StatusEnabled
	AllowIPs  string    // addresses or networks, one a line; "": all
	Group     string    // "" is the account's own
	Models    []string  // what the key is limited to

	ID        int64 // given by AddKey when 0
	AccountID int64 // given by AddKey
	created   time.Time
	accessed  time.Time
}

// Model is a model on offer, priced in ratios as the gateway keeps them: a
// ratio of 1 is one unit of quota a prompt token.
type Model struct {
	ID         string
	OwnedBy    string
	Ratio      float64  // prompt tokens
	Completion float64  // completion tokens, as a multiple of Ratio
	Price      float64  // dollars a call; when set, the ratios do not apply
	Tiered     bool     // priced by an expression
	Unpriced   bool     // hidden from /v1/models since 2025-11
	Groups     []string // nil: default
}

// Group is a price group that every account may use.
type Group struct {
	Name  string
	About string
	Ratio float64
}

// Options are the operator's settings.
type Options struct {
	QuotaPerUnit    float64 // raw quota in a dollar; may be a fraction
	TopUpLink       string  // where money is added
	ServerAddress   string  // "" is http://localhost:3000
	Display         string  // USD, CNY, TOKENS or CUSTOM; before 2025-09 only USD and TOKENS
	USDExchangeRate float64 // for CNY
	CustomSymbol    string  // for CUSTOM; "" is "¤"
	CustomRate      float64 // for CUSTOM, of one dollar; 0 is 1
	TokenStat       bool    // billing shows the key; otherwise the account
	DataExport      bool    // use by model and hour is recorded
	DataLag         time.Duration
	BatchUpdate     bool // only announced
	Redis           bool // refusals are not written to the database
	DatabaseDown    bool // keys and users cannot be read
	NoBillingRow    bool // billing answers HTTP 200 with an error object
}

// State is everything the gateway stores. What it points to may be changed
// within [Server.Update].
type State struct {
	Accounts []*Account
	Keys     []*Key
	Models   []Model
	Groups   []Group
	Options  Options
	Notice   string
}

// Account finds an account by its id; nil when there is none.
func (st *State) Account(id int64) *Account {
	for _, a := range st.Accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// Key finds a key by its text, with or without "sk-"; nil when there is none.
func (st *State) Key(key string) *Key {
	key = strings.TrimPrefix(key, "sk-")
	for _, k := range st.Keys {
		if strings.TrimPrefix(k.Key, "sk-") == key {
			return k
		}
	}
	return nil
}

// Update changes the state under the server's lock.
func (s *Server) Update(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}

// AddAccount adds an account, in the place of one with the same id.
func (s *Server) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Group == "" {
		a.Group = "default"
	}
	a.Plans = slices.Clone(a.Plans)
	for i := range a.Plans {
		if a.Plans[i].ID == 0 {
			a.Plans[i].ID = int64(i) + 1
		}
	}
	s.state.Accounts = slices.DeleteFunc(s.state.Accounts, func(b *Account) bool { return b.ID == a.ID })
	s.state.Accounts = append(s.state.Accounts, &a)
}

// AddKey gives an account a key. A key of an account that does not exist is
// one whose owner was deleted.
func (s *Server) AddKey(accountID int64, k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.ID == 0 {
		s.nextKey++
		k.ID = s.nextKey
	}
	s.nextKey = max(s.nextKey, k.ID)
	if k.Status == 0 {
		k.Status = StatusEnabled
	}
	k.AccountID = accountID
	k.created = s.now().Add(-7 * 24 * time.Hour)
	k.accessed = s.now()
	k.Models = slices.Clone(k.Models)
	s.state.Keys = append(s.state.Keys, &k)
}

func plainGroups() []Group {
	return []Group{{"default", "默认分组", 1}, {"vip", "vip分组", 1}}
}

func plainModels() []Model {
	return []Model{
		{ID: "gpt-4o", OwnedBy: "openai", Ratio: 1.25, Completion: 4},
		{ID: "claude-3-7-sonnet-20250219", OwnedBy: "vertex-ai", Ratio: 1.5, Completion: 5},
		{ID: "deepseek-chat", OwnedBy: "deepseek", Ratio: 0.135, Completion: 4},
		{ID: "moka-custom-1", OwnedBy: "custom", Ratio: 37.5, Completion: 1, Unpriced: true},
	}
}
