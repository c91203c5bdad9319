package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"mokabot/internal/app"
	"mokabot/internal/discordsim/page"
	"mokabot/internal/metrics"
)

// defaultPort is where the page is when the address has no port.
const defaultPort = "8080"

// visitors are those who open the page of a simulated Discord.
type visitors struct {
	out     io.Writer
	log     *slog.Logger
	program string // demo or preview
	address string
}

func (v visitors) serve(ctx context.Context, b page.Backend, run func(context.Context) error) error {
	address := v.address
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), defaultPort)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --listen", err)
	}
	at := listener.Addr().(*net.TCPAddr)
	fmt.Fprintf(v.out, "mokabot %s: open %s (Ctrl-C ends it)\n", v.program, strings.Join(pageAddresses(at), " or "))
	if !at.IP.IsLoopback() {
		v.log.Warn("this page has no password: whoever reaches this address sees everything on it and can press every button", "listen", at.String())
	}
	host, _, _ := net.SplitHostPort(address)
	return app.RunAll(ctx, run, func(ctx context.Context) error {
		return servePage(ctx, listener, onlyFor(at, host, page.Handler(b)))
	})
}

// pageAddresses are the URLs that lead to a listener, the one for this machine
// first.
func pageAddresses(at *net.TCPAddr) []string {
	port := strconv.Itoa(at.Port)
	if !at.IP.IsUnspecified() {
		return []string{"http://" + net.JoinHostPort(at.IP.String(), port)}
	}
	all := []string{"http://" + net.JoinHostPort("127.0.0.1", port)}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return all
	}
	for _, a := range interfaces {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			all = append(all, "http://"+net.JoinHostPort(n.IP.String(), port))
		}
	}
	return all
}

// onlyFor answers requests for this machine only: another web page, whose own name was
// made to lead here, could otherwise read the figures. A listener on loopback answers
// to loopback names. Any other listener answers to this machine's names and to every
// address, because no such page is called by an address.
func onlyFor(at *net.TCPAddr, listenHost string, h http.Handler) http.Handler {
	names := map[string]bool{"localhost": true}
	if !at.IP.IsLoopback() {
		names[strings.ToLower(listenHost)] = true
		if name, err := os.Hostname(); err == nil {
			names[strings.ToLower(name)], names[strings.ToLower(name)+".local"] = true, true
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := metrics.Host(r)
		ip := net.ParseIP(host)
		if ip == nil && !names[strings.ToLower(host)] || ip != nil && at.IP.IsLoopback() && !ip.IsLoopback() || host == "" {
			http.Error(w, "this page is for the machine that it runs on; open it by its address", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
