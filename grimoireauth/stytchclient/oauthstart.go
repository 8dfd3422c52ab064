package stytchclient

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// OAuthStart describes a sign-in with a provider.
type OAuthStart struct {
	// Provider is one of MethodGoogle, MethodMicrosoft, MethodGitHub, MethodSlack and
	// MethodHubSpot. Required.
	Provider grimoireauth.SignInMethod
	// Class is the class to sign in to, by id or slug. Required; without a class begin
	// a discovery.
	Class grimoireauth.ClassID
	// RedirectURL is where the browser comes back to, one of those registered with
	// Stytch. Empty: the project's default.
	RedirectURL string
	// Scopes are asked for besides those that signing in needs.
	Scopes []string
	// Provided are parameters for the provider's own page, without Stytch's prefix:
	// "login_hint", "hd", "prompt". The provider decides what it makes of them; none
	// of them restricts who can sign in.
	Provided map[string]string
	// Verifier is one from [NewVerifier]. Several starts of one browser can share one,
	// so that it need not know which of them a token belongs to. Zero: a new one.
	Verifier grimoireauth.Secret
}

// StartOAuth returns where to send a browser that signs in with a provider. It makes
// no network call. The browser comes back to RedirectURL with a token for [SignIn.WithOAuth],
// and stytch_token_type "oauth". Errors: [grimoireauth.ErrInvalid], also without
// [Config.PublicToken].
// Source: https://stytch.com/docs/b2b/api/oauth-google-start
func (s SignIn) StartOAuth(start OAuthStart) (Start, error) {
	parameters, fault := providerParameters(start.Scopes, start.Provided)
	name, unknown := providerName(start.Provider)
	parameters["login_redirect_url"], parameters["signup_redirect_url"] = start.RedirectURL, start.RedirectURL
	// Stytch takes exactly one of the two.
	if strings.HasPrefix(string(start.Class), classIDPrefix) {
		parameters["organization_id"] = string(start.Class)
	} else {
		parameters["slug"] = string(start.Class)
	}
	return s.c.startURL("start sign-in with a provider", "/v1/b2b/public/oauth/"+name+"/start", start.Verifier, parameters,
		unknown, needed("class id", string(start.Class)), checkRedirectURL("RedirectURL", start.RedirectURL), fault)
}

// StartOAuth is [SignIn.StartOAuth] without a class: the start's Class is empty. The token
// is for [Discovery.ByOAuth], and stytch_token_type is "discovery_oauth".
// Source: https://stytch.com/docs/b2b/api/oauth-google-discovery-start
func (s Discovery) StartOAuth(start OAuthStart) (Start, error) {
	parameters, fault := providerParameters(start.Scopes, start.Provided)
	name, unknown := providerName(start.Provider)
	parameters["discovery_redirect_url"] = start.RedirectURL
	return s.c.startURL("start discovery by provider", "/v1/b2b/public/oauth/"+name+"/discovery/start", start.Verifier, parameters,
		unknown, noClass(start.Class), checkRedirectURL("RedirectURL", start.RedirectURL), fault)
}

var errNoProvider = errors.New("the provider is none of google_oauth, microsoft_oauth, github_oauth, slack_oauth and hubspot_oauth")

// providerName is the provider as it stands in a path.
func providerName(provider grimoireauth.SignInMethod) (string, error) {
	switch provider {
	case grimoireauth.MethodGoogle, grimoireauth.MethodMicrosoft, grimoireauth.MethodGitHub, grimoireauth.MethodSlack, grimoireauth.MethodHubSpot:
		return strings.TrimSuffix(string(provider), "_oauth"), nil
	}
	return "", errNoProvider
}

// parameterForm keeps a name of Provided from being one of Stytch's own.
var parameterForm = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

func providerParameters(scopes []string, provided map[string]string) (map[string]string, error) {
	var faults []error
	out := map[string]string{"custom_scopes": strings.Join(scopes, " ")}
	for _, scope := range scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			faults = append(faults, errors.New("Scopes has a scope that is empty or has a space in it"))
		}
	}
	for name, value := range provided {
		if !parameterForm.MatchString(name) {
			faults = append(faults, fmt.Errorf("Provided has %.70q, which is not lower-case letters, digits and _", name))
			continue
		}
		out["provider_"+name] = value
	}
	return out, errors.Join(faults...)
}
