package mock_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// A pending sign-in is a 200 without a session.
func requirePending(t *testing.T, out object) string {
	t.Helper()
	require.Equal(t, false, out["member_authenticated"])
	require.Equal(t, "", out["session_token"])
	require.Equal(t, "", out["session_jwt"])
	require.Nil(t, out["member_session"])
	require.Regexp(t, `^[A-Za-z0-9_-]{43}=$`, out["intermediate_session_token"])
	require.NotEmpty(t, out["intermediate_session_token_expires_at"])
	return out.text("intermediate_session_token")
}

func TestMFAIsOwed(t *testing.T) {
	everybody := object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"}
	for _, tt := range []struct {
		name     string
		settings object
		member   object
		owed     any // mfa_required
		messages int // by SMS
	}{
		{"nobody asks", nil, nil, nil, 0},
		{"the organization asks, nothing is enrolled", everybody, nil,
			map[string]any{"member_options": nil, "secondary_auth_initiated": nil}, 0},
		{"the organization asks, a phone is known", everybody, object{"mfa_phone_number": "+61290000000"},
			map[string]any{"member_options": map[string]any{"mfa_phone_number": "+61290000000", "totp_registration_id": ""}, "secondary_auth_initiated": "sms_otp"}, 1},
		{"the member asks", nil, object{"mfa_phone_number": "+61290000000", "mfa_enrolled": true},
			map[string]any{"member_options": map[string]any{"mfa_phone_number": "+61290000000", "totp_registration_id": ""}, "secondary_auth_initiated": "sms_otp"}, 1},
		{"SMS is not allowed", object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED", "mfa_methods": "RESTRICTED", "allowed_mfa_methods": []string{"totp"}},
			object{"mfa_phone_number": "+61290000000"},
			map[string]any{"member_options": map[string]any{"mfa_phone_number": "+61290000000", "totp_registration_id": ""}, "secondary_auth_initiated": nil}, 0},
		{"break-glass access frees from methods, not from the policy", everybody, object{"is_breakglass": true},
			map[string]any{"member_options": nil, "secondary_auth_initiated": nil}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t)
			org := w.organization(tt.settings)
			fields := object{"email_address": "ada@example.edu", "create_member_as_pending": true}
			for name, value := range tt.member {
				fields[name] = value
			}
			id := w.member(org, fields)
			token := w.link(org, "ada@example.edu", nil)
			out := w.authenticateLink(token)
			require.Equal(t, tt.owed, out["mfa_required"])
			require.Nil(t, out["primary_required"])
			require.Equal(t, true, out.at("member", "email_address_verified"), "the link has proven it in any case")
			require.Len(t, w.stytch.Outbox(), 1+tt.messages)
			live := w.ok(http.MethodGet, sessions+"?organization_id="+org+"&member_id="+id, nil)["member_sessions"]
			if tt.owed == nil {
				require.Equal(t, true, out["member_authenticated"])
				require.Len(t, live, 1)
				return
			}
			ist := requirePending(t, out)
			require.Equal(t, "pending", out.text("member", "status"), "nobody has signed in yet")
			require.Empty(t, live)
			w.refuses(401, "unable_to_auth_magic_link", http.MethodPost, links+"/authenticate", object{"magic_links_token": token})
			w.refuses(400, "invalid_session_token", http.MethodPost, sessions+"/authenticate", object{"session_token": "x" + ist})
			w.refuses(404, "session_not_found", http.MethodPost, sessions+"/authenticate", object{"session_token": ist})
			if tt.messages == 1 {
				sms := w.stytch.Outbox()[1]
				require.Equal(t, mock.Message{Channel: "sms", Kind: "mfa", To: "+61290000000", Code: sms.Code, SentAt: sms.SentAt}, sms)
				require.Regexp(t, `^[0-9]{6}$`, sms.Code)
			}
		})
	}
}

func TestNoMFAWithALiveSession(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	credentials := w.stytch.SignIn(w.stytch.AddStudent(class.ID, "ada@example.edu"))
	out := w.ok(http.MethodPost, links+"/authenticate", object{
		"magic_links_token": w.link(class.Slug, "ada@example.edu", nil), "session_token": credentials.Token.Reveal(),
	})
	require.Equal(t, true, out["member_authenticated"])
	require.Equal(t, credentials.Token.Reveal(), out["session_token"])
}

