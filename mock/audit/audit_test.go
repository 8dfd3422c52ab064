package audit_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/promptgrimoire/auth/mock/audit"
)

// audited is an application that asks Stytch about every request. Its rules are
// written down here and, for the audit, a second time.
func audited(t *testing.T, stytch *mock.Stytch, open bool) http.Handler {
	client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: stytch})
	require.NoError(t, err)
	who := func(r *http.Request) (grimoireauth.Session, bool) {
		cookie, err := r.Cookie(grimoireauth.SessionTokenCookie)
		if err != nil {
			return grimoireauth.Session{}, false
		}
		checked, err := client.Sessions.Authenticate(r.Context(), grimoireauth.Credentials{Token: grimoireauth.NewSecret(cookie.Value)})
		return checked.Session, err == nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /classes/{class}/roster", func(w http.ResponseWriter, r *http.Request) {
		switch me, ok := who(r); {
		case !ok:
			w.WriteHeader(http.StatusUnauthorized)
		case string(me.Organization()) != r.PathValue("class"):
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("POST /classes/{class}/release", func(w http.ResponseWriter, r *http.Request) {
		me, ok := who(r)
		class := string(me.Organization()) == r.PathValue("class") || open
		if ok && class && slices.Contains(me.Roles(), "instructor") {
			return
		}
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	})
	return mux
}

var auditedRoutes = []audit.Route{
	{Pattern: "/", Allow: []audit.Caller{audit.Anonymous, audit.Student, audit.Instructor, audit.Outsider, audit.Revoked}},
	{Pattern: "GET /classes/{class}/roster", Allow: []audit.Caller{audit.Student, audit.Instructor}},
	{Pattern: "POST /classes/{class}/release", Body: `{"mark":7}`, Allow: []audit.Caller{audit.Instructor}},
}

func TestAudit(t *testing.T) {
	stytch := new(mock.Stytch)
	require.NoError(t, audit.Run(stytch, audited(t, stytch, false), audit.Config{}, auditedRoutes...))

	t.Run("names who gets in and should not", func(t *testing.T) {
		err := audit.Run(stytch, audited(t, stytch, true), audit.Config{}, auditedRoutes...)
		require.ErrorContains(t, err, "1 surprise,")
		require.ErrorContains(t, err, "POST /classes/{class}/release\n  anonymous   303 refused\n  student     303 refused\n  instructor  200 let in\n  outsider    200 let in (!)\n  revoked     303 refused")
	})
	t.Run("names who does not get in and should", func(t *testing.T) {
		err := audit.Run(stytch, audited(t, stytch, false), audit.Config{}, audit.Route{Pattern: "/classes/{slug}/roster", Allow: []audit.Caller{audit.Student}})
		require.ErrorContains(t, err, "student     404 refused (!)")
	})
	t.Run("is surprised by what says nothing", func(t *testing.T) {
		stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Status: 503, Times: 1})
		broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		require.ErrorContains(t, audit.Run(stytch, broken, audit.Config{}, audit.Route{Pattern: "/"}), "5 surprises")
		stytch.ClearFaults()
		err := audit.Run(stytch, audited(t, stytch, false), audit.Config{}, audit.Route{Pattern: "DELETE /classes/{class}/roster"})
		require.ErrorContains(t, err, "405 (!)", "a table that names a method which is not there proves nothing")
	})
	t.Run("with credentials in the place that the application reads", func(t *testing.T) {
		err := audit.Run(stytch, audited(t, stytch, false), audit.Config{Attach: mock.Bearer}, auditedRoutes[1])
		require.ErrorContains(t, err, "student     401 refused (!)")
	})
	t.Run("misuse", func(t *testing.T) {
		require.Panics(t, func() { _ = audit.Run(stytch, audited(t, stytch, false), audit.Config{}) })
		require.Panics(t, func() {
			_ = audit.Run(stytch, audited(t, stytch, false), audit.Config{}, audit.Route{Pattern: "/a/{other}"})
		})
	})
}
