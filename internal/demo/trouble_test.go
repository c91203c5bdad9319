package demo

import (
	"testing"

	"mokabot/internal/discordsim"
	"mokabot/internal/discordsim/browser"
)

func trouble(t *testing.T, v *visit) {
	alerts := discordsim.AlertsChannel
	v.control("faster", "0.90 a second")
	v.control("slower", "0.45 a second")
	v.control("spend", "$10")
	v.control("topup", "$50")
	v.control("spike", "$150")
	v.posted(t, alerts, "unusually high spending")
	for _, c := range []struct{ id, done, alert string }{
		{"exhaust", "nothing left", "the API key is used up"},
		{"restore", "as they were", "the API key has money again"},
		{"expiring", "in 2 days", "the API key expires soon"},
		{"restore", "as they were", "the API key was renewed"},
		{"expire", "expired", "the API key has expired"},
		{"restore", "as they were", "the API key is valid again"},
		{"disable", "disabled", "the API key is disabled"},
		{"restore", "as they were", "the credentials are accepted again"},
		{"wallet", "wallet is empty", "the account is empty"},
		{"restore", "as they were", "the account has money again"},
		{"gateway", "502", "the balance cannot be read"},
		{"gateway", "answers again", "the balance can be read again"},
	} {
		v.control(c.id, c.done)
		v.posted(t, alerts, c.alert)
	}
	v.control("stop", "Spending has stopped")
	v.control("stop", "goes on")
	v.control("model", "moka/moka-next-1")
	v.control("price", "a million tokens")
	v.noBarriers(t, "after much trouble")
	v.picture("demo-trouble")
}

func troubleWithDiscord(t *testing.T, v *visit) {
	v.control("drop", "Connected again")
	v.control("discord", "Discord is gone")
	v.Type(testID("composer"), "/help"+browser.Enter)
	v.Await("refusal", `return document.querySelector('[data-testid="error"]').innerText.includes('Discord is down')`)
	v.Click(testID("error") + " button")
	v.Complaints() // the refusal is one, as it should be
	v.Run(nil, `document.querySelector('[data-testid="composer"]').value = ''`)
	v.control("discord", "Discord is back")
	if err := v.demo.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	v.uses("help", "/help")
}

func otherChannels(t *testing.T, v *visit) {
	v.open("reports")
	v.reads("team · Summary of")
	v.reads("Week")
	v.picture("demo-reports")
	v.open("direct")
	v.uses("balance", "/balance")
	v.asks(discordsim.MemberID)
	v.uses("balance", "/balance")
	v.reads("only people who may see figures")
	v.asks(discordsim.OperatorID)
	v.open("models")
	v.posted(t, modelsChannel, "moka/moka-next-1")
	v.reads("moka/moka-next-1")
	v.picture("demo-models-watch")
	v.open("alerts")
}

func postsInTheOtherLanguage(t *testing.T, v *visit) {
	v.control("language", "in Chinese now")
	v.control("wallet", "wallet is empty")
	v.posted(t, discordsim.AlertsChannel, "team：账户余额已用完")
	v.picture("demo-posts-zh")
}
