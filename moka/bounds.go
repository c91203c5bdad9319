package moka

import (
	"errors"
	"io"
)

// bounds are what an answer may hold at most. They bound the memory that its
// decoding takes, which a limit of bytes alone does not: three bytes of JSON,
// "{},", can become a struct of two hundred.
type bounds struct {
	bytes  int // after unpacking
	values int // keys, texts, numbers, objects and lists, together
	items  int // in any one list or object
	depth  int // of nesting
	text   int // bytes of one text or number
}

// The bounds of each read, an order of magnitude above the largest answers of
// real gateways. Every other answer of the family is a few kilobytes.
var (
	usualBounds = bounds{bytes: 1 << 20, values: 20_000, items: 2_000, depth: 32, text: 64 << 10}
	readBounds  = map[string]bounds{
		"status":    {bytes: 2 << 20, values: 40_000, items: 5_000, depth: 32, text: 1 << 20}, // pages and pictures set by the operator
		"notice":    {bytes: 2 << 20, values: 100, items: 20, depth: 8, text: 2 << 20},
		"token":     {bytes: 2 << 20, values: 60_000, items: 2_000, depth: 16, text: 64 << 10}, // a page
		"models":    {bytes: 4 << 20, values: 250_000, items: 20_000, depth: 16, text: 64 << 10},
		"pricing":   {bytes: 4 << 20, values: 250_000, items: 20_000, depth: 16, text: 64 << 10},
		"data/self": {bytes: 6 << 20, values: 700_000, items: 40_000, depth: 16, text: 4 << 10}, // hours × models
	}
)

// maxNames bounds the names of the models in one list, in bytes together, and maxName each
// of them. Gateways keep a model's name in a column of 255 characters.
const (
	maxNames = 3 << 19
	maxName  = 1 << 10
)

// nameBytes counts the names of a list.
type nameBytes int

// add reports whether one more name is within the bounds.
func (n *nameBytes) add(name string) bool {
	*n += nameBytes(len(name))
	return len(name) <= maxName && *n <= maxNames
}

func boundsOf(op string) bounds {
	if b, ok := readBounds[op]; ok {
		return b
	}
	return usualBounds
}

// pageBytes is how much is read of an answer that does not begin like JSON.
// That is enough to recognize a web page, whose text nobody needs.
const pageBytes = 64 << 10

// errBeyond says that an answer exceeds its bounds.
var errBeyond = errors.New("more than any gateway answers")

// readBounded reads an answer up to its bounds, without the blanks between the values of
// JSON. It calls grow before it takes more than the first bytes, with the size that it
// needs in all.
func readBounded(from io.Reader, b bounds, grow func(size int) error) ([]byte, error) {
	scan := scanner{bounds: b}
	body := make([]byte, 0, 4<<10)
	for read := 0; ; {
		if len(body) == cap(body) {
			size := min(2*cap(body), b.bytes+1)
			if err := grow(size); err != nil {
				return nil, err
			}
			grown := make([]byte, len(body), size)
			copy(grown, body)
			body = grown
		}
		n, err := from.Read(body[len(body):cap(body)])
		read += n
		kept, within := scan.feed(body[len(body) : len(body)+n])
		body = body[:len(body)+kept]
		if !within || read > b.bytes {
			return nil, errBeyond
		}
		if !scan.json && scan.begun && len(body) >= pageBytes {
			return body, nil
		}
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// scanner counts what a JSON text holds, without judging whether it is valid.
type scanner struct {
	bounds
	begun, json bool // something was read; it begins like a JSON object or list
	mark        int  // bytes of a byte order mark that were read

	seen    int   // values so far
	open    []int // items of the objects and lists that are open
	quoted  bool
	escaped bool
	length  int // of the text or number being read
}

// feed scans the next part and reports whether everything is within the bounds. It moves
// what is no blank to the beginning of part and returns how much that is: in place of
// blanks between two values one remains, where it separates them.
func (s *scanner) feed(part []byte) (kept int, within bool) {
	for i := 0; i < len(part); i++ {
		c := part[i]
		if !s.begun {
			s.begin(c)
		}
		from := i
		switch {
		case !s.json && s.begun:
		case s.quoted:
			i += s.skip(part[i:])
			if s.length > s.text {
				return kept, false
			}
		case blank(c):
			separates := s.length > 0
			s.length = 0
			if !separates {
				continue
			}
		case s.begun && !s.structure(c):
			return kept, false
		}
		kept += copy(part[kept:], part[from:i+1])
	}
	return kept, true
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// begin checks the first byte that is neither space nor part of a byte order mark.
func (s *scanner) begin(c byte) {
	switch {
	case blank(c):
	case c == "\xef\xbb\xbf"[min(s.mark, 2)]:
		s.mark++
	default:
		s.begun, s.json = true, c == '{' || c == '['
	}
}

// skip reads on inside a text and returns how many bytes it read beyond the first.
func (s *scanner) skip(part []byte) int {
	for i, c := range part {
		switch {
		case s.escaped:
			s.escaped = false
		case c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = false
			return i
		}
		s.length++
	}
	return len(part) - 1
}

// structure reads one byte outside of a text.
func (s *scanner) structure(c byte) bool {
	switch c {
	case ':':
		s.length = 0
	case ',':
		s.length = 0
		if n := len(s.open); n > 0 {
			s.open[n-1]++
			return s.open[n-1] < s.items
		}
	case '{', '[':
		s.length = 0
		s.seen++
		s.open = append(s.open, 0)
	case '}', ']':
		s.length = 0
		s.open = s.open[:max(0, len(s.open)-1)]
	case '"':
		s.length = 0
		s.seen++
		s.quoted = true
	default: // a number or a word
		if s.length == 0 {
			s.seen++
		}
		s.length++
	}
	return s.seen <= s.values && len(s.open) <= s.depth && s.length <= maxNumber
}

// maxNumber is the longest number, and the longest of true, false and null.
const maxNumber = 64
