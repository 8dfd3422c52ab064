package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// audited is an application that asks Stytch about every request. Its rules are
// written down here and, for the audit, a second time.
func audited(t *testing.T, stytch *mock.Stytch, open bool) http.Handler {
	who := func(r *http.Request) object {
		cookie, err := r.Cookie(grimoireauth.SessionTokenCookie)
		if err != nil {
			return nil
		}
		status, out := wire{t: t, stytch: stytch}.do(http.MethodPost, sessions+"/authenticate", object{"session_token": cookie.Value})
		if status != http.StatusOK {
			return nil
		}
		return out
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /classes/{class}/roster", func(w http.ResponseWriter, r *http.Request) {
		switch me := who(r); {
		case me == nil:
			w.WriteHeader(http.StatusUnauthorized)
		case me.text("organization", "organization_id") != r.PathValue("class"):
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("POST /classes/{class}/release", func(w http.ResponseWriter, r *http.Request) {
		me := who(r)
		class := me.text("organization", "organization_id") == r.PathValue("class") || open
		for _, role := range list(me.at("member_session", "roles")) {
			if role == "instructor" && class {
				return
			}
		}
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	})
	return mux
}

func list(v any) []any {
	out, _ := v.([]any)
	return out
}

var auditedRoutes = []mock.Route{
	{Pattern: "/", Allow: []mock.Caller{mock.Nobody, mock.Student, mock.Instructor, mock.Outsider, mock.Gone}},
	{Pattern: "GET /classes/{class}/roster", Allow: []mock.Caller{mock.Student, mock.Instructor}},
	{Pattern: "POST /classes/{class}/release", Body: `{"mark":7}`, Allow: []mock.Caller{mock.Instructor}},
}

func TestAudit(t *testing.T) {
	stytch := new(mock.Stytch)
	require.NoError(t, stytch.Audit(audited(t, stytch, false), mock.Auditing{}, auditedRoutes...))

	t.Run("names who gets in and should not", func(t *testing.T) {
		err := stytch.Audit(audited(t, stytch, true), mock.Auditing{}, auditedRoutes...)
		require.ErrorContains(t, err, "1 surprise,")
		require.ErrorContains(t, err, "POST /classes/{class}/release\n  nobody      303 refused\n  student     303 refused\n  instructor  200 let in\n  outsider    200 let in (!)\n  revoked     303 refused")
	})
	t.Run("names who does not get in and should", func(t *testing.T) {
		err := stytch.Audit(audited(t, stytch, false), mock.Auditing{}, mock.Route{Pattern: "/classes/{slug}/roster", Allow: []mock.Caller{mock.Student}})
		require.ErrorContains(t, err, "student     404 refused (!)")
	})
	t.Run("is surprised by what says nothing", func(t *testing.T) {
		stytch.Fail(mock.Fault{Endpoint: authenticate, Status: 503, Times: 1})
		broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		require.ErrorContains(t, stytch.Audit(broken, mock.Auditing{}, mock.Route{Pattern: "/"}), "5 surprises")
		stytch.ClearFaults()
		err := stytch.Audit(audited(t, stytch, false), mock.Auditing{}, mock.Route{Pattern: "DELETE /classes/{class}/roster"})
		require.ErrorContains(t, err, "405 (!)", "a table that names a method which is not there proves nothing")
	})
	t.Run("with credentials in the place that the application reads", func(t *testing.T) {
		err := stytch.Audit(audited(t, stytch, false), mock.Auditing{Attach: mock.Bearer}, auditedRoutes[1])
		require.ErrorContains(t, err, "student     401 refused (!)")
	})
	t.Run("misuse", func(t *testing.T) {
		require.Panics(t, func() { _ = stytch.Audit(audited(t, stytch, false), mock.Auditing{}) })
		require.Panics(t, func() {
			_ = stytch.Audit(audited(t, stytch, false), mock.Auditing{}, mock.Route{Pattern: "/a/{other}"})
		})
	})
}
