package mokatest

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// lane is which rate limit covers a call.
type lane int

const (
	noLane lane = iota
	apiLane
	webLane
	criticalLane // and the API's
)

// route is a documented read.
type route struct {
	lane  lane
	serve func(*Server, *http.Request) reply
}

// routes are the reads of the server's version by path.
func (s *Server) routes() map[string]route {
	v := s.version
	routes := map[string]route{
		"/v1/models":                         {noLane, (*Server).models},
		"/v1/dashboard/billing/subscription": {apiLane, (*Server).subscription},
		"/v1/dashboard/billing/usage":        {apiLane, (*Server).usage},
		"/dashboard/billing/subscription":    {apiLane, (*Server).subscription},
		"/dashboard/billing/usage":           {apiLane, (*Server).usage},
		"/api/status":                        {apiLane, (*Server).status},
		"/api/notice":                        {apiLane, (*Server).notice},
		"/api/user/self":                     {apiLane, asUser((*Server).self)},
		"/api/user/token":                    {apiLane, asUser((*Server).newAccessToken)},
		"/api/token/":                        {apiLane, asUser((*Server).tokens)},
		"/api/log/self/stat":                 {apiLane, asUser((*Server).stat)},
		"/api/log/self":                      {apiLane, asUser((*Server).logSelf)},
	}
	if v != OneAPI {
		routes["/api/pricing"] = route{apiLane, (*Server).pricing}
		routes["/api/user/self/groups"] = route{apiLane, asUser((*Server).groups)}
		routes["/api/user/models"] = route{apiLane, asUser((*Server).userModels)}
		routes["/api/data/self"] = route{apiLane, asUser((*Server).dataSelf)}
	}
	if v.atLeast(V2025_12) {
		routes["/api/user/topup/info"] = route{apiLane, asUser((*Server).topUpInfo)}
		routes["/api/usage/token/"] = route{criticalLane, (*Server).tokenUsage}
	}
	if v.atLeast(V2026_07) {
		routes["/api/data/flow/self"] = route{apiLane, asUser((*Server).flowSelf)}
		routes["/api/subscription/self"] = route{apiLane, asUser((*Server).plans)}
	}
	return routes
}

// find picks what answers a call, and the limit that covers it.
func (s *Server) find(r *http.Request) route {
	path := r.URL.Path
	routes := s.routes()
	if r.Method == http.MethodOptions {
		return route{noLane, (*Server).preflight}
	}
	if found, ok := routes[path]; ok && r.Method == http.MethodGet {
		return found
	}
	if name, ok := strings.CutPrefix(path, "/v1/models/"); ok && name != "" && !strings.Contains(name, "/") && r.Method == http.MethodGet {
		return route{noLane, (*Server).oneModel}
	}
	if _, ok := routes[toggled(path)]; (ok || path == "/v1/") && r.Method == http.MethodGet {
		return route{noLane, (*Server).moved}
	}
	for _, prefix := range []string{"/v1", "/api", "/assets"} {
		_, known := routes[path]
		if strings.HasPrefix(path, prefix) || known {
			return route{webLane, (*Server).notFound}
		}
	}
	return route{webLane, func(s *Server, _ *http.Request) reply { return s.webPage() }}
}

// toggled is the path with its last slash taken away, or one put there.
func toggled(path string) string {
	if short, ok := strings.CutSuffix(path, "/"); ok {
		return short
	}
	return path + "/"
}

// moved is the redirect from a path with a slash too many or too few.
func (s *Server) moved(r *http.Request) reply {
	to := toggled(r.URL.Path)
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	body := fmt.Sprintf("<a href=%q>Moved Permanently</a>.\n\n", html.EscapeString(to))
	return reply{http.StatusMovedPermanently, http.Header{"Content-Type": {htmlType}, "Location": {to}}, []byte(body), false}
}

// notFound is the answer to an API path that does not exist.
func (s *Server) notFound(r *http.Request) reply {
	answer := asJSON(http.StatusNotFound, obj{"error": obj{
		"message": fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.RequestURI()),
		"type":    "invalid_request_error", "param": "", "code": "",
	}})
	answer.header.Set("Cache-Control", "max-age=604800")
	return answer
}

// webPage is the console's, which answers everything that is not the API's.
func (s *Server) webPage() reply {
	page := "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>New API</title></head><body><div id=\"root\"></div></body></html>\n"
	if s.version == OneAPI {
		page = "<!doctype html><html lang=\"en\"><head><title>One API</title></head><body><div id=\"root\"></div></body></html>\n"
	}
	header := http.Header{"Content-Type": {htmlType}, "Cache-Control": {"no-cache"}}
	return reply{http.StatusOK, header, []byte(page), false}
}

func (s *Server) preflight(*http.Request) reply {
	return reply{status: http.StatusNoContent, header: http.Header{
		"Access-Control-Allow-Credentials": {"true"}, "Access-Control-Allow-Headers": {"*"},
		"Access-Control-Allow-Methods": {"GET,POST,PUT,DELETE,OPTIONS"},
		"Access-Control-Allow-Origin":  {"*"}, "Access-Control-Max-Age": {"43200"},
	}}
}
