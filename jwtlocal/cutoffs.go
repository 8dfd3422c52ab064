package jwtlocal

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Cutoffs tells what has been cut off. [MemoryCutoffs] is one; another one may
// share cutoffs between the replicas of a service.
type Cutoffs interface {
	// Standing returns what is known about a session, its member and its class. It
	// is called for every request, so it must answer from memory and be safe for
	// concurrent use. An error means that it could not find out; no token is
	// accepted then.
	Standing(ctx context.Context, session grimoireauth.SessionID, member grimoireauth.MemberID, class grimoireauth.OrganizationID) (Standing, error)
}

// Standing is what cutoffs say about one session. The zero Standing: nothing.
type Standing struct {
	// Ended: the session is over for good. No time is compared.
	Ended bool
	// StaleUntil: every session_jwt issued until then is stale, because its member
	// or class was cut off. The zero time: none is.
	StaleUntil time.Time
}
