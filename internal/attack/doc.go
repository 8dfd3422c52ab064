// Package attack holds tests of a whole service in virtual time: strangers attack it
// from many client addresses while people sign in and read their pages. Its parts are the
// real ones, from the sign-in pages to the client, over Stytch in memory, in which each
// call takes a tenth of a second.
//
// The suite runs one minute of the attack. Ten minutes by hand:
//
//	go test ./internal/attack -attack.minutes=10 -v
//
// A failure prints its seed, which -attack.seed takes.
package attack
