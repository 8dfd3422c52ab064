package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A value of the wrong type is named as in the request, not by the types of this package.
func TestW01_FieldsAreNamedAsSent(t *testing.T) {
	w := newWire(t)
	for _, tt := range []struct {
		path string
		body object
		want string
	}{
		{authorize, object{"scopes": "openid"}, "scopes should not be a JSON string"},
		{"/v1/b2b/idp/oauth/authorize/start", object{"client_id": 1}, "client_id should not be a JSON number"},
		{organizations, object{"mfa_policy": 1}, "mfa_policy should not be a JSON number"},
		{organizations, object{"rbac_email_implicit_role_assignments": []object{{"domain": 1}}}, "rbac_email_implicit_role_assignments.domain should not be a JSON number"},
		{links + "/authenticate", object{"session_duration_minutes": "5"}, "session_duration_minutes should not be a JSON string"},
	} {
		out := w.refuses(400, "bad_request", http.MethodPost, tt.path, tt.body)
		require.Equal(t, "The submitted request is invalid. ("+tt.want+")", out.text("error_message"))
	}
}
