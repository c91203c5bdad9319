package moka

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// What the bundle does not verify is verified by what the system trusts, and nothing else
// is trusted.
func TestCertificatesAreVerifiedByTheSystem(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.StartTLS()
	defer s.Close()
	plain := httptest.NewServer(s.Config.Handler)
	defer plain.Close()
	trusting, empty := x509.NewCertPool(), x509.NewCertPool()
	trusting.AddCert(s.Certificate())
	otherName := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for name, c := range map[string]struct {
		bundle, system *x509.CertPool
		url            string
		ok             bool
		connections    int32 // for two requests
	}{
		"both trust it":           {trusting, trusting, s.URL, true, 1},
		"the bundle trusts it":    {trusting, empty, s.URL, true, 1},
		"the bundle lacks it":     {empty, trusting, s.URL, true, 2},
		"there is no bundle":      {nil, trusting, s.URL, true, 1},
		"nobody trusts it":        {empty, empty, s.URL, false, 3},
		"no bundle, no trust":     {nil, empty, s.URL, false, 2},
		"it is of another name":   {trusting, trusting, otherName, false, 3},
		"there is no certificate": {trusting, trusting, plain.URL, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			system := NewTransport(nil)
			system.TLSClientConfig = &tls.Config{RootCAs: c.system}
			b := &bundleFirst{system: system, roots: func() *x509.CertPool { return c.bundle }}
			client := &http.Client{Transport: b}
			defer client.CloseIdleConnections()
			connections.Store(0)
			for range 2 {
				resp, err := client.Get(c.url)
				if (err == nil) != c.ok {
					t.Errorf("%v, want an answer: %t", err, c.ok)
				}
				if err != nil && !isTLS(err) {
					t.Errorf("%v is no failure of TLS", err)
				}
				if err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
			if n := connections.Load(); n != c.connections {
				t.Errorf("%d connections, want %d", n, c.connections)
			}
		})
	}
}

func TestTheBundleIsAFileOfCertificates(t *testing.T) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	var own bytes.Buffer
	if err := pem.Encode(&own, &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{own.String(): true, "# none\n" + own.String() + own.String(): true, "": false, "no certificates": false} {
		file := filepath.Join(t.TempDir(), "bundle.crt")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := poolOf(file); (got != nil) != want {
			t.Errorf("%d bytes: %v, want a pool: %t", len(text), got, want)
		}
	}
	if poolOf(filepath.Join(t.TempDir(), "none")) != nil {
		t.Error("a file that does not exist has certificates")
	}
}
