package jwtlocal

import (
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// standing is what a token is worth.
type standing uint8

const (
	unknowable standing = iota // nobody could find out; the zero standing, to be safe
	refused                    // not a session_jwt of this project that could count now
	ended                      // genuine, and a cutoff says that its session is over
	stale                      // genuine, and to be refreshed before it counts
	good
)

// verdict is the outcome of judging a token. The session and the times are set if
// the token is genuine: good, stale, ended, or not valid yet by this machine's clock.
type verdict struct {
	standing standing
	reason   Reason // zero if good
	cached   bool   // it had been verified before
	session  grimoireauth.Session
	times    times
	now      time.Time // when it was judged
	err      error     // for an unknowable one
}

// error returns what the caller may know of a verdict that is not good.
func (v verdict) error() error {
	switch v.standing {
	case refused:
		return errBad
	case ended:
		return errEnded
	case stale:
		return errExpired
	}
	return v.err
}