func TestPrimaryIsOwed(t *testing.T) {
	w := newWire(t)
	// A link that was sent before the organization asked for something else, or an
	// invitation, proves the address and is not enough.
	org := w.organization(object{
		"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"sso", "google_oauth"},
		"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED",
	})
	w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "ada@example.edu"})
	out := w.authenticateLink(w.stytch.Outbox()[0].Token)
	requirePending(t, out)
	require.Equal(t, map[string]any{"allowed_auth_methods": []any{"sso", "google_oauth"}}, out["primary_required"])
	require.Nil(t, out["mfa_required"], "the primary method comes first")
	require.Equal(t, "invited", out.text("member", "status"))
}

func TestIntermediateSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t)
		strict := object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"}
		org, other := w.organization(strict), w.organization(strict)
		for _, o := range []string{org, other} {
			w.member(o, object{"email_address": "ada@example.edu"})
			w.member(o, object{"email_address": "bob@example.edu"})
		}
		begin := func(org, email string, ist any) (int, object) {
			return w.do(http.MethodPost, links+"/authenticate", object{"magic_links_token": w.link(org, email, nil), "intermediate_session_token": ist})
		}
		_, first := begin(org, "ada@example.edu", nil)
		ist := requirePending(t, first)
		_, again := begin(org, "ada@example.edu", ist)
		require.Equal(t, ist, requirePending(t, again), "what was begun is gone on with")

		_, wrong := begin(org, "bob@example.edu", ist)
		require.Equal(t, "member_session_member_id_mismatch", wrong["error_type"])
		_, wrong = begin(other, "ada@example.edu", ist)
		require.Equal(t, "invalid_intermediate_session_token_for_organization", wrong["error_type"])

		time.Sleep(10*time.Minute - time.Microsecond)
		_, again = begin(org, "ada@example.edu", ist)
		require.Equal(t, ist, requirePending(t, again))
		time.Sleep(time.Microsecond)
		status, wrong := begin(org, "ada@example.edu", ist)
		require.Equal(t, 404, status)
		require.Equal(t, "intermediate_session_not_found", wrong["error_type"])
	})
}

// A pending sign-in ends when it is finished, and when its member is
// deleted: it does not come back with them.
func TestIntermediateSessionEnds(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	at := organizations + "/" + org
	id := w.member(org, object{"email_address": "ada@example.edu"})
	begin := func() string { return requirePending(t, w.authenticateLink(w.link(org, "ada@example.edu", nil))) }
	goOn := func(ist string) object {
		return object{"magic_links_token": w.link(org, "ada@example.edu", nil), "intermediate_session_token": ist}
	}

	ist := begin()
	w.ok(http.MethodDelete, at+"/members/"+id, nil)
	w.ok(http.MethodPut, at+"/members/"+id+"/reactivate", nil)
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, links+"/authenticate", goOn(ist))

	ist = begin()
	w.ok(http.MethodPut, at, object{"mfa_policy": "OPTIONAL"})
	require.Equal(t, true, w.ok(http.MethodPost, links+"/authenticate", goOn(ist))["member_authenticated"])
	w.refuses(404, "intermediate_session_not_found", http.MethodPost, links+"/authenticate", goOn(ist))
}

// A proof of another kind is appended to the session it comes with, and one of
// an allowed kind suffices.
func TestProofsAddUp(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100")
	credentials := w.stytch.SignIn(w.stytch.AddStudent(class.ID, "ada@example.edu"), mock.WithFactors(
		grimoireauth.Factor{Type: "sso", DeliveryMethod: "sso_oidc"}, grimoireauth.Factor{Type: "oauth", DeliveryMethod: "oauth_google"},
	))
	token := w.link(class.Slug, "ada@example.edu", nil)
	w.ok(http.MethodPut, organizations+"/"+class.Slug, object{"auth_methods": "RESTRICTED", "allowed_auth_methods": []string{"google_oauth"}})
	out := w.ok(http.MethodPost, links+"/authenticate", object{"magic_links_token": token, "session_token": credentials.Token.Reveal()})
	require.Equal(t, true, out["member_authenticated"])
	require.Equal(t, []string{"sso", "oauth", "magic_link"}, ids(out.at("member_session", "authentication_factors"), "type"))
}
