package moka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

// ReadAuthorities reads the certificate authorities that the first request over TLS
// otherwise waits for.
func ReadAuthorities() { bundle() }

// bundle is what one file of the system trusts, nil where the system has no such file.
// It is the file that package crypto/x509 reads first on Linux; after it, that package
// reads folders of single certificates as well, which on Debian are the same ones again in
// 300 files. So the bundle holds nothing that the system does not trust.
var bundle = sync.OnceValue(func() *x509.CertPool {
	if runtime.GOOS != "linux" {
		return nil
	}
	return poolOf(cmp.Or(os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt"))
})

// poolOf is the pool of a file's certificates, nil where it has none.
func poolOf(file string) *x509.CertPool {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil
	}
	return pool
}

// bundleFirst sends requests without bodies over connections that trust a bundle and, from
// the first certificate on that it does not verify, all that the system trusts.
type bundleFirst struct {
	system *http.Transport
	roots  func() *x509.CertPool // the bundle; nil where there is none
	once   sync.Once
	chosen atomic.Pointer[http.Transport] // nil before the first request over TLS
}

func (b *bundleFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return b.system.RoundTrip(r)
	}
	b.once.Do(b.choose)
	t := b.chosen.Load()
	resp, err := t.RoundTrip(r)
	if _, unverified := errors.AsType[*tls.CertificateVerificationError](err); unverified && t != b.system {
		b.chosen.Store(b.system)
		t.CloseIdleConnections()
		return b.system.RoundTrip(r)
	}
	return resp, err
}

func (b *bundleFirst) choose() {
	t := b.system
	if roots := b.roots(); roots != nil {
		t = t.Clone()
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	b.chosen.Store(t)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (b *bundleFirst) CloseIdleConnections() {
	b.system.CloseIdleConnections()
	if t := b.chosen.Load(); t != nil {
		t.CloseIdleConnections()
	}
}
