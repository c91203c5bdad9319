package discordsim

import "time"

// Option changes a [Server].
type Option func(*settings)

// WithToken sets the bot token that is taken, without the word "Bot".
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithHeartbeat sets the interval that HELLO demands; Discord's is 41.25 s.
func WithHeartbeat(d time.Duration) Option { return func(s *settings) { s.heartbeat = d } }

// WithAckTime sets how long an interaction waits for its first answer; 3 s.
func WithAckTime(d time.Duration) Option { return func(s *settings) { s.ackTime = d } }

// WithInteractionLife sets how long an interaction's token lives; 15 min.
func WithInteractionLife(d time.Duration) Option { return func(s *settings) { s.tokenLife = d } }

// WithNonceWindow sets how long an enforced nonce is remembered; 5 min.
func WithNonceWindow(d time.Duration) Option { return func(s *settings) { s.nonceWindow = d } }

// WithResumeWindow sets how long a cut session can be resumed; 1 min.
func WithResumeWindow(d time.Duration) Option { return func(s *settings) { s.resumeWindow = d } }

// WithIdentifySpacing makes an IDENTIFY that comes sooner than d after the
// last one invalid; Discord's is 5 s.
func WithIdentifySpacing(d time.Duration) Option { return func(s *settings) { s.spacing = d } }

// WithRateLimit allows n requests per route and channel within d, and says so
// in the headers. Without it there are no limits.
func WithRateLimit(n int, d time.Duration) Option {
	return func(s *settings) { s.rateLimit, s.rateWindow = n, d }
}

// WithRequests keeps the newest n requests at least, and at most twice as many, for
// [Server.Requests]. Without it all are kept, with their bodies.
func WithRequests(n int) Option { return func(s *settings) { s.requests = n } }

// usualSpacing is the least between two IDENTIFYs of a bot without shards.
const usualSpacing = 5 * time.Second

// usualHeartbeat is the interval that Discord asks for.
const usualHeartbeat = 41250 * time.Millisecond

// Moment is a point in the life of a REST request.
type Moment int

// The moments.
const (
	MomentArrived Moment = iota // nothing has been done yet
	MomentDone                  // it was carried out, and nobody knows yet but the server
)

// WithOnRequest has f called at the moments of each REST request. path is that
// of [Request.Path]. f holds the request up.
func WithOnRequest(f func(m Moment, method, path string)) Option {
	return func(s *settings) { s.onRequest = f }
}
