package page

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	all := decode(newFake().Commands())
	for _, c := range []struct{ text, want string }{
		{"/balance", "balance map[]"},
		{"  /balance  ", "balance map[]"},
		{"／余额", "balance map[]"},
		{"/BALANCE account:team share:true", "balance map[account:team share:true]"},
		{"/balance account: team", "balance map[account:team]"},
		{`/balance account:"my team" share:no`, "balance map[account:my team share:false]"},
		{"/余额 账户：团队 公开:是", "balance map[account:团队 share:true]"},
		{"/balance share:true team", "balance map[account:team share:true]"},
		{"/balance team yes", "balance map[account:team share:true]"},
		{"/balance account:", "balance map[]"},
		{"/models claude", "models map[search:claude]"},
		{"/models claude:beta", "models map[search:claude:beta]"},
		{"/models claude team true", "models map[account:team search:claude share:true]"},
		{`/models "claude opus"`, "models map[search:claude opus]"},
		{"/plan weekly 3 2.5", "plan map[days:3 kind:week limit:2.5]"},
		{`/plan kind:"daily report"`, "plan map[kind:day]"},
		{"/plan 日报", "plan map[kind:day]"},
		{"hello", "Only commands"},
		{"", "Only commands"},
		{"/", "Only commands"},
		{"/nothing", "no command /nothing"},
		{"/bal", "Did you mean /balance?"},
		{"/balance team true more", `No option is left for "more"`},
		{"/balance share:perhaps", `share cannot be "perhaps"`},
		{"/plan", "kind is missing"},
		{"/plan month", `no choice "month"`},
		{"/plan week few", `days cannot be "few"`},
		{"/a", "no command /a"}, // what is no chat command cannot be typed
	} {
		l, err := parse(all, c.text, "en-US")
		got := fmt.Sprint(l.command.Name, " ", l.options)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

// entries is a menu in one line: its kind, and what the composer would hold.
func entries(t *testing.T, locale, text string) string {
	t.Helper()
	m := server{newFake()}.menu(t.Context(), Caller{Channel: "1", Person: "81", Locale: locale}, text)
	out := m.Kind
	for _, i := range m.Items {
		out += " | " + i.Text
	}
	return out
}

func TestMenu(t *testing.T) {
	for _, c := range []struct{ locale, text, want string }{
		{"en-US", "hello", ""},
		{"en-US", "/", "commands | /balance  | /models  | /plan "},
		{"en-US", "/b", "commands | /balance "},
		{"zh-CN", "/", "commands | /余额  | /models  | /plan "},
		{"zh-CN", "/b", "commands | /balance "},
		{"en-US", "/nothing ", ""},
		{"en-US", "/balance ", "options | /balance account: | /balance share:"},
		{"zh-CN", "/余额 ", "options | /余额 账户: | /余额 公开:"},
		{"en-US", "/balance sh", "values | /balance account:team  | /balance account:\"the other\"  | /balance share:"},
		{"en-US", "/balance account:", "values | /balance account:team  | /balance account:\"the other\" "},
		{"en-US", "/balance account:fail", "options"},
		{"en-US", "/balance account:team ", "options | /balance account:team share:"},
		{"en-US", `/balance account:"the other"`, `options | /balance account:"the other" share:`},
		{"en-US", "/balance account:team share:", "values | /balance account:team share:true  | /balance account:team share:false "},
		{"en-US", "/balance share:t", "values | /balance share:true "},
		{"en-US", "/balance share: f", "values | /balance share:false "},
		{"en-US", "/plan d", "values | /plan kind:day  | /plan days:"},
		{"en-US", "/plan eek", "values | /plan kind:week "},
		{"zh-CN", "/plan kind:日", "values | /plan kind:day "},
	} {
		if got := entries(t, c.locale, c.text); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.locale, c.text, got, c.want)
		}
	}
}

// chips is the options of a menu in one line.
func chips(t *testing.T, text string) string {
	t.Helper()
	m := server{newFake()}.menu(t.Context(), Caller{Channel: "1", Person: "81", Locale: "zh-CN"}, text)
	out := m.Usage
	for _, c := range m.Chips {
		out += fmt.Sprintf(" | %s %s=%s", c.State, c.Name, c.Value+c.Text)
		if c.Required {
			out += " (needed)"
		}
	}
	return out
}

func TestChips(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"/余额 ", "/余额 | open 账户=/余额 账户: | open 公开=/余额 公开:"},
		{"/余额 账户:te", "/余额 | typing 账户=te | open 公开=/余额 账户:te 公开:"},
		{`/余额 "my te`, `/余额 | typing 账户=my te | open 公开=/余额 "my te" 公开:`},
		{"/余额 账户:team ", "/余额 | given 账户=team | open 公开=/余额 账户:team 公开:"},
		{"/plan kind:day", "/plan | typing kind=day (needed) | open days=/plan kind:day days: | open limit=/plan kind:day limit:"},
		{"/余", ""},
	} {
		if got := chips(t, c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// The bot learns what else was given, so that its suggestions can go by it.
func TestCompletionsKnowTheOtherOptions(t *testing.T) {
	f := newFake()
	server{f}.menu(t.Context(), Caller{Channel: "1", Person: "82", Locale: "en-US"}, "/balance share:yes account:t")
	if want := "complete 82 balance account map[account:t share:true]"; f.last() != want {
		t.Errorf("%q, want %q", f.last(), want)
	}
}

func TestComplete(t *testing.T) {
	w := ask(t, Handler(newFake()), "GET", "/complete?text=/bal&locale=zh-CN", "")
	want := `{"kind":"commands","items":[{"label":"/balance","about":"还剩多少","hint":"[账户] [公开]","text":"/balance "}],"strict":true}`
	if w.Body.String() != want {
		t.Error(w.Body)
	}
}

// FuzzParse: what is typed becomes options that the command has, or an error.
func FuzzParse(f *testing.F) {
	all := decode(newFake().Commands())
	f.Add(`/balance account:"x share:`)
	f.Add("/plan ：：\xff :")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parse(all, text, "en-US")
		for name := range l.options {
			if _, known := l.command.option(name); !known || err == nil && l.command.Name == "" {
				t.Errorf("%q gives %+v", text, l)
			}
		}
		server{newFake()}.menu(t.Context(), Caller{Locale: "zh-CN"}, text)
	})
}

// FuzzBodies: whatever is posted is carried out or refused in JSON, and only
// ever as one of the people in one of the channels that they see.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"text":"/balance account:team","channel":"2","locale":"zh-CN"}`, `{"text":"/balance","person":"82","channel":"3"}`, `{"message_id":"21","custom_id":"x"}`,
		`{"id":"spend"}`, `{"person":null}`, `[]`, `{"text":"/plan kind:day days:1e9"}`, `{}{}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/say", "/press", "/act"} {
			d := newFake()
			w := ask(t, Handler(d), "POST", path, body)
			if done := w.Code == 204 || w.Code == 200; done != (d.last() != "") || !done && w.Code != 400 && w.Code != 422 {
				t.Errorf("%s %q: %d %q", path, body, w.Code, d.last())
			}
			if w.Code != 204 && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %q: %q is no JSON", path, body, w.Body)
			}
			for _, stranger := range []string{"slash 3 82", "slash 4 81"} {
				if strings.HasPrefix(d.last(), stranger) {
					t.Errorf("%q reaches another's channel: %s", body, d.last())
				}
			}
		}
	})
}
