package config

import "testing"

func TestEnvironmentIsOneAccount(t *testing.T) {
	cfg, err := FromEnvironment(environ("MOKA_API_KEY", "sk-1", "MOKA_ACCESS_TOKEN", "t", "MOKA_USER_ID", "7"))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	if len(cfg.Accounts) != 1 || a.Name != "default" || a.BaseURL != DefaultBaseURL || a.APIKey.Reveal() != "sk-1" || a.AccessToken.Reveal() != "t" || a.UserID != 7 {
		t.Errorf("got %+v", a)
	}
}

func TestEnvironmentProblemsNameVariables(t *testing.T) {
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"nothing", nil, "environment: " + nothingYet},
		{"empty", []string{"MOKA_API_KEY", ""}, "environment: " + nothingYet},
		{"no id", []string{"MOKA_ACCESS_TOKEN", "t"}, "MOKA_USER_ID: is missing; an MOKA_ACCESS_TOKEN needs the user id shown at the top right of the gateway's console"},
		{"base", []string{"MOKA_API_KEY", "k", "MOKA_BASE_URL", "http://example.com"}, "MOKA_BASE_URL: is http, which would send the key in the clear; write https:// (http is for this machine only)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := FromEnvironment(environ(c.env...)); err == nil || err.Error() != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
