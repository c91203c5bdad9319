// Package mokatest is a programmable fake of a gateway of the new-api family.
//
// It answers in the exact shapes of five members of the family ([Versions]),
// as recorded from real servers: paths, status codes, languages, units, the
// words of refusals, redirects and web pages at wrong addresses. A test sets up
// accounts and keys, spends, tops up, breaks answers ([Server.Fault]) and looks
// at what was asked ([Server.Requests]).
//
// A [Server] is an [net/http.Handler]; [Server.Client] reaches it without a
// socket, under any host name, also in a testing/synctest bubble.
package mokatest
