package mokatest

import (
	"strings"
	"time"
)

// The credentials of the demo's account, and what it starts with. They open
// nothing but the demo.
const (
	DemoKey         = "sk-mokaDemoKey0000000000000000000000000000000000000"
	DemoAccessToken = "mokaDemoAccessToken0000000000000"
	DemoUserID      = int64(1)
	DemoWallet      = int64(21_250_000) // $42.50
	DemoKeyLeft     = int64(9_200_000)  // $18.40
)

// NewDemo is a gateway of the newest version with one account, one key, some
// twenty models with prices, and a week of use.
func NewDemo(now func() time.Time) *Server {
	s := New(V2026_08)
	s.SetNow(now)
	s.started = now()
	s.Update(func(st *State) {
		st.Models = demoModels()
		st.Notice = "Welcome to the demo gateway. Nothing here costs real money."
	})
	s.AddAccount(Account{ID: DemoUserID, Username: "demo", AccessToken: DemoAccessToken})
	s.AddKey(DemoUserID, Key{Key: DemoKey, Name: "demo"})
	s.seed(now())
	s.Update(func(st *State) {
		st.Account(DemoUserID).Quota = DemoWallet
		st.Key(DemoKey).Remain = DemoKeyLeft
	})
	return s
}

// seed spends through the week before now, the same way every time.
func (s *Server) seed(now time.Time) {
	const hours = 7 * 24
	models := []string{"moka/moka-pro", "anthropic/claude-sonnet-4.5", "openai/gpt-5-mini", "deepseek/deepseek-chat", "google/gemini-2.5-flash"}
	for h := hours; h > 0; h-- {
		at := now.Add(-time.Duration(h) * time.Hour)
		if hour := at.UTC().Hour(); hour < 6 || hour > 22 {
			continue
		}
		model := models[h%len(models)]
		tokens := int64(1200 + 350*(h%7))
		s.SpendAt(at, DemoKey, model, tokens*int64(2+h%4), tokens)
	}
}

// priced is a model with prices in dollars a million tokens.
func priced(id string, input, output float64) Model {
	owner, _, _ := strings.Cut(id, "/")
	return Model{ID: id, OwnedBy: owner, Ratio: input / 2, Completion: output / input}
}

func demoModels() []Model {
	return []Model{
		priced("moka/moka-pro", 2, 8),
		priced("moka/moka-mini", 0.25, 1),
		priced("moka/moka-coder", 1, 4),
		priced("anthropic/claude-opus-4.1", 15, 75),
		priced("anthropic/claude-sonnet-4.5", 3, 15),
		priced("anthropic/claude-haiku-4.5", 1, 5),
		priced("openai/gpt-5", 1.25, 10),
		priced("openai/gpt-5-mini", 0.25, 2),
		priced("openai/gpt-5-nano", 0.05, 0.4),
		priced("openai/gpt-4o", 2.5, 10),
		priced("openai/gpt-4o-mini", 0.15, 0.6),
		priced("openai/o4-mini", 1.1, 4.4),
		{ID: "openai/gpt-image-1", OwnedBy: "openai", Price: 0.04},
		priced("deepseek/deepseek-chat", 0.27, 1.1),
		priced("deepseek/deepseek-reasoner", 0.55, 2.19),
		priced("qwen/qwen3-max", 1.2, 6),
		priced("qwen/qwen3-coder-plus", 1, 5),
		priced("qwen/qwen-turbo", 0.05, 0.2),
		priced("google/gemini-2.5-pro", 1.25, 10),
		priced("google/gemini-2.5-flash", 0.3, 2.5),
		priced("google/gemini-2.5-flash-lite", 0.1, 0.4),
	}
}
