package redact

import (
	"hash/maphash"
	"slices"
)

// parts is a set of texts. It stores their hashes, because a hundred secrets have more
// than a hundred thousand parts. A text that is not in the set is taken for one that is
// with a probability of their number divided by 2^64.
type parts struct {
	hashes []uint64 // sorted once sealed
	filter []uint64 // a bit for each value of the highest bits of a hash that is in the set
	shift  int      // to those bits
}

var seed = maphash.MakeSeed()

// add adds the parts of that size of a spelling. Then the set must be sealed.
func (p *parts) add(form string, size int) {
	for i := 0; i+size <= len(form); i++ {
		p.hashes = append(p.hashes, maphash.String(seed, form[i:i+size]))
	}
}

// seal makes the set ready for [parts.has].
func (p *parts) seal() {
	const sparse = 16 // bits of the filter for each hash, at least
	slices.Sort(p.hashes)
	p.hashes = slices.Clone(slices.Compact(p.hashes))
	width := 6
	for 1<<width < sparse*len(p.hashes) {
		width++
	}
	p.filter, p.shift = make([]uint64, 1<<(width-6)), 64-width
	for _, h := range p.hashes {
		p.filter[h>>p.shift/64] |= 1 << (h >> p.shift % 64)
	}
}

// has reports whether a text is in the set.
func (p *parts) has(text []byte) bool {
	h := maphash.Bytes(seed, text)
	if p.filter == nil || p.filter[h>>p.shift/64]&(1<<(h>>p.shift%64)) == 0 {
		return false
	}
	_, found := slices.BinarySearch(p.hashes, h)
	return found
}

// allDigits reports whether a text is a figure far more often than a part of a secret.
func allDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
