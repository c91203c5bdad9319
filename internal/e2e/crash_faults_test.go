package e2e

import (
	"math/rand/v2"
	"net/http"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// storms are what Discord does now and then.
var storms = []discordsim.Fault{
	{Kind: discordsim.FaultRateLimit, Path: "/messages", Wait: 300 * time.Millisecond},
	{Kind: discordsim.FaultGlobalRateLimit, Path: "/messages", Wait: 300 * time.Millisecond},
	{Kind: discordsim.FaultCloudflare, Path: "/messages", Wait: 500 * time.Millisecond},
	{Kind: discordsim.FaultStatus, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultStatus, Status: 500, Path: "/messages"},
	{Kind: discordsim.FaultStatus, Status: 403, Path: "/messages", Count: 2}, // a page, not Discord's word
	{Kind: discordsim.FaultStatus, Status: 302, Path: "/messages"},
	{Kind: discordsim.FaultHang, Path: "/messages"},
	{Kind: discordsim.FaultCutBefore, Path: "/messages"},
	{Kind: discordsim.FaultCutAfter, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultDelay, Path: "/messages", Wait: 700 * time.Millisecond},
	{Kind: discordsim.FaultStatus, Status: 503, Count: 6},
	{Kind: discordsim.FaultStatus, Status: 200, Body: "{}", Method: http.MethodPost, Path: "/messages"},
	{Kind: discordsim.FaultStatus, Status: 200, Body: "null", Method: http.MethodPost, Path: "/messages"},
	{Kind: discordsim.FaultGarble, Body: "{}", Path: "/messages"},
	{Kind: discordsim.FaultGarble, Status: 502, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultStatus, Status: 404, Body: `{"message":"404: Not Found","code":0}`, Path: "/messages"},
	{Kind: discordsim.FaultStatus, Status: 409, Path: "/messages"},
	{Kind: discordsim.FaultStatus, Status: 413, Path: "/messages"},
	{Kind: discordsim.FaultCode, Code: 40333, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultCode, Code: 40006, Path: "/messages"},
	{Kind: discordsim.FaultRateLimit, Method: http.MethodPatch, Path: "/messages", Wait: 600 * time.Second},
	{Kind: discordsim.FaultStatus, Status: 500, Method: http.MethodPatch, Path: "/messages", Count: 20},
	{Kind: discordsim.FaultCutUpload, Upload: true, Path: "/messages", Count: 3},
}

// refusals are Discord's own words: what passes, what needs somebody, what is
// wrong with the message, and what is wrong with its file.
var refusals = func() (all []discordsim.Fault) {
	for _, code := range discordsim.Codes() {
		all = append(all, discordsim.Fault{Kind: discordsim.FaultCode, Code: code, Method: http.MethodPost, Path: "/messages", Count: 1 + code%3})
	}
	return all
}()

// lineFaults are what else befalls connections.
var lineFaults = []func(*discordsim.Server){
	func(d *discordsim.Server) { d.Swallow() },
	func(d *discordsim.Server) { d.Drop() },
	func(d *discordsim.Server) { d.Reconnect() },
	func(d *discordsim.Server) {
		d.Dark(true)
		time.AfterFunc(1500*time.Millisecond, func() { d.Dark(false) })
	},
	func(d *discordsim.Server) { d.Down(true); time.AfterFunc(time.Second, func() { d.Down(false) }) },
	func(d *discordsim.Server) {
		d.Inject(discordsim.Fault{Kind: discordsim.FaultCutAnswer, Path: "/messages", Count: 2})
	},
	func(d *discordsim.Server) {
		d.Inject(discordsim.Fault{Kind: discordsim.FaultReset, Path: "/messages", Count: 2})
	},
	func(d *discordsim.Server) {
		d.Inject(discordsim.Fault{Kind: discordsim.FaultResetAfter, Path: "/messages"})
	},
	func(d *discordsim.Server) { d.Inject(discordsim.Fault{Kind: discordsim.FaultGoAway, Count: 2}) },
}

// hiccups are what the gateway does now and then; some of them for a while.
var hiccups = []mokatest.Fault{
	{Status: 500},
	{Status: 502, Times: 3},
	{WebPage: true, Times: 2},
	{Cut: true, Times: 2},
	{Delay: 300 * time.Millisecond, Times: 4},
	{Status: http.StatusTooManyRequests, Times: 2},
	{Hang: true, Times: 1},
}

// fortune changes what an account has.
func fortune(c client, dice *rand.Rand) {
	switch dice.IntN(9) {
	case 0, 1:
		c.holds(40 + 50*dice.Float64())
	case 2, 3:
		c.holds(8 + 10*dice.Float64()) // low
	case 4, 5:
		c.holds(1 + 3*dice.Float64()) // critical
	case 6:
		c.holds(0)
	case 7:
		c.disabled()
	case 8:
		c.expires(time.Now().Add(time.Duration(dice.IntN(5)-1) * 24 * time.Hour))
	}
}
