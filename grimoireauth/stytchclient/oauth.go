package stytchclient

import (
	"context"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/oauth"
	oauthdiscovery "github.com/stytchauth/stytch-go/v16/stytch/b2b/oauth/discovery"
)

// OAuthSignIn is what a browser brings back from a provider.
type OAuthSignIn struct {
	Token    grimoireauth.Secret // required
	Verifier grimoireauth.Secret // of [SignIn.StartOAuth]; required
	// Class is as in [MagicLinkSignIn].
	Class grimoireauth.ClassID
	SignInOptions
}

// OAuthSignedIn is a sign-in with a provider, and what the provider handed out.
type OAuthSignedIn struct {
	SignedIn
	Provider ProviderTokens
}

// ProviderTokens give access to what a person has at their provider, as far as the
// scopes go that were asked for. Stytch keeps them, too; keep them only if the
// application calls the provider.
type ProviderTokens struct {
	// Method is the provider, and Subject what it calls the account.
	Method  grimoireauth.SignInMethod
	Subject string
	// Access, Refresh and ID are the provider's tokens; each is zero if it gave none.
	Access, Refresh, ID grimoireauth.Secret
	Scopes              []string
	ExpiresAt           time.Time // of Access; zero if it did not say
}

// providerTypes are the values of provider_type.
var providerTypes = map[string]grimoireauth.SignInMethod{
	"Google": grimoireauth.MethodGoogle, "Microsoft": grimoireauth.MethodMicrosoft, "Slack": grimoireauth.MethodSlack, "Github": grimoireauth.MethodGitHub, "Hubspot": grimoireauth.MethodHubSpot,
}

// WithOAuth ends a sign-in that [SignIn.StartOAuth] began. GitHub, Slack and
// HubSpot do not vouch for addresses: the first time, the error is a
// [*StepUpError] that owes a proof of the address. Other errors: [grimoireauth.ErrTokenUnknown],
// [grimoireauth.ErrOtherBrowser], [grimoireauth.ErrOtherClass]. After an error the provider's tokens are at
// Stytch only.
// Source: https://stytch.com/docs/b2b/api/authenticate-oauth
func (s SignIn) WithOAuth(ctx context.Context, in OAuthSignIn) (OAuthSignedIn, error) {
	const op = "sign in with a provider"
	req, err := s.c.request(op, in.SignInOptions, needed("token of the provider", in.Token.Reveal()), neededVerifier(in.Verifier))
	if err != nil {
		return OAuthSignedIn{}, err
	}
	want := expected{meant: in.Class, began: req.began}
	res, err := ask[oauthAnswer](ctx, s.c, op, "/v1/b2b/oauth/authenticate", &oauth.AuthenticateParams{
		OAuthToken:               in.Token.Reveal(),
		PkceCodeVerifier:         in.Verifier.Reveal(),
		SessionToken:             req.token,
		SessionJWT:               req.jwt,
		IntermediateSessionToken: req.intermediate,
		SessionDurationMinutes:   req.minutes,
		SessionCustomClaims:      req.claims,
		Locale:                   localeOf[oauth.AuthenticateRequestLocale](req.locale),
	}, want)
	if err != nil {
		return OAuthSignedIn{}, err
	}
	signedIn, err := s.c.accept(ctx, op, res.sessionAnswer, want)
	if err != nil {
		return OAuthSignedIn{}, err
	}
	out := OAuthSignedIn{SignedIn: signedIn, Provider: ProviderTokens{Method: providerTypes[res.ProviderType], Subject: res.ProviderSubject}}
	if v := res.ProviderValues; v != nil {
		out.Provider.Access, out.Provider.Refresh, out.Provider.ID = grimoireauth.NewSecret(v.AccessToken), grimoireauth.NewSecret(v.RefreshToken), grimoireauth.NewSecret(v.IDToken)
		out.Provider.Scopes, out.Provider.ExpiresAt = v.Scopes, timeOf(v.ExpiresAt)
	}
	return out, nil
}

// oauthAnswer is the answer of WithOAuth.
type oauthAnswer struct {
	sessionAnswer
	ProviderType    string                `json:"provider_type"`
	ProviderSubject string                `json:"provider_subject"`
	ProviderValues  *oauth.ProviderValues `json:"provider_values"`
}

// ByOAuth ends a discovery that [Discovery.StartOAuth] began, with its verifier. Errors:
// [grimoireauth.ErrTokenUnknown], [grimoireauth.ErrOtherBrowser].
// Source: https://stytch.com/docs/b2b/api/authenticate-discovery-oauth
func (s Discovery) ByOAuth(ctx context.Context, token, verifier grimoireauth.Secret) (Discovered, error) {
	const op = "discover by provider"
	if err := invalid(op, needed("token of the provider", token.Reveal()), neededVerifier(verifier)); err != nil {
		return Discovered{}, err
	}
	return s.begin(ctx, op, "/v1/b2b/oauth/discovery/authenticate", &oauthdiscovery.AuthenticateParams{
		DiscoveryOAuthToken: token.Reveal(), PkceCodeVerifier: verifier.Reveal(),
	}, expected{})
}
