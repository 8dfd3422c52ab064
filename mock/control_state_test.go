package mock_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

func TestControlRotateKeys(t *testing.T) {
	w := newWire(t)
	p := newPanel(t, w.stytch)
	keys := func() []any {
		return w.ok("GET", sessions+"/jwks/"+w.stytch.ProjectID(), nil).at("keys").([]any)
	}
	first := keys()[0].(map[string]any)["kid"]
	p.ok("POST", "/fake/rotate-keys", "")
	require.Len(t, keys(), 2)
	require.Equal(t, first, keys()[1].(map[string]any)["kid"])
	p.ok("POST", "/fake/rotate-keys", `{"drop_old":true}`)
	require.Len(t, keys(), 1)
}

func TestControlReset(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	p := newPanel(t, w.stytch)
	later := w.stytch.AddClass("HIST2200")
	w.stytch.AddStudent(class.ID, "ada@example.edu")
	w.link(string(class.ID), "ada@example.edu", nil)
	p.ok("POST", "/fake/faults", `{"endpoint":"POST /v1/b2b/sessions/authenticate","status":500}`)
	p.ok("POST", "/fake/rotate-keys", "")

	p.ok("POST", "/fake/reset", `{}`)
	require.Empty(t, w.stytch.Outbox())
	require.Empty(t, w.stytch.Journal())
	w.ok("GET", organizations+"/"+string(class.ID), nil)
	w.refuses(http.StatusNotFound, "organization_not_found", "GET", organizations+"/"+string(later.ID), nil)
	w.refuses(http.StatusBadRequest, "no_session_arguments", "POST", sessions+"/authenticate", object{})
	require.Len(t, w.ok("GET", sessions+"/jwks/"+w.stytch.ProjectID(), nil).at("keys"), 2, "the keys stay")
}

// A snapshot brings everything back, in the same process and in another one of
// the same project.
func TestControlState(t *testing.T) {
	const project = "project-test-11111111-1111-4111-8111-111111111111"
	here := wire{t: t, stytch: &mock.Stytch{Project: project}}
	class := here.stytch.AddClass("LAWS1100")
	student := here.stytch.AddStudent(class.ID, "ada@example.edu")
	credentials := here.stytch.SignIn(student)
	token := here.link(string(class.ID), "ada@example.edu", nil)
	p := newPanel(t, here.stytch)
	state := p.send("GET", "/fake/state", "", nil).Body.String()
	require.Equal(t, state, p.send("GET", "/fake/state", "", nil).Body.String(), "one state, one snapshot")

	here.stytch.EndSession(credentials)
	here.authenticateLink(token)
	p.ok("PUT", "/fake/state", state)
	there := wire{t: t, stytch: &mock.Stytch{Project: project}}
	var plain any
	require.NoError(t, json.Unmarshal([]byte(state), &plain))
	indented, err := json.MarshalIndent(plain, "", "  ") // as a program that keeps it may write it
	require.NoError(t, err)
	newPanel(t, there.stytch).ok("PUT", "/fake/state", string(indented))
	for name, w := range map[string]wire{"here": here, "there": there} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.ok("POST", sessions+"/authenticate", object{"session_jwt": credentials.JWT.Reveal()})
			w.ok("POST", sessions+"/authenticate", object{"session_token": credentials.Token.Reveal()})
			require.Len(t, w.stytch.Outbox(), 1)
			w.authenticateLink(token)
		})
	}

	for _, tt := range []struct{ name, from, to, want string }{
		{"of another project", project, "project-test-22222222-2222-4222-8222-222222222222", "start it with that project id"},
		{"of another version", `"version": 2`, `"version": 1`, "only version 2"},
		{"that refers to nobody", `"member_id": "` + string(student) + `"`, `"member_id": "member-test-1"`, "there is no active member"},
		{"with something unknown in it", `"version": 2`, `"version": 2,"more":1`, `"more"`},
		{"with something unknown in a member", `"status": "active"`, `"state": "active"`, `"state"`},
		{"that broke off", "]\n}", ``, "no JSON"},
	} {
		t.Run("a snapshot "+tt.name, func(t *testing.T) {
			require.Contains(t, state, tt.from)
			before := p.send("GET", "/fake/state", "", nil).Body.String()
			require.Contains(t, p.refused(http.StatusBadRequest, "PUT", "/fake/state", strings.Replace(state, tt.from, tt.to, 1), nil), tt.want)
			require.Equal(t, before, p.send("GET", "/fake/state", "", nil).Body.String(), "nothing changes")
		})
	}
	p.refused(http.StatusBadRequest, "PUT", "/fake/state", "", nil)
}
