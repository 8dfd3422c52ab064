package stytchhttp

import (
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// StandInSecret is given to stytch-go instead of the project secret, and the transport puts
// the secret into the requests. stytch-go keeps its secret as a string, so fmt would print
// it with the API that stytchclient.Client.Stytch returns.
const StandInSecret = "the-secret-is-with-the-transport"

// secretTransport replaces the stand-in by the secret.
type secretTransport struct {
	next    http.RoundTripper
	project string
	secret  grimoireauth.Secret
}

func (t secretTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	id, secret, ok := req.BasicAuth()
	if !ok || id != t.project || secret != StandInSecret {
		return t.next.RoundTrip(req) // a call without credentials, or with its own
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change its request
	req.SetBasicAuth(t.project, t.secret.Reveal())
	return t.next.RoundTrip(req)
}

// WithSecret returns a transport that puts the project secret in the place of the stand-in.
func WithSecret(next http.RoundTripper, project string, secret grimoireauth.Secret) http.RoundTripper {
	return secretTransport{next, project, secret}
}
