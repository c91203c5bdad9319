// Package mokatest is a programmable fake of a gateway of the new-api family.
//
// It answers in the exact shapes of five members of the family ([Versions]) and
// of three forks ([Forks]), as recorded from real servers: paths, status codes,
// languages, units, the words of refusals, redirects and web pages at wrong
// addresses. A test sets up accounts and keys, charges calls by the server's own
// rules ([Server.Call], [Server.Task]), tops up, breaks answers ([Server.Fault])
// and looks at what was asked ([Server.Requests]).
//
// The true figures are in its books ([Server.Books]), which nothing that an
// operator does to logs, names, counters or units changes; [Server.Payable] is
// what the gateway would still let through.
//
// A [Server] is an [net/http.Handler], which httptest serves over TLS with
// HTTP/2 too; [Server.Client] reaches it without a socket, under any host name,
// also in a testing/synctest bubble.
package mokatest
