package mock_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/impersonation"
	sdksessions "github.com/stytchauth/stytch-go/v16/stytch/b2b/sessions"

	"github.com/promptgrimoire/auth/mock"
)

const impersonate = "/v1/b2b/impersonation/authenticate"

func TestImpersonation(t *testing.T) {
	w, class, member, _ := signedIn(t)
	token := w.stytch.Impersonate(member, "help@school.example")
	out := w.ok(http.MethodPost, impersonate, object{"impersonation_token": token.Reveal()})
	require.Equal(t, string(member), out.text("member_id"))
	require.Equal(t, string(class.ID), out.text("organization_id"))
	require.Equal(t, true, out["member_authenticated"])
	require.Empty(t, out["intermediate_session_token"])
	factors := out.at("member_session", "authentication_factors").([]any)
	require.Len(t, factors, 1, "the member has proven nothing")
	require.Equal(t, "impersonated", factors[0].(map[string]any)["type"])
	require.Equal(t, "help@school.example", factors[0].(map[string]any)["impersonated_factor"].(map[string]any)["impersonator_email_address"])
	started, err := time.Parse(time.RFC3339, out.text("member_session", "started_at"))
	require.NoError(t, err)
	expires, err := time.Parse(time.RFC3339, out.text("member_session", "expires_at"))
	require.NoError(t, err)
	require.Equal(t, time.Hour, expires.Sub(started))

	w.refuses(401, "unable_to_auth_impersonation_token", http.MethodPost, impersonate, object{"impersonation_token": token.Reveal()})
	w.refuses(400, "invalid_token", http.MethodPost, impersonate, object{"impersonation_token": "short"})
	w.refuses(400, "invalid_token", http.MethodPost, impersonate, object{})
}

func TestImpersonatedSessionIsNotExtended(t *testing.T) {
	w, class, member, _ := signedIn(t)
	begun := w.ok(http.MethodPost, impersonate, object{"impersonation_token": w.stytch.Impersonate(member, "help@school.example").Reveal()})
	session := begun.text("session_token")
	ends := begun.text("member_session", "expires_at")
	w.refuses(400, "session_not_mutable", http.MethodPost, sessions+"/authenticate", object{"session_token": session, "session_duration_minutes": 120})
	w.refuses(400, "session_not_mutable", http.MethodPost, sessions+"/exchange", object{"session_token": session, "organization_id": string(class.ID), "session_duration_minutes": 120})
	w.refuses(400, "session_not_mutable", http.MethodPost, "/v1/b2b/magic_links/authenticate",
		object{"magic_links_token": w.link(string(class.ID), "ada@example.edu", nil), "session_token": session, "session_duration_minutes": 120})
	out := w.ok(http.MethodPost, sessions+"/authenticate", object{"session_token": session})
	require.Equal(t, ends, out.text("member_session", "expires_at"))
}

func TestImpersonationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, member, _ := signedIn(t)
		late, used := w.stytch.Impersonate(member, "help@school.example"), w.stytch.Impersonate(member, "help@school.example")
		time.Sleep(4 * time.Minute)
		session := w.ok(http.MethodPost, impersonate, object{"impersonation_token": used.Reveal()}).text("session_token")
		time.Sleep(time.Minute)
		w.refuses(401, "unable_to_auth_impersonation_token", http.MethodPost, impersonate, object{"impersonation_token": late.Reveal()})
		time.Sleep(59 * time.Minute)
		w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": session})

		aged := w.stytch.Impersonate(member, "help@school.example")
		w.stytch.Age(6 * time.Minute)
		w.refuses(401, "unable_to_auth_impersonation_token", http.MethodPost, impersonate, object{"impersonation_token": aged.Reveal()})
	})
}

func TestImpersonationNeedsAnActiveMember(t *testing.T) {
	w, class, member, _ := signedIn(t)
	token := w.stytch.Impersonate(member, "help@school.example").Reveal()
	p := newPanel(t, w.stytch)
	snapshot := p.send("GET", "/fake/state", "", nil).Body.String()
	w.ok(http.MethodDelete, organizations+"/"+string(class.ID)+"/members/"+string(member), nil)
	w.refuses(404, "member_not_found", http.MethodPost, impersonate, object{"impersonation_token": token})
	require.Panics(t, func() { w.stytch.Impersonate(member, "help@school.example") })
	require.Panics(t, func() { w.stytch.Impersonate("nothing", "help@school.example") })

	p.ok("PUT", "/fake/state", snapshot)
	require.Panics(t, func() { w.stytch.Impersonate(member, "") })
	w.ok(http.MethodPost, impersonate, object{"impersonation_token": token})
}

// The SDK reads the answer, and the control plane makes the token.
func TestImpersonationBySDK(t *testing.T) {
	stytch := new(mock.Stytch)
	member := stytch.AddInstructor(stytch.AddClass("LAWS1100").ID, "ada@example.edu")
	stytch.SignIn(member)
	p := newPanel(t, stytch)
	made, _ := p.ok("POST", "/fake/impersonate", `{"member_id":"`+string(member)+`","impersonator_email_address":"help@school.example"}`)
	p.refused(http.StatusBadRequest, "POST", "/fake/impersonate", `{"member_id":"nothing","impersonator_email_address":"help@school.example"}`, nil)
	api := connect(t, stytch.ProjectID(), stytch.Secret().Reveal(), stytch)
	out, err := api.Impersonation.Authenticate(t.Context(), &impersonation.AuthenticateParams{ImpersonationToken: made["impersonation_token"].(string)})
	require.NoError(t, err)
	require.Equal(t, "help@school.example", out.MemberSession.AuthenticationFactors[0].ImpersonatedFactor.ImpersonatorEmailAddress)
	again, err := api.Sessions.Authenticate(t.Context(), &sdksessions.AuthenticateParams{SessionJWT: out.SessionJWT})
	require.NoError(t, err)
	require.Equal(t, string(member), again.Member.MemberID)
}
