package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A second factor is attached to active members only. A member who is signing in for the
// first time is not active yet, and their intermediate session lets them enroll, since an
// organization that requires a second factor could be joined by no one else.
// Source: https://stytch.com/docs/api-reference/b2b/api/errors/400,
// https://stytch.com/docs/b2b/guides/mfa/backend
func TestW05_SecondFactorsOfMembersWhoAreNotActive(t *testing.T) {
	w := newWire(t)
	org := w.organization(object{"mfa_policy": "REQUIRED_FOR_ALL", "email_invites": "ALL_ALLOWED"})
	pending := w.member(org, object{"email_address": "pending@example.edu", "create_member_as_pending": true})
	phone := w.member(org, object{"create_member_as_pending": true, "mfa_phone_number": "+61290000001"})
	w.ok(http.MethodPost, links+"/email/invite", object{"organization_id": org, "email_address": "invited@example.edu"})
	invited := w.ok(http.MethodGet, organizations+"/"+org+"/member?email_address=invited@example.edu", nil).text("member_id")
	get := func(id string) any {
		return w.ok(http.MethodGet, organizations+"/"+org+"/member?member_id="+id, nil).at("member")
	}
	for name, tt := range map[string]struct{ id, number string }{
		"pending":                {pending, "+61290000000"},
		"pending, with a number": {phone, "+61290000001"},
		"invited":                {invited, "+61290000000"},
	} {
		t.Run(name, func(t *testing.T) {
			id, number := tt.id, tt.number
			w := wire{t: t, stytch: w.stytch}
			whose, before, sent := object{"organization_id": org, "member_id": id}, get(id), len(w.stytch.Outbox())
			const refused = "action_available_only_for_active_members"
			w.refuses(400, refused, http.MethodPost, totps, whose)
			w.refuses(400, refused, http.MethodPost, totps+"/migrate", with(whose, object{"secret": "JBSWY3DPEHPK3PXPJBSWY3DP", "recovery_codes": []string{"a1b2-c3d4-e5f6"}}))
			w.refuses(400, refused, http.MethodPost, otps+"/sms/send", with(whose, object{"mfa_phone_number": number}))
			require.Equal(t, before, get(id), "a rejected call changes nothing")
			require.Len(t, w.stytch.Outbox(), sent)
		})
	}

	out := w.authenticateLink(w.link(org, "pending@example.edu", nil))
	require.Equal(t, "pending", out.text("member", "status"))
	first := object{"organization_id": org, "member_id": pending, "intermediate_session_token": out.text("intermediate_session_token")}
	w.ok(http.MethodPost, totps, first)
	w.ok(http.MethodPost, otps+"/sms/send", with(first, object{"mfa_phone_number": "+61290000002"}))
	require.Equal(t, "active", w.ok(http.MethodPost, otps+"/sms/authenticate", with(first, object{"code": w.stytch.Outbox()[len(w.stytch.Outbox())-1].Code})).text("member", "status"))
}
