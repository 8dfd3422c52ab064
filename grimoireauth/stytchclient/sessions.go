package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/stytchhttp"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// Sessions asks Stytch about sessions and ends them. It is part of a [Client].
type Sessions struct{ c *Client }

// Authenticate asks Stytch whose credentials these are and returns fresh ones:
// a new session_jwt, also for one that had expired, while the session lives. It
// never extends the session. With both credentials the session_token decides and
// the session_jwt is not looked at. It is an [grimoireauth.AuthFunc].
//
// Errors: [grimoireauth.ErrSessionEnded] if the session was revoked, has expired or never
// was, or if the class is archived or the member suspended; [grimoireauth.ErrUnauthenticated]
// if the credentials are malformed; [grimoireauth.ErrUnavailable]
// or [grimoireauth.ErrRateLimited] if Stytch did not say. An answer that this package does
// not know is ErrUnavailable, never the end of a session.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func (s Sessions) Authenticate(ctx context.Context, credentials grimoireauth.Credentials) (grimoireauth.Authentication, error) {
	return s.authenticate(ctx, "authenticate session", credentials, 0)
}

// Extend is [Sessions.Authenticate] that also moves the session's end to by from
// now: a whole number of minutes from 5 minutes to 366 days. It can shorten the
// session, too. Nothing else in this module extends a session. Errors: as there,
// and [grimoireauth.ErrInvalid] if by is out of bounds, or above the maximum that the project
// is configured for.
// Source: https://stytch.com/docs/b2b/api/authenticate-session
func (s Sessions) Extend(ctx context.Context, credentials grimoireauth.Credentials, by time.Duration) (grimoireauth.Authentication, error) {
	const op = "extend session"
	if by < minSessionDuration || by > maxSessionDuration || by%time.Minute != 0 {
		return grimoireauth.Authentication{}, invalid(op, fmt.Errorf("by %v is not a whole number of minutes from 5 to 527040", by))
	}
	return s.authenticate(ctx, op, credentials, int32(by/time.Minute))
}

// authenticate leaves the session's end alone if minutes is zero.
func (s Sessions) authenticate(ctx context.Context, op string, credentials grimoireauth.Credentials, minutes int32) (grimoireauth.Authentication, error) {
	signedIn, _, err := s.ask(ctx, op, credentials, sessions.AuthenticateParams{SessionDurationMinutes: minutes})
	return signedIn.Authentication, err
}

// ask is the one call that asks Stytch about a session. Params say what is to be
// done with it besides. It also returns the verdict of an authorization check,
// which is nil if none was asked for.
func (s Sessions) ask(ctx context.Context, op string, credentials grimoireauth.Credentials, params sessions.AuthenticateParams) (SignedIn, *sessions.AuthorizationVerdict, error) {
	switch {
	case !credentials.Token.IsZero():
		params.SessionToken = credentials.Token.Reveal()
	case !credentials.JWT.IsZero():
		params.SessionJWT = credentials.JWT.Reveal()
	default:
		return SignedIn{}, nil, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrNoCredentials}
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.AuthenticateResponse, error) {
		return s.c.api.Sessions.Authenticate(ctx, &params)
	})
	if err != nil {
		return SignedIn{}, nil, s.undecided(ctx, err, params)
	}
	authentication, err := authenticationOf(op, res.RequestID, &res.MemberSession, res.SessionToken, res.SessionJWT)
	if err != nil {
		return SignedIn{}, nil, err
	}
	class, err := s.c.classOf(op, res.RequestID, "", res.Organization)
	if err != nil {
		return SignedIn{}, nil, err
	}
	member, err := s.c.memberOf(op, res.RequestID, class.ID, res.Member)
	if err != nil {
		return SignedIn{}, nil, err
	}
	if member.Member != authentication.Session.Member() || string(class.ID) != string(authentication.Organization()) {
		return SignedIn{}, nil, incomplete(op, res.RequestID, "has a session of another member")
	}
	if why := barred(res.Organization, res.Member); why != nil {
		// Over, as far as this package is concerned. It is not revoked: to ask whose a
		// session is changes nothing.
		return SignedIn{}, nil, &grimoireauth.Error{Op: op, Kind: grimoireauth.ErrSessionEnded, Status: http.StatusOK, RequestID: res.RequestID, Detail: why.Error()}
	}
	return SignedIn{Authentication: authentication, Member: member, Class: class}, res.Verdict, nil
}

// undecided keeps what says something about the credentials, and makes the rest
// ErrUnavailable: "I could not find out" must not read as "no". A word that this
// version has never seen is the operator's business, since users can do nothing
// but wait.
func (s Sessions) undecided(ctx context.Context, err error, params sessions.AuthenticateParams) error {
	var e *grimoireauth.Error
	if !errors.As(err, &e) || errors.Is(e, grimoireauth.ErrUnauthenticated) || errors.Is(e, grimoireauth.ErrRateLimited) {
		return err
	}
	switch {
	case params.SessionDurationMinutes != 0 && durationFaults[e.Type],
		params.SessionCustomClaims != nil && claimFaults[e.Type],
		params.AuthorizationCheck != nil && authorizationRefusals[e.Type]:
		return err // an answer to what was asked besides
	}
	if e.Type != "" && !stytchhttp.Known(e.Type) {
		s.c.alarm(ctx, "Stytch answers a question about a session with an error_type that this version does not know: look it up, and look for a newer version", e)
	}
	e.Kind = grimoireauth.ErrUnavailable
	return e
}
