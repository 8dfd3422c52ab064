package jwtlocal

import (
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// refusal is an error that is always the same: a value made once, so that
// refusing costs nothing, and immutable, so that one caller cannot change what
// the next one sees. It says the class of fault and no more.
type refusal struct {
	text string
	kind error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

var (
	errNoCredentials error = &refusal{"jwtlocal: no credentials were presented", grimoireauth.ErrNoCredentials}
	errBad           error = &refusal{"jwtlocal: the session_jwt is not acceptable", grimoireauth.ErrUnauthenticated}
	errBadToken      error = &refusal{"jwtlocal: the session_token is not acceptable", grimoireauth.ErrUnauthenticated}
	errMisnamed      error = &refusal{"jwtlocal: the session_token belongs to another session than it is named after", grimoireauth.ErrUnauthenticated}
	errExpired       error = &refusal{"jwtlocal: the session_jwt has expired", grimoireauth.ErrExpired}
	errEnded         error = &refusal{"jwtlocal: the session has ended", grimoireauth.ErrSessionEnded}
)

// unavailable wraps what kept us from finding out.
func unavailable(op string, cause error, wait time.Duration) error {
	return &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrUnavailable, RetryAfter: wait, Err: cause}
}
