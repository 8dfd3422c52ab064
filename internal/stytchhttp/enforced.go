package stytchhttp

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The headers in which a call names the member on whose behalf it is made.
// Source: https://stytch.com/docs/b2b/guides/rbac/authorization-checks
const (
	memberTokenHeader = "X-Stytch-Member-Session"
	memberJWTHeader   = "X-Stytch-Member-SessionJWT"
)

// memberKey is the context key of the credentials that a call carries on behalf
// of a member.
type memberKey struct{}

// WithMember returns a context whose calls are made on behalf of the holder of the
// credentials.
func WithMember(ctx context.Context, credentials grimoireauth.Credentials) context.Context {
	return context.WithValue(ctx, memberKey{}, credentials)
}

// OnBehalf returns the credentials of the member on whose behalf calls with this context
// are made, and whether they are made on behalf of one.
func OnBehalf(ctx context.Context) (grimoireauth.Credentials, bool) {
	credentials, ok := ctx.Value(memberKey{}).(grimoireauth.Credentials)
	return credentials, ok
}

// enforced are the endpoints at which Stytch looks at the member's session, of
// those that Acting can come to. At every other it would ignore the headers and
// answer with the power of the project.
// Source: the endpoints of https://stytch.com/docs/b2b/api that take the RBAC
// headers, as stytch-go v16.41.0 has them.
var enforced = []string{
	"PUT /v1/b2b/organizations/{}",
	"DELETE /v1/b2b/organizations/{}",
	"POST /v1/b2b/organizations/{}/members",
	"PUT /v1/b2b/organizations/{}/members/{}",
	"DELETE /v1/b2b/organizations/{}/members/{}",
	"PUT /v1/b2b/organizations/{}/members/{}/reactivate",
	"DELETE /v1/b2b/organizations/{}/members/{}/totp",
	"DELETE /v1/b2b/organizations/{}/members/mfa_phone_numbers/{}",
	"POST /v1/b2b/organizations/members/search",
	"POST /v1/b2b/magic_links/email/invite",
	"POST /v1/b2b/sessions/revoke",
}

var errNotEnforced = errors.New("this call would not be checked against the member's permissions, so it is not made")

// memberTransport puts the member's session into the requests that are made on
// their behalf. It stands below the retries, so that each attempt carries it.
type memberTransport struct{ next http.RoundTripper }

func (t memberTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	credentials, ok := OnBehalf(req.Context())
	if !ok {
		return t.next.RoundTrip(req)
	}
	// A second line of defence: whatever a verb comes to call in a later version,
	// nothing is done on behalf of a member that Stytch does not check.
	if credentials.IsZero() || !isEnforced(req.Method, req.URL.EscapedPath()) {
		if req.Body != nil {
			return nil, errors.Join(errNotEnforced, req.Body.Close())
		}
		return nil, errNotEnforced
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change its request
	// One of them only: what Stytch does with two that disagree is not published.
	if !credentials.Token.IsZero() {
		req.Header.Set(memberTokenHeader, credentials.Token.Reveal())
	} else {
		req.Header.Set(memberJWTHeader, credentials.JWT.Reveal())
	}
	return t.next.RoundTrip(req)
}

// isEnforced compares segment by segment, in the escaped form, so that an id
// with a slash in it cannot make one path look like another.
func isEnforced(method, path string) bool {
	got := strings.Split(path, "/")
	for _, endpoint := range enforced {
		wantMethod, pattern, _ := strings.Cut(endpoint, " ")
		if wantMethod == method && fits(strings.Split(pattern, "/"), got) {
			return true
		}
	}
	return false
}

func fits(pattern, segments []string) bool {
	if len(pattern) != len(segments) {
		return false
	}
	for i, want := range pattern {
		switch segment := segments[i]; {
		case want == segment:
		case want != "{}" || segment == "" || segment == "." || segment == "..":
			return false
		}
	}
	return true
}

// AsProject returns a context whose calls carry no member's session.
func AsProject(ctx context.Context) context.Context {
	return context.WithValue(ctx, memberKey{}, nil)
}
