package config

import (
	"strconv"
	"strings"

	"mokabot/internal/alert"
)

func readAccounts(v value, rules alert.Rules) []Account {
	items := v.list()
	if len(items) == 0 && !v.r.faulty(v.path) && !v.r.faulty("") {
		v.problem(func(w *words) string { return w.NoAccount })
	}
	accounts := make([]Account, 0, len(items))
	names := names{}
	for _, item := range items {
		if !item.given() {
			continue
		}
		a := Account{BaseURL: DefaultBaseURL, Alerts: rules}
		m := item.mapping()
		name := m.get("name")
		if isMapping(item) && name.name(&a.Name) {
			names.add(name, a.Name, "account")
		}
		m.get("base_url").baseURL(&a.BaseURL)
		a.readCredentials(m)
		m.get("proxy").proxy(&a.Proxy)
		m.get("console_url").page(&a.ConsoleURL)
		readRules(m.get("alerts"), &a.Alerts)
		m.done()
		accounts = append(accounts, a)
	}
	return accounts
}

// readCredentials asks for at least one credential. An access token is good
// only together with the user's id: new-api compares the two
// (middleware/auth.go, header New-Api-User).
func (a *Account) readCredentials(m *mapping) {
	var key, token bool
	a.APIKey, key = m.credential("api_key")
	a.AccessToken, token = m.credential("access_token")
	id := m.get("user_id")
	user := id.userID(&a.UserID)
	switch {
	case !isMapping(m.value):
	case token && !user:
		id.problem(func(w *words) string { return w.UserIDMissing })
	case user && !token:
		id.problem(func(w *words) string { return w.UserIDAlone })
	case !key && !token:
		m.problem(func(w *words) string { return w.NoCredential })
	}
}

// userID is a user's number. It is not repeated in a problem, because the
// access token belongs one line above.
func (v value) userID(to *int64) (tried bool) {
	text, ok := v.scalar()
	if !ok {
		return v.given()
	}
	if text = strings.TrimSpace(text); text == "" {
		return false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || !digits.MatchString(text) {
		v.problem(func(w *words) string { return w.NotUserID })
		return true
	}
	*to = id
	return true
}

// names finds out which name is there twice. Names that differ in case alone
// count as one, because nobody could tell them apart in a hurry.
type names map[string]int

func (n names) add(v value, name, thing string) {
	folded := strings.ToLower(name)
	if line, twice := n[folded]; twice {
		v.problem(func(w *words) string { return w.NameTwice(w.Things[thing], strconv.Quote(name), line) })
		return
	}
	n[folded] = v.line
}
