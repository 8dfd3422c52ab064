// Package claims reads the JSON of a session_jwt strictly: its header, its
// claims, and the JWK Set that its keys come from.
//
// RFC 8259 leaves to the reader what a repeated member name means, and
// encoding/json goes further: it takes a member whose name matches only after
// case folding, keeps the last of several, and turns invalid UTF-8 into U+FFFD,
// so that two different ids can become equal. Between two readers who choose
// differently an attacker can hide a claim. This package refuses what readers
// could disagree about (RFC 8725, 2.4 and 3.7): repeated and case-folded names,
// invalid UTF-8, lone surrogates, a second document after the first. It reads in
// one pass over the bytes, without reflection, and allocates only what the
// result keeps.
//
// It verifies no signature: call it on bytes whose signature has been verified,
// or where a mistake can only lead to a refusal.
package claims
