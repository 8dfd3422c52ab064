package grimoireauth

import "net/http"

// The SDK keeps the project secret as a string, so whatever prints an API that
// [Client.Stytch] returned would print it. It is given this instead, and the
// transport puts the secret into the requests.
const standInSecret = "the-secret-is-with-the-transport"

// secretTransport replaces the stand-in by the secret.
type secretTransport struct {
	next    http.RoundTripper
	project string
	secret  Secret
}

func (t secretTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	id, secret, ok := req.BasicAuth()
	if !ok || id != t.project || secret != standInSecret {
		return t.next.RoundTrip(req) // a call without credentials, or with its own
	}
	req = req.Clone(req.Context()) // a RoundTripper must not change its request
	req.SetBasicAuth(t.project, t.secret.Reveal())
	return t.next.RoundTrip(req)
}
