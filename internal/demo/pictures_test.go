package demo

import (
	"os"
	"testing"
	"time"
)

// TestPicturesOfTheREADME renews docs/demo.png, docs/demo-zh.png, docs/usage.png
// and docs/phone-zh.png in the folder that MOKABOT_PICTURES names:
//
//	MOKABOT_PICTURES=docs go test ./internal/demo -run TestPicturesOfTheREADME
func TestPicturesOfTheREADME(t *testing.T) {
	dir := os.Getenv("MOKABOT_PICTURES")
	if dir == "" {
		t.Skip("set MOKABOT_PICTURES to the folder of the pictures")
	}
	t.Chdir("../..")
	pingAndBalance(t, startVisitIn(t, "zh-CN"), "/余额", dir+"/demo-zh.png")
	v := startVisit(t)
	pingAndBalance(t, v, "/balance", dir+"/demo.png")
	v.uses("usage", "/usage period:7d")
	v.Await("the chart", `return [...document.querySelectorAll('.message img')].every((i) => i.naturalWidth > 0)`)
	v.Screenshot(dir + "/usage.png")
	v.Click(testID("language-toggle"))
	v.Resize(390, 844)
	v.uses("usage", "/用量 时段:7d")
	v.Await("the chart", `return [...document.querySelectorAll('.message img')].every((i) => i.naturalWidth > 0)`)
	v.Screenshot(dir + "/phone-zh.png")
}

// pingAndBalance pictures an answer for the caller alone, and a ping below it.
func pingAndBalance(t *testing.T, v *visit, command, file string) {
	t.Helper()
	if err := v.demo.discord.Connected(deadline(t)); err != nil {
		t.Fatal(err)
	}
	v.uses("balance", command)
	v.Click(testID("action-spend"))
	v.AwaitFor(time.Minute, "a ping", `return document.querySelector('.message.pinged [data-kind="alerts:1h"]')`)
	v.AwaitFor(time.Minute, "the ping at the end", `const s = document.querySelector('#stream'); s.scrollTop = s.scrollHeight; return true`)
	v.Screenshot(file)
}
