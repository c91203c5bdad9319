package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mokabot/internal/discordsim"
	"mokabot/moka/mokatest"
)

// soakRequests is what Discord's REST does in a soak; all that the fake knows.
var soakRequests = []discordsim.Fault{
	{Kind: discordsim.FaultRateLimit, Wait: 300 * time.Millisecond, Count: 2},
	{Kind: discordsim.FaultRateLimit, Path: "/messages", Wait: 2 * time.Second},
	{Kind: discordsim.FaultGlobalRateLimit, Wait: 500 * time.Millisecond},
	{Kind: discordsim.FaultCloudflare, Wait: time.Second},
	{Kind: discordsim.FaultStatus, Count: 3},
	{Kind: discordsim.FaultStatus, Status: 500, Path: "/messages", Count: 4},
	{Kind: discordsim.FaultStatus, Status: 503, Count: -1},
	{Kind: discordsim.FaultStatus, Status: 403, Count: 2}, // a page, not Discord's word
	{Kind: discordsim.FaultStatus, Status: 403, Path: "/messages", Method: "POST", Body: `{"message":"Missing Permissions","code":50013}`},
	{Kind: discordsim.FaultStatus, Status: 404, Path: "/messages", Method: "POST", Body: `{"message":"Unknown Channel","code":10003}`},
	{Kind: discordsim.FaultStatus, Status: 302},
	{Kind: discordsim.FaultStatus, Status: 200, Body: `{"id":`},
	{Kind: discordsim.FaultStatus, Status: 200, Path: "/gateway", Body: `{"url":"wss://elsewhere.example/"}`},
	{Kind: discordsim.FaultHang, Count: 2},
	{Kind: discordsim.FaultHang, Path: "/messages"},
	{Kind: discordsim.FaultCutBefore, Count: 3},
	{Kind: discordsim.FaultCutBefore, Count: -1},
	{Kind: discordsim.FaultCutAfter, Count: 3},
	{Kind: discordsim.FaultCutAfter, Path: "/messages", Method: "POST", Count: 2},
	{Kind: discordsim.FaultDelay, Wait: 700 * time.Millisecond, Count: 5},
	{Kind: discordsim.FaultCode, Code: 40333, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultGarble, Body: "{}", Path: "/messages"},
	{Kind: discordsim.FaultCutUpload, Upload: true, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultSlowUpload, Upload: true, Path: "/messages"},
	{Kind: discordsim.FaultCutAnswer, Path: "/messages", Count: 2},
	{Kind: discordsim.FaultReset, Count: 2},
	{Kind: discordsim.FaultResetAfter, Path: "/messages", Method: "POST"},
	{Kind: discordsim.FaultGoAway, Count: 3},
	{Kind: discordsim.FaultCode, Code: 50001, Path: "/messages", Method: "POST"},
	{Kind: discordsim.FaultCode, Code: 50035, Path: "/messages", Method: "POST"},
	{Kind: discordsim.FaultCode, Code: 400001, Path: "/messages", Method: "POST", Upload: true},
}

// soakConnections is what Discord's gateway does, short of what ends the
// program.
var soakConnections = []discordsim.GatewayFault{
	{Kind: discordsim.GatewayRefuse, Count: 2}, {Kind: discordsim.GatewayRefuse, Code: 429, Count: -1},
	{Kind: discordsim.GatewaySilent}, {Kind: discordsim.GatewayNoReady}, {Kind: discordsim.GatewayReconnect},
	{Kind: discordsim.GatewayInvalid}, {Kind: discordsim.GatewayInvalid, Count: -1}, {Kind: discordsim.GatewayReconnectOnResume},
	{Kind: discordsim.GatewayInvalidOnResume}, {Kind: discordsim.GatewayClose}, {Kind: discordsim.GatewayClose, Code: 4009, Count: 3},
	{Kind: discordsim.GatewayClose, Code: 4007}, {Kind: discordsim.GatewayNoAck}, {Kind: discordsim.GatewayDrop, Count: 2},
}

