package jwtlocal

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Reason says why a token did not pass. It goes to [Stats], to the observer and to the log
// at debug level. The client does not get it: it would help an attacker to know which check
// failed. The zero Reason means that the token passed.
type Reason uint8

// The closed set of reasons. The first group means that the token is bad.
const (
	_                        Reason = iota
	ReasonTooLong                   // longer than any genuine token
	ReasonMalformed                 // not three strict base64url segments
	ReasonHeader                    // a header that Stytch does not write
	ReasonAlgorithm                 // an algorithm other than RS256
	ReasonUnknownKey                // signed by a key that the project does not publish
	ReasonSignature                 // the signature does not match
	ReasonClaims                    // claims missing, repeated, disguised or of the wrong kind
	ReasonIssuer                    // issued by another issuer, or for another project
	ReasonAudience                  // for another audience, or also for one that Config.Audiences does not list
	ReasonSubject                   // no member id of this environment
	ReasonSession                   // no session id of this environment
	ReasonOrganization              // no organization id of this environment
	ReasonOtherToken                // a token of another kind, such as an access token
	ReasonLifetime                  // times that contradict each other, or a life of over an hour
	ReasonNotYet                    // unknown: genuine, and not valid yet because this machine's clock is behind
	ReasonSessionEnded              // the session was revoked
	ReasonExpired                   // stale: past its own or its session's end
	ReasonTooOld                    // stale: older than Config.MaxAge
	ReasonRevoked                   // stale: issued before a revocation of its member or class
	ReasonUnconfirmed               // stale: revocations may be missing, and Stytch has not confirmed the session
	ReasonRetiredKey                // stale: signed by a key that is no longer published
	ReasonNoKeys                    // unknown: the key set could not be fetched
	ReasonRevocationsUnknown        // unknown: the revocations could not be read
	reasonCount
)

var reasonNames = [reasonCount]string{
	"none", "too_long", "malformed", "header", "algorithm", "unknown_key", "signature", "claims",
	"issuer", "audience", "subject", "session", "organization", "other_token", "lifetime", "not_yet",
	"session_ended", "expired", "too_old", "revoked", "unconfirmed", "retired_key", "no_keys", "revocations_unknown",
}

// String returns the reason in snake case, fit for a metric's label.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "reason(" + strconv.Itoa(int(r)) + ")"
}

// MarshalText writes the same word, also for keys of a JSON object.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// fixedError is an error that is made once, so that rejecting a token allocates nothing.
// It is immutable and says only the kind of fault.
type fixedError struct {
	text string
	kind error
}

func (e *fixedError) Error() string { return e.text }

func (e *fixedError) Unwrap() error { return e.kind }

var (
	errNoCredentials error = &fixedError{"jwtlocal: no credentials were presented", grimoireauth.ErrNoCredentials}
	errRejected      error = &fixedError{"jwtlocal: the session_jwt is not acceptable", grimoireauth.ErrUnauthenticated}
	errBadToken      error = &fixedError{"jwtlocal: the session_token is not acceptable", grimoireauth.ErrUnauthenticated}
	errMisnamed      error = &fixedError{"jwtlocal: the session_token belongs to another session than it is named after", grimoireauth.ErrUnauthenticated}
	errExpired       error = &fixedError{"jwtlocal: the session_jwt has expired", grimoireauth.ErrExpired}
	errUnconfirmed   error = &grimoireauth.Error{Op: "verify session_jwt", Kind: grimoireauth.ErrUnavailable, RetryAfter: firstPause,
		Err: errors.New("revocations may be missing, and Stytch has not confirmed the session")}
	errEnded error = &fixedError{"jwtlocal: the session has ended", grimoireauth.ErrSessionEnded}
)

// unavailable returns an error that says why an answer could not be found out.
func unavailable(op string, cause error, wait time.Duration) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, RetryAfter: wait, Err: cause}
}

// clockError says that this machine's clock is off by more than Config.Leeway. Two signed
// facts show it: a session_jwt that is not valid yet, and one that Stytch issued a moment
// ago and that has expired already.
type clockError struct {
	off    time.Duration // at least
	behind bool          // or ahead
}

func (e *clockError) Error() string {
	direction := "ahead of"
	if e.behind {
		direction = "behind"
	}
	return fmt.Sprintf("this machine's clock is at least %v %s Stytch's", e.off, direction)
}

// signed is the error with the sign of OperatorAlarm.ClockError: positive if the clock is
// ahead.
func (e *clockError) signed() time.Duration {
	if e.behind {
		return -e.off
	}
	return e.off
}

func newClockError(off time.Duration, behind bool) *clockError {
	if off > time.Second {
		off = off.Truncate(time.Second)
	}
	return &clockError{off: off, behind: behind}
}
