package mock

import (
	"crypto/subtle"
	"net/http"
)

// checkCredentials looks at the project id and secret of HTTP Basic. A wrong
// form is 400 and a wrong pair 401, in this order.
func (s *server) checkCredentials(r *http.Request) *refusal {
	// Header.Get would hide a second header, which two programs in a row could read
	// differently.
	id, secret, ok := r.BasicAuth()
	switch {
	case !ok || len(r.Header.Values("Authorization")) != 1:
		return refuse("invalid_authorization_header")
	case !projectForm.MatchString(id):
		return refuse("invalid_project_id_authentication")
	case !secretForm.MatchString(secret):
		return refuse("invalid_secret_authentication")
	case !same(id, s.projectID) || !same(secret, s.secret):
		return refuse("unauthorized_credentials")
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
