package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// gatewayFaults are all that a gateway can do wrong, and answers that hold the
// caller's credentials.
func (l *leak) gatewayFaults() []mokatest.Fault {
	all := []mokatest.Fault{
		{Status: 401}, {Status: 403}, {Status: 404}, {Status: 429}, {Status: 500}, {WebPage: true}, {Cut: true}, {BrokenGzip: true}, {Hang: true},
		{Delay: time.Second}, {Body: []byte("{")}, {Body: []byte{}, Status: 200}, {Status: 407, WebPage: true},
		{Path: "/api/status", Status: 500}, {Path: "/v1/dashboard/billing/subscription", Status: 401},
		{Status: 301, Header: http.Header{"Location": {"https://elsewhere.example/?key=" + leakKey}}},
		{Status: 302, Header: http.Header{"Location": {"http://u:" + url.QueryEscape(leakAccess) + "@127.0.0.1:1/" + leakKey}}},
		{Status: 307, Header: http.Header{"Location": {"://" + leakKey}}},
		{Status: 429, Header: http.Header{"Retry-After": {leakKey}}},
	}
	var names []string
	for _, secret := range []string{leakKey, leakAccess} {
		for _, echo := range echoes(secret) {
			names = append(names, fmt.Sprintf(`{"id":%q,"owned_by":%q,"model_name":%q}`, echo, echo, "by "+echo))
			all = append(all,
				mokatest.Fault{Status: 401, Body: fmt.Appendf(nil, `{"error":{"message":"wrong key %s, see https://x.example/?k=%s","type":%q,"code":%q}}`, echo, echo, echo, echo)},
				mokatest.Fault{Body: fmt.Appendf(nil, `{"success":false,"message":"%s is not valid"}`, echo)},
				mokatest.Fault{Path: "/api/status", Body: fmt.Appendf(nil, `{"success":true,"data":{"version":%q,"system_name":%q,"quota_per_unit":500000,"quota_display_type":%q}}`, echo, echo, echo)},
			)
		}
		all = append(all, mokatest.Fault{Status: 500, ContentType: "text/html", Body: []byte("<html><title>" + secret + "</title></html>")})
	}
	return append(all,
		mokatest.Fault{Path: "/v1/models", Body: []byte(`{"data":[` + strings.Join(names, ",") + `]}`)},
		mokatest.Fault{Path: "/api/pricing", Body: []byte(`{"success":true,"data":[` + strings.Join(names, ",") + `]}`)},
		mokatest.Fault{Path: "/api/notice", Body: fmt.Appendf(nil, `{"success":true,"data":"%s %s"}`, leakKey, leakAccess)},
		mokatest.Fault{Path: "/api/token/", Body: fmt.Appendf(nil, `{"success":true,"data":[{"id":1,"name":%q,"key":%q,"status":1,"group":%q,"remain_quota":1,"model_limits":%q,"model_limits_enabled":true}]}`,
			leakKey, leakStranger, leakAccess, leakKey)},
	)
}

// requestFaults are all that Discord's REST can do wrong.
func (l *leak) requestFaults() []discordsim.Fault {
	all := []discordsim.Fault{
		{Kind: discordsim.FaultHang, Path: "/messages"}, {Kind: discordsim.FaultCutBefore, Count: 3}, {Kind: discordsim.FaultCutAfter, Count: 3},
		{Kind: discordsim.FaultDelay, Wait: time.Second / 2, Count: 3},
	}
	for _, kind := range []discordsim.FaultKind{discordsim.FaultRateLimit, discordsim.FaultGlobalRateLimit, discordsim.FaultCloudflare} {
		all = append(all, discordsim.Fault{Kind: kind, Count: 2, Wait: time.Second / 5})
	}
	for _, status := range []int{400, 403, 404, 409, 500, 502, 503, 504} {
		all = append(all, discordsim.Fault{Kind: discordsim.FaultStatus, Status: status, Count: 3})
	}
	for _, echo := range echoes(leakToken) {
		all = append(all,
			discordsim.Fault{Kind: discordsim.FaultStatus, Status: 400, Count: 3, Body: fmt.Sprintf(`{"message":"Bot %s","code":50035,"errors":{%q:{"_errors":[{"message":%q}]}}}`, echo, echo, echo)},
			discordsim.Fault{Kind: discordsim.FaultStatus, Status: 502, Count: 3, Body: "<html>" + echo + "</html>"},
			discordsim.Fault{Kind: discordsim.FaultStatus, Status: 200, Path: "/gateway", Body: fmt.Sprintf(`{"url":"wss://%s.example/?token=%s"}`, echo, echo)},
		)
	}
	return all
}

// connectionFaults are all that Discord's gateway can do wrong and that leave
// the program running.
func (l *leak) connectionFaults() []discordsim.GatewayFault {
	var all []discordsim.GatewayFault
	for kind := discordsim.GatewayRefuse; kind <= discordsim.GatewayDrop; kind++ {
		all = append(all, discordsim.GatewayFault{Kind: kind})
	}
	for _, echo := range echoes(leakToken) {
		if len(echo) < 100 { // of the 125 bytes of a close frame
			all = append(all, discordsim.GatewayFault{Kind: discordsim.GatewayClose, Code: 4000, Text: "bad " + echo})
		}
	}
	return all
}
