// Package claims strictly reads the JSON of a session_jwt: its header, its claims, and the
// JWK Set of its keys.
//
// RFC 8259 does not define what a repeated member name means. encoding/json also accepts a
// member whose name matches after case folding, keeps the last of several members, and
// replaces invalid UTF-8 by U+FFFD, so that two different ids can become equal. Between two
// programs that read a text differently an attacker can hide a claim. So this package rejects
// what programs could read differently (RFC 8725, 2.4 and 3.7): repeated and case-folded
// names, invalid UTF-8, lone surrogates, a second document after the first. It reads in one
// pass over the bytes, without reflection, and allocates only what the result keeps.
//
// It verifies no signature: call it on bytes whose signature was verified, or where a mistake
// can only lead to a rejection.
package claims
