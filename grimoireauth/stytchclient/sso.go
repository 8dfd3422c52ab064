package stytchclient

import (
	"context"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/sso"
)

// SSOStart describes a sign-in at the identity provider of a school.
type SSOStart struct {
	// Connection is the id of the class's connection to it: see [Connections.List]
	// and [grimoireauth.ClassSettings.DefaultConnection]. Required.
	Connection ConnectionID
	// RedirectURL is where the browser comes back to, one of those registered with
	// Stytch. Empty: the project's default.
	RedirectURL string
	// Verifier is as in [OAuthStart].
	Verifier grimoireauth.Secret
}

// StartSSO returns where to send a browser that signs in at an identity provider. It
// makes no network call. The browser comes back to RedirectURL with a token for
// [SignIn.WithSSO], and stytch_token_type "sso". Errors: [grimoireauth.ErrInvalid], also without
// [Config.PublicToken].
// Source: https://stytch.com/docs/b2b/api/sso-authenticate-start
func (s SignIn) StartSSO(start SSOStart) (Start, error) {
	// Unlike that of OAuth, the path has no b2b in it.
	return s.c.startURL("start single sign-on", "/v1/public/sso/start", start.Verifier, map[string]string{
		"connection_id":       string(start.Connection),
		"login_redirect_url":  start.RedirectURL,
		"signup_redirect_url": start.RedirectURL,
	}, needed("connection id", string(start.Connection)), checkRedirectURL("RedirectURL", start.RedirectURL))
}

// SSOSignIn is what a browser brings back from an identity provider.
type SSOSignIn struct {
	Token    grimoireauth.Secret // required
	Verifier grimoireauth.Secret // of [SignIn.StartSSO]; required
	// Class is as in [MagicLinkSignIn].
	Class grimoireauth.ClassID
	SignInOptions
}

// WithSSO ends a sign-in that [SignIn.StartSSO] began. Afterwards
// [grimoireauth.Member.Metadata] has what the identity provider says about the person, such
// as their affiliations, as the connection maps it. A sign-in that the identity provider
// began is rejected, since it has no verifier of this browser. Errors: [grimoireauth.ErrTokenUnknown]; [grimoireauth.ErrNotInvited]
// if the class does not know them and this connection lets no new people join;
// [grimoireauth.ErrOtherBrowser], [grimoireauth.ErrOtherClass].
// Source: https://stytch.com/docs/b2b/api/sso-authenticate
func (s SignIn) WithSSO(ctx context.Context, in SSOSignIn) (SignedIn, error) {
	const op = "sign in with single sign-on"
	req, err := s.c.request(op, in.SignInOptions, needed("token of the identity provider", in.Token.Reveal()), neededVerifier(in.Verifier))
	if err != nil {
		return SignedIn{}, err
	}
	return s.c.authenticate(ctx, op, "/v1/b2b/sso/authenticate", &sso.AuthenticateParams{
		SSOToken:                 in.Token.Reveal(),
		PkceCodeVerifier:         in.Verifier.Reveal(),
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[sso.AuthenticateRequestLocale](req.locale),
	}, expected{meant: in.Class, began: req.began})
}
