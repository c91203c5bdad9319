package discord

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"mokabot/internal/lang"
	"mokabot/moka"
)

func TestFailuresOfDiscordAreSentences(t *testing.T) {
	w := lang.English()
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Kind: KindUnauthorized}, w.Failure.DiscordToken},
		{&Error{Kind: KindTransient}, w.Failure.DiscordDown},
		{&Error{Kind: KindTransient, Status: http.StatusProxyAuthRequired}, w.Failure.DiscordProxy},
		{ErrUnknownChannel, w.Failure.NoChannel("5")},
		{ErrNotText, w.Failure.NotText("5")},
		{ErrNoAccess, w.Failure.NoAccess("5")},
	} {
		if got := ChannelFailure(w, "5", c.err); got != c.want {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}

// A proxy that refuses or is not there is named, and the request is known not to have
// reached Discord.
func TestAProxyThatFailsIsNamed(t *testing.T) {
	wantsLogin, _ := connectProxy(t)
	wantsLogin.User = nil
	for what, proxy := range map[string]*url.URL{
		"wants a login":         wantsLogin,
		"is not there":          {Scheme: "http", Host: "127.0.0.1:1"},
		"is not there, SOCKS 5": {Scheme: "socks5", Host: "127.0.0.1:1"},
	} {
		r := NewREST(testToken, &http.Client{Transport: moka.NewTransport(proxy)}, slog.New(slog.DiscardHandler), WithBackoff(time.Millisecond))
		_, err := r.Me(contextFor(t, time.Minute))
		if e, ok := errors.AsType[*Error](err); !ok || e.Reached || Failure(lang.English(), err) != lang.English().Failure.DiscordProxy {
			t.Errorf("%s: %+v", what, err)
		}
	}
}

// Discord's settings call a permission by another name in Chinese.
func TestEveryPermissionHasAChineseName(t *testing.T) {
	names := lang.For("zh-CN").Failure.Permissions
	for _, p := range permissionNames {
		if names[p.name] == "" {
			t.Errorf("%s has none", p.name)
		}
	}
	if len(names) != len(permissionNames) {
		t.Errorf("%d names for %d permissions", len(names), len(permissionNames))
	}
}