// soakAnswers is what the moka gateway does.
var soakAnswers = []mokatest.Fault{
	{Status: 500}, {Status: 502, Times: 3}, {Status: 401, Times: 1}, {Status: 404, Times: 1},
	{Status: 503, Body: []byte(`{"error":{"message":"overloaded"}}`), Times: 4},
	{WebPage: true, Times: 2}, {WebPage: true, Status: 403}, {Cut: true, Times: 2}, {BrokenGzip: true, Times: 3},
	{Delay: 300 * time.Millisecond, Times: 8}, {Delay: 12 * time.Second, Times: 2}, {Hang: true, Times: 2}, {Hang: true},
	{Body: []byte(`{`), Times: 3}, {Body: []byte(`{"success":false,"message":"busy"}`), Times: 2},
	{Body: []byte(`nothing`), ContentType: "text/plain", Times: 2},
	{Path: "/api/status", Body: []byte(`{"success":true,"data":{"quota_per_unit":500000,"quota_display_type":"PEARLS"}}`), Times: 1},
	{Path: "/api/status", Body: []byte(`{"success":true,"data":{"quota_per_unit":1}}`), Times: 1},
	{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}, Times: 2},
	{Path: "/v1/dashboard/billing/usage", Status: 500}, {Path: "/v1/models", Status: 502, Times: 3},
}

// soakLong are those that ask for a pause of a minute or more, for long soaks.
var soakLong = []mokatest.Fault{{Status: http.StatusTooManyRequests, Times: 1}, {Status: http.StatusTooManyRequests, Times: 6}}

// soakEvents is what else befalls Discord.
var soakEvents = []struct {
	what   string
	strike func(*discordsim.Server)
}{
	{"drop", (*discordsim.Server).Drop},
	{"reconnect", (*discordsim.Server).Reconnect},
	{"heartbeat asked for", (*discordsim.Server).AskHeartbeat},
	{"invalid, resumable", func(d *discordsim.Server) { d.Invalidate(true) }},
	{"invalid", func(d *discordsim.Server) { d.Invalidate(false) }},
	{"close 4000", func(d *discordsim.Server) { d.CloseGateway(4000) }},
	{"close 4009", func(d *discordsim.Server) { d.CloseGateway(4009) }},
	{"close 1000", func(d *discordsim.Server) { d.CloseGateway(1000) }},
	{"mute", func(d *discordsim.Server) { d.Mute(true) }},
	{"down", func(d *discordsim.Server) { d.Down(true) }},
	{"nonces forgotten", (*discordsim.Server).ForgetNonces},
}

// strike makes something go wrong.
func (s *soak) strike(dice *rand.Rand) {
	s.struck.Add(1)
	switch dice.IntN(4) {
	case 0:
		s.discord.Inject(soakRequests[dice.IntN(len(soakRequests))])
	case 1:
		s.discord.InjectGateway(soakConnections[dice.IntN(len(soakConnections))])
		soakEvents[dice.IntN(len(soakEvents))].strike(s.discord)
	case 2:
		s.discord.Down(false)
		s.discord.Mute(false)
	case 3:
		all := soakAnswers
		if s.long {
			all = append(slices.Clone(all), soakLong...)
		}
		s.gateway.Fault(all[dice.IntN(len(all))])
	}
}

// What the fakes can do wrong and the tables above leave out would never be
// met in a soak.
func TestTheSoakKnowsAllFaults(t *testing.T) {
	var requests, connections []int
	for _, f := range soakRequests {
		requests = append(requests, int(f.Kind))
	}
	for _, f := range soakConnections {
		connections = append(connections, int(f.Kind))
	}
	for file, used := range map[string][]int{"faults.go": requests, "faults_gateway.go": connections} {
		for i, name := range kinds(t, "../../internal/discordsim/"+file) {
			if !slices.Contains(used, i+1) {
				t.Errorf("no fault in the soak is of the kind %s", name)
			}
		}
	}
	fault := reflect.TypeFor[mokatest.Fault]()
	for i := range fault.NumField() {
		field := func(f mokatest.Fault) bool { return !reflect.ValueOf(f).Field(i).IsZero() }
		if !slices.ContainsFunc(soakAnswers, field) {
			t.Errorf("no fault in the soak sets %s", fault.Field(i).Name)
		}
	}
}

// kinds are the names of a file's constants that count up from one.
func kinds(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		for _, spec := range block.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names[0].Name)
		}
	}
	if len(names) < 8 || !strings.HasPrefix(names[0], "Fault") && !strings.HasPrefix(names[0], "Gateway") {
		t.Fatalf("%s: the kinds are %v", file, names)
	}
	return names
}
