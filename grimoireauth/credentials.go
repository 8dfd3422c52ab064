package grimoireauth

import (
	"context"
	"time"
)

// The names of the cookies that Stytch's own front-end SDKs use.
const (
	SessionTokenCookie = "stytch_session"
	SessionJWTCookie   = "stytch_session_jwt"
)

// Credentials are what a browser or an API client presents: the session_jwt
// (five minutes), the opaque session_token (as long as the session), or both.
// The zero Credentials belong to no session.
type Credentials struct {
	JWT   Secret
	Token Secret

	// NamedSession is the session that the place where Token was kept says Token
	// belongs to: the guard's own cookies keep the id beside the token. It is a claim
	// and proves nothing. A JWT of another session does not belong to this pair, and
	// an AuthFunc ignores it before it asks Stytch anything. Empty: nothing is said.
	NamedSession SessionID
}

// NewCredentials returns Credentials that hold these; an empty one is left out.
// It allocates once, where two calls of [NewSecret] would twice: it runs for
// every request.
func NewCredentials(jwt, token string) Credentials {
	var c Credentials
	values := &[2]string{jwt, token}
	if jwt != "" {
		c.JWT = Secret{p: &values[0]}
	}
	if token != "" {
		c.Token = Secret{p: &values[1]}
	}
	return c
}

// IsZero reports whether there is neither a JWT nor a token.
func (c Credentials) IsZero() bool { return c.JWT.IsZero() && c.Token.IsZero() }

// Intermediate is Stytch's intermediate_session_token: the proof of a
// pending sign-in. It is no session and never converts to [Credentials].
type Intermediate struct {
	Token     Secret
	ExpiresAt time.Time // ten minutes after it was made
}

// Source tells how an [Authentication] was reached.
type Source uint8

// The ways to reach an Authentication. The zero Source is unknown.
const (
	SourceUnknown     Source = iota
	SourceLocal              // a session_jwt verified in this process
	SourceRefreshed          // a stale session_jwt exchanged for a fresh one
	SourceRemote             // an answer of Stytch
	SourceOutageGrace        // a genuine but expired session_jwt, while Stytch cannot be reached
)

// String returns the source's name.
func (s Source) String() string {
	switch s {
	case SourceLocal:
		return "local"
	case SourceRefreshed:
		return "refreshed"
	case SourceRemote:
		return "remote"
	case SourceOutageGrace:
		return "outage_grace"
	}
	return "unknown"
}

// Authentication is the answer to "who is this?": a session, and the
// credentials that now prove it. They differ from those presented after a
// refresh; the guard then sets the cookies anew.
type Authentication struct {
	Session
	Credentials
	Source Source
}

// IsZero reports whether there is no session.
func (a Authentication) IsZero() bool { return a.Session.IsZero() }

// String shows the session id only. Without it the promoted methods of Session
// would print an Authentication as one, which is what this says on purpose.
func (a Authentication) String() string { return a.Session.String() }

// AuthFunc answers: whose credentials are these? Its errors keep two things
// apart. [ErrUnauthenticated] (with [ErrExpired], [ErrSessionEnded],
// [ErrNoCredentials] below it): they are rejected. [ErrUnavailable] or
// [ErrRateLimited]: a temporary error, from which nothing may be concluded. It must
// be safe for concurrent use.
type AuthFunc func(ctx context.Context, credentials Credentials) (Authentication, error)

// CanFunc answers: is the holder of this session permitted the action on the resource, in
// this class? The class is empty if the question is about none: see middleware.NoClass.
// Nil means yes, [ErrForbidden] no, anything else that it could not find out.
type CanFunc func(ctx context.Context, session Session, class ClassID, resource, action string) error

// Revocation says: from At on, tokens are not what they were. Exactly one of
// Session, Member and Class is set. A Session revocation ends the session for good
// and compares no time; a Member or Class revocation makes every session_jwt issued
// until At stale, so that it is refreshed, or refused, before it counts again.
type Revocation struct {
	Session SessionID
	Member  MemberID
	Class   OrganizationID
	At      time.Time
}

// OnRevoke receives revocations. stytchclient.Client and the sign-in handlers raise them; an error
// means that the revocation may not be in force everywhere. It must be safe for concurrent use.
type OnRevoke func(ctx context.Context, revocation Revocation) error
