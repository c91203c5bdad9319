package redact

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// randomSecrets are a key and a token, as gateways make them, for each of n accounts.
func randomSecrets(n int) []string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	random := func(size int) string {
		b := make([]byte, size)
		for i := range b {
			b[i] = letters[rand.IntN(len(letters))]
		}
		return string(b)
	}
	var all []string
	for range n {
		all = append(all, "sk-"+random(48), random(32))
	}
	return all
}

// memory is how many bytes the sets of a Redactor take.
func (r *Redactor) memory() int {
	return 8 * (cap(r.exact.hashes) + cap(r.exact.filter) + cap(r.folded.hashes) + cap(r.folded.filter))
}

// BenchmarkPrepare makes the secrets of fifty accounts known.
func BenchmarkPrepare(b *testing.B) {
	secrets, size := randomSecrets(50), 0
	for b.Loop() {
		r := New("***", secrets...)
		r.Prepare()
		size = r.memory()
	}
	b.ReportMetric(float64(size)/1e6, "MB")
}

func TestASecretTakesLittleMemory(t *testing.T) {
	const accounts, most = 10, 64 << 10 // bytes, for an account
	for name, r := range map[string]*Redactor{"of foreign texts": New("***", randomSecrets(accounts)...), "of output": ForOutput("***", randomSecrets(accounts)...)} {
		if r.Prepare(); r.memory() > accounts*most {
			t.Errorf("%s: %d bytes for %d accounts", name, r.memory(), accounts)
		}
	}
}

func TestSecretsAreFoundFromTheMomentTheyAreKnown(t *testing.T) {
	secrets := randomSecrets(4)
	r := New("***", secrets[0])
	var redacting sync.WaitGroup
	for _, secret := range secrets[1:] {
		redacting.Go(func() {
			r.Add(secret)
			if got := r.Redact("<" + secret + ">"); got != "<***>" {
				t.Errorf("%s was not found: %s", secret, got)
			}
			if got := r.Redact("<" + secrets[0] + ">"); got != "<***>" {
				t.Errorf("the first one is forgotten: %s", got)
			}
		})
	}
	redacting.Wait()
}
