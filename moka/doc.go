// Package moka is a client for gateways of the new-api family, of which
// https://api.moka-ai.com is one: the models an API key may call, what is left
// on the key, and what is left in the account's wallet.
//
// The family's members differ from release to release in paths, units, status
// codes and languages. This package goes by the shape of an answer and never by
// a version string, and it keeps one promise above all: an amount is right, or
// it is unknown ([Maybe]); it is never zero because something went wrong.
package moka
