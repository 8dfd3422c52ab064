package grimoireauth

import (
	"context"
	"errors"
	"time"

	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// Sessions asks Stytch about sessions and ends them. It is part of a [Client].
type Sessions struct{ c *Client }

// Authenticate asks Stytch whose credentials these are and returns fresh ones:
// a new session_jwt, also for one that had expired, while the session lives. It
// never extends the session. With both credentials the session_token decides and
// the session_jwt is not looked at. It is an [AuthFunc].
//
// Errors: [ErrSessionEnded] if the session was revoked, has expired or never
// was; [ErrUnauthenticated] if the credentials are malformed; [ErrUnavailable]
// or [ErrRateLimited] if Stytch did not say. An answer that this package does
// not know is ErrUnavailable, never the end of a session.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func (s Sessions) Authenticate(ctx context.Context, credentials Credentials) (Authentication, error) {
	const op = "authenticate session"
	params := &sessions.AuthenticateParams{}
	switch {
	case !credentials.Token.IsZero():
		params.SessionToken = credentials.Token.Reveal()
	case !credentials.JWT.IsZero():
		params.SessionJWT = credentials.JWT.Reveal()
	default:
		return Authentication{}, &Error{Op: op, Kind: ErrNoCredentials}
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.AuthenticateResponse, error) {
		return s.c.api.Sessions.Authenticate(ctx, params)
	})
	if err != nil {
		return Authentication{}, undecided(err)
	}
	authentication, err := authenticationOf(op, res.RequestID, &res.MemberSession, res.SessionToken, res.SessionJWT)
	if err != nil {
		return Authentication{}, err
	}
	if res.Member.MemberID != string(authentication.Member()) || res.Organization.OrganizationID != string(authentication.Organization()) {
		return Authentication{}, incomplete(op, res.RequestID, "has a session of somebody else")
	}
	return authentication, nil
}

// undecided keeps what says something about the credentials, and makes the rest
// ErrUnavailable: "I could not find out" must not read as "no".
func undecided(err error) error {
	var e *Error
	if !errors.As(err, &e) || errors.Is(e, ErrUnauthenticated) || errors.Is(e, ErrRateLimited) {
		return err
	}
	e.Kind = ErrUnavailable
	return e
}

// Revoke ends a session, here and at Stytch. The cutoff is raised first, so that
// this process, and whoever shares its cutoffs, refuses the session even if
// Stytch cannot be reached; then the error says that the session still lives
// there and the call has to be repeated. A session that is gone already is no
// error.
// Source: https://stytch.com/docs/b2b/api/revoke-session
func (s Sessions) Revoke(ctx context.Context, id SessionID) error {
	const op = "revoke session"
	if err := invalid(op, needed("session id", string(id))); err != nil {
		return err
	}
	var notCut error
	if s.c.cut != nil {
		if err := s.c.cut(ctx, Cutoff{Session: id, At: time.Now()}); err != nil {
			notCut = &Error{Op: op, Kind: ErrUnavailable, Err: err}
		}
	}
	_, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.RevokeResponse, error) {
		return s.c.api.Sessions.Revoke(ctx, &sessions.RevokeParams{MemberSessionID: string(id)})
	})
	if errors.Is(err, ErrSessionEnded) {
		err = nil
	}
	return errors.Join(notCut, err)
}
