package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/impersonation"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"
)

// TrustedToken is a token that another system of the school signed, and that the
// project trusts by one of its profiles.
type TrustedToken struct {
	Token   grimoireauth.Secret  // required
	Profile string               // the id of the profile at Stytch; required
	Class   grimoireauth.ClassID // required
	SessionOptions
	// To is a live session that this adds a factor to. Zero: a new session.
	To grimoireauth.Credentials
}

// WithTrustedToken signs in a member who is signed in to another system already. Errors:
// [grimoireauth.ErrUnauthenticated] if the project does not trust the token.
// Source: https://stytch.com/docs/b2b/api/attest-session
func (s SignIn) WithTrustedToken(ctx context.Context, in TrustedToken) (SignedIn, error) {
	const op = "sign in with trusted token"
	options := SignInOptions{SessionOptions: in.SessionOptions}
	if !in.To.IsZero() {
		options.Continue = in.To
	}
	req, err := s.c.request(op, options, needed("token", in.Token.Reveal()), needed("profile", in.Profile), classFault(in.Class))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/sessions/attest", &sessions.AttestParams{
		ProfileID: in.Profile, Token: in.Token.Reveal(), OrganizationID: string(in.Class),
		SessionToken: req.token, SessionJWT: req.jwt,
		SessionDurationMinutes: req.minutes, SessionCustomClaims: req.claims,
	}, expected{class: in.Class, completes: true})
}

// OtherSession is a session of the system that signed people in before Stytch did.
type OtherSession struct {
	Token grimoireauth.Secret  // what that system's userinfo endpoint takes; required
	Class grimoireauth.ClassID // required; the person has to be on its roster
	SessionOptions
}

// WithOtherSession exchanges a session of the former system for one of Stytch, so that
// the change of systems signs no member out. Stytch asks the former system for the person.
// Errors: [grimoireauth.ErrNotFound] for a person who is not in the class;
// [grimoireauth.ErrUnavailable] if that system does not answer.
// Source: https://stytch.com/docs/b2b/api/migrate-session
func (s SignIn) WithOtherSession(ctx context.Context, in OtherSession) (SignedIn, error) {
	const op = "sign in with other session"
	req, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions}, needed("token", in.Token.Reveal()), classFault(in.Class))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/sessions/migrate", &sessions.MigrateParams{
		SessionToken: in.Token.Reveal(), OrganizationID: string(in.Class),
		SessionDurationMinutes: req.minutes, SessionCustomClaims: req.claims,
	}, expected{class: in.Class, completes: true})
}

// AccessToken is the access token of a Connected App: an application that signs people in
// with this project. It has the scope full_access.
type AccessToken struct {
	Token grimoireauth.Secret // required; it works once, within five minutes
	Class grimoireauth.ClassID
	SessionOptions
}

// WithAccessToken turns an access token of a Connected App into a session. Errors:
// [grimoireauth.ErrTokenUnknown], [grimoireauth.ErrTokenSpent], [grimoireauth.ErrForbidden] without full_access,
// [grimoireauth.ErrOtherClass].
// Source: https://stytch.com/docs/b2b/api/exchange-access-token
func (s SignIn) WithAccessToken(ctx context.Context, in AccessToken) (SignedIn, error) {
	const op = "sign in with access token"
	req, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions}, needed("access token", in.Token.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/sessions/exchange_access_token", &sessions.ExchangeAccessTokenParams{
		AccessToken: in.Token.Reveal(), SessionDurationMinutes: req.minutes, SessionCustomClaims: req.claims,
	}, expected{meant: in.Class, completes: true})
}

// Impersonate uses up the token of an administrator who asked, in the Stytch
// dashboard, to see the class as one of its members. The session says so: its factor has
// the type "impersonated". Errors: [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown].
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
func (s SignIn) Impersonate(ctx context.Context, token grimoireauth.Secret) (SignedIn, error) {
	const op = "impersonate"
	if err := invalid(op, needed("impersonation token", token.Reveal())); err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/impersonation/authenticate", &impersonation.AuthenticateParams{ImpersonationToken: token.Reveal()}, expected{})
}
