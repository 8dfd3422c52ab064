package stytchhttp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/internal/breaker"
)

const (
	authenticatePath = "/v1/b2b/sessions/authenticate"
	policyPath       = "/v1/b2b/rbac/policy"
)

// administrative are the families of endpoints that are about classes, rosters, sessions
// and policies.
var administrative = []string{
	"/v1/b2b/organizations", "/v1/b2b/rbac", "/v1/b2b/sessions", "/v1/b2b/scim", "/v1/b2b/sso", "/v1/b2b/idp",
}

// elsewhere are the ends of those among their paths that belong to a sign-in, send mail,
// or wait for another service than Stytch.
var elsewhere = []string{
	"/sessions/exchange", "/sessions/attest", "/sessions/migrate", "/sessions/exchange_access_token", "/sso/authenticate",
	"/start_email_update", "/oidc_providers",
	"/oauth_providers/github", "/oauth_providers/google", "/oauth_providers/hubspot", "/oauth_providers/microsoft", "/oauth_providers/slack",
}

// classOf returns the kind of endpoint that a request is for. One kind can fail alone:
// that no mail is sent says nothing about the sessions of those who are signed in.
func classOf(req *http.Request) breaker.Class {
	path := strings.TrimSuffix(req.URL.Path, "/")
	if path == authenticatePath {
		return breaker.Sessions
	}
	if strings.HasPrefix(path, "/v1/b2b/sessions/jwks/") || slices.ContainsFunc(elsewhere, func(end string) bool { return strings.HasSuffix(path, end) }) {
		return breaker.SignIn
	}
	for _, family := range administrative {
		if path == family || strings.HasPrefix(path, family+"/") {
			return breaker.Administration
		}
	}
	// Magic links, one-time codes, OAuth, passwords, discovery, second factors, and what
	// this version does not know.
	return breaker.SignIn
}

// probes reports whether a request may find out whether Stytch can be reached again: it
// may be made without its caller waiting for the answer, since it changes nothing, or
// asks whose session it is.
func probes(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	path := strings.TrimSuffix(req.URL.Path, "/")
	switch {
	case req.Method == http.MethodGet:
		return true
	case req.Method != http.MethodPost:
		return false
	}
	return path == authenticatePath || strings.HasSuffix(path, "/search")
}
