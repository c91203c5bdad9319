package mokatest

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// rateLimits are the limits that cover a call.
type rateLimits int

const (
	noLimit rateLimits = iota
	apiLimit
	webLimit
	criticalLimit // and the API's
)

// route is a documented read.
type route struct {
	limits rateLimits
	serve  func(*Server, *http.Request) reply
}

// routes are the reads of the server's version by path.
func (s *Server) routes() map[string]route {
	v := s.version
	routes := map[string]route{
		"/v1/models":                         {noLimit, (*Server).models},
		"/v1/dashboard/billing/subscription": {apiLimit, (*Server).subscription},
		"/v1/dashboard/billing/usage":        {apiLimit, (*Server).usage},
		"/dashboard/billing/subscription":    {apiLimit, (*Server).subscription},
		"/dashboard/billing/usage":           {apiLimit, (*Server).usage},
		"/api/status":                        {apiLimit, (*Server).status},
		"/api/notice":                        {apiLimit, (*Server).notice},
		"/api/user/self":                     {apiLimit, asUser((*Server).self)},
		"/api/user/token":                    {apiLimit, asUser((*Server).newAccessToken)},
		"/api/token/":                        {apiLimit, asUser((*Server).tokens)},
		"/api/log/self/stat":                 {apiLimit, asUser((*Server).stat)},
		"/api/log/self":                      {apiLimit, asUser((*Server).logSelf)},
	}
	if v != OneAPI {
		routes["/api/pricing"] = route{apiLimit, (*Server).pricing}
		routes["/api/user/self/groups"] = route{apiLimit, asUser((*Server).groups)}
		routes["/api/user/models"] = route{apiLimit, asUser((*Server).userModels)}
		routes["/api/data/self"] = route{apiLimit, asUser((*Server).dataSelf)}
	}
	if v.atLeast(V2025_12) {
		routes["/api/user/topup/info"] = route{apiLimit, asUser((*Server).topUpInfo)}
		routes["/api/usage/token/"] = route{criticalLimit, (*Server).tokenUsage}
	}
	if v.atLeast(V2026_07) {
		routes["/api/data/flow/self"] = route{apiLimit, asUser((*Server).flowSelf)}
		routes["/api/subscription/self"] = route{apiLimit, asUser((*Server).plans)}
	}
	return routes
}

// find picks what answers a call, and the limit that covers it.
func (s *Server) find(r *http.Request) route {
	path := r.URL.Path
	routes := s.routes()
	if r.Method == http.MethodOptions {
		return route{noLimit, (*Server).preflight}
	}
	if found, ok := routes[path]; ok && r.Method == http.MethodGet {
		return found
	}
	if name, ok := strings.CutPrefix(path, "/v1/models/"); ok && name != "" && !strings.Contains(name, "/") && r.Method == http.MethodGet {
		return route{noLimit, (*Server).oneModel}
	}
	if _, ok := routes[toggled(path)]; (ok || path == "/v1/") && r.Method == http.MethodGet {
		return route{noLimit, (*Server).moved}
	}
	for _, prefix := range []string{"/v1", "/api", "/assets"} {
		_, known := routes[path]
		if strings.HasPrefix(path, prefix) || known {
			return route{webLimit, (*Server).notFound}
		}
	}
	return route{webLimit, func(s *Server, _ *http.Request) reply { return s.webPage() }}
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
