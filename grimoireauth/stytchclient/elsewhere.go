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

// WithTrustedToken signs somebody in who is signed in to another system. Errors:
// [grimoireauth.ErrUnauthenticated] if the project does not trust the token.
// Source: https://stytch.com/docs/b2b/api/attest-session
func (s SignIn) WithTrustedToken(ctx context.Context, in TrustedToken) (SignedIn, error) {
	const op = "sign in with trusted token"
	options := SignInOptions{SessionOptions: in.SessionOptions}
	if !in.To.IsZero() {
		options.Continue = in.To
	}
	ask, err := s.c.request(op, options, needed("token", in.Token.Reveal()), needed("profile", in.Profile), classFault(in.Class))
	if err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.AttestResponse, error) {
		return s.c.api.Sessions.Attest(ctx, &sessions.AttestParams{
			ProfileID: in.Profile, Token: in.Token.Reveal(), OrganizationID: string(in.Class),
			SessionToken: ask.token, SessionJWT: ask.jwt,
			SessionDurationMinutes: ask.minutes, SessionCustomClaims: ask.claims,
		})
	})
	if err != nil {
		return SignedIn{}, s.c.instead(ctx, in.Class, err)
	}
	return s.c.accept(ctx, op, outcome{
		class: in.Class, requestID: res.RequestID, authenticated: true, memberID: res.MemberID,
		organization: res.Organization, member: res.Member,
		session: &res.MemberSession, token: res.SessionToken, jwt: res.SessionJWT,
	})
}

// OtherSession is a session of the system that signed people in before this one.
type OtherSession struct {
	Token grimoireauth.Secret  // what that system's userinfo endpoint takes; required
	Class grimoireauth.ClassID // required; the person has to be on its roster
	SessionOptions
}

// WithOtherSession turns a session of the system before into one of this, so that
// nobody is signed out by the change. Stytch asks that system whose it is. Errors:
// [grimoireauth.ErrNotFound] for somebody whom the class does not know; [grimoireauth.ErrUnavailable] if that
// system does not say.
// Source: https://stytch.com/docs/b2b/api/migrate-session
func (s SignIn) WithOtherSession(ctx context.Context, in OtherSession) (SignedIn, error) {
	const op = "sign in with other session"
	ask, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions}, needed("token", in.Token.Reveal()), classFault(in.Class))
	if err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.MigrateResponse, error) {
		return s.c.api.Sessions.Migrate(ctx, &sessions.MigrateParams{
			SessionToken: in.Token.Reveal(), OrganizationID: string(in.Class),
			SessionDurationMinutes: ask.minutes, SessionCustomClaims: ask.claims,
		})
	})
	if err != nil {
		return SignedIn{}, s.c.instead(ctx, in.Class, err)
	}
	return s.c.accept(ctx, op, outcome{
		class: in.Class, requestID: res.RequestID, authenticated: true, memberID: res.MemberID,
		organization: res.Organization, member: res.Member,
		session: res.MemberSession, token: res.SessionToken, jwt: res.SessionJWT,
	})
}

// AccessToken is what an application got that signs people in with this project (a
// Connected App), with the scope full_access.
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
	ask, err := s.c.request(op, SignInOptions{SessionOptions: in.SessionOptions}, needed("access token", in.Token.Reveal()))
	if err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*sessions.ExchangeAccessTokenResponse, error) {
		return s.c.api.Sessions.ExchangeAccessToken(ctx, &sessions.ExchangeAccessTokenParams{
			AccessToken: in.Token.Reveal(), SessionDurationMinutes: ask.minutes, SessionCustomClaims: ask.claims,
		})
	})
	if err != nil {
		return SignedIn{}, s.c.instead(ctx, in.Class, err)
	}
	return s.c.accept(ctx, op, outcome{
		meant: in.Class, requestID: res.RequestID, authenticated: true, memberID: res.MemberID,
		organization: res.Organization, member: res.Member,
		session: res.MemberSession, token: res.SessionToken, jwt: res.SessionJWT,
	})
}

// Impersonate uses up the token of an administrator who asked, in the Stytch
// dashboard, to see the class as somebody else. The session says so: its factor has
// the type "impersonated". Errors: [grimoireauth.ErrTokenSpent], [grimoireauth.ErrTokenUnknown].
// Source: https://stytch.com/docs/b2b/api/authenticate-impersonation-token
func (s SignIn) Impersonate(ctx context.Context, token grimoireauth.Secret) (SignedIn, error) {
	const op = "impersonate"
	if err := invalid(op, needed("impersonation token", token.Reveal())); err != nil {
		return SignedIn{}, err
	}
	res, err := call(ctx, s.c, op, func(ctx context.Context) (*impersonation.AuthenticateResponse, error) {
		return s.c.api.Impersonation.Authenticate(ctx, &impersonation.AuthenticateParams{ImpersonationToken: token.Reveal()})
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.accept(ctx, op, outcome{
		requestID: res.RequestID, authenticated: res.MemberAuthenticated, memberID: res.MemberID,
		organization: res.Organization, member: res.Member,
		session: res.MemberSession, token: res.SessionToken, jwt: res.SessionJWT,
		intermediate: res.IntermediateSessionToken, mfa: res.MFARequired,
	})
}
