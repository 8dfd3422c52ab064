package webhook_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// directory is the identity provider of the school, which speaks SCIM.
type directory struct {
	s            *school
	base, bearer string
	iris         string // the id of her User
}

// newDirectory connects the school's directory, which has Iris.
func newDirectory(s *school) directory {
	s.t.Helper()
	base, bearer := s.stytch.AddSCIM(s.organization, "okta")
	d := directory{s: s, base: base, bearer: bearer.Reveal(), iris: string(s.iris)}
	d.send("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"iris@example.edu","active":true}`, 201)
	return d
}

func (d directory) send(method, path, body string, want int) {
	d.s.t.Helper()
	req, err := http.NewRequestWithContext(d.s.t.Context(), method, d.base+path, strings.NewReader(body))
	require.NoError(d.s.t, err)
	req.Header.Set("Authorization", "Bearer "+d.bearer)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := d.s.stytch.RoundTrip(req)
	require.NoError(d.s.t, err)
	said, err := io.ReadAll(res.Body)
	require.NoError(d.s.t, err)
	require.Equal(d.s.t, want, res.StatusCode, "%s", said)
}

const deactivate = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`

// A person is signed out when the directory deprovisions them: when the webhook arrives, and
// without one when the session_jwt expires.
func TestW01_DeprovisionedByTheDirectory(t *testing.T) {
	for _, how := range []struct {
		name, method, body string
		status             int
	}{{"PATCH", "PATCH", deactivate, 200}, {"DELETE", "DELETE", "", 204}} {
		for _, mapping := range mappings {
			t.Run(how.name+"/"+mapping, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSchool(t, mapping, []string{oldSecret}, []string{oldSecret})
					d := newDirectory(s)
					require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
					s.requireStatus(s.asIris, "drafts", 204, 1) // the webhook of her new User
					s.received()
					d.send(how.method, "/Users/"+d.iris, how.body, how.status)
					s.requireStatus(s.asIris, "drafts", 204, 0) // nothing has arrived yet

					require.NoError(t, s.stytch.DeliverWebhooks(t.Context()))
					events := s.received()
					require.Len(t, events, 1)
					require.Equal(t, []string{"scim", "delete"}, []string{strings.ToLower(events[0].Source), strings.ToLower(events[0].Action)})
					s.requireStatus(s.asIris, "drafts", 401, 1)
					s.requireStatus(s.asIris, "drafts", 401, 0)
					s.requireStatus(s.asSam, "me", 204, 0)
				})
			})
		}
	}
	t.Run("without a webhook", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSchool(t, mappings[0], []string{oldSecret}, []string{oldSecret})
			d := newDirectory(s)
			d.send("PATCH", "/Users/"+d.iris, deactivate, 200)
			s.requireStatus(s.asIris, "drafts", 204, 0)
			time.Sleep(6 * time.Minute)
			s.requireStatus(s.asIris, "drafts", 401, 1)
			s.requireStatus(s.asIris, "drafts", 401, 0)
		})
	})
}
