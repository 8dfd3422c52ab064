package mock_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/mock"
)

// A connection is deleted while a person who came through it has yet to enter the code of
// their second factor. They sign in, and no account of a connection that is gone stays.
func TestW01_ConnectionDeletedBetweenTwoFactors(t *testing.T) {
	w := newWire(t)
	class := w.stytch.AddClass("LAWS1100", mock.Settings{"mfa_policy": "REQUIRED_FOR_ALL", "sso_jit_provisioning": "ALL_ALLOWED"})
	w.stytch.AddSSO(class.ID, "saml", nil)
	oidc := w.stytch.AddSSO(class.ID, "oidc", nil)
	first := w.sso(oidc, "ada@example.edu")
	member := first.text("member_id")
	whose := object{"organization_id": class.ID, "member_id": member, "intermediate_session_token": first.text("intermediate_session_token")}
	w.ok(http.MethodPost, otps+"/sms/send", with(whose, object{"mfa_phone_number": "+12025550162"}))
	w.ok(http.MethodDelete, ssoPath+"/"+class.Slug+"/connections/"+oidc, nil)
	outbox := w.stytch.Outbox()
	signedIn := w.ok(http.MethodPost, otps+"/sms/authenticate", with(whose, object{"code": outbox[len(outbox)-1].Code}))
	require.Empty(t, signedIn.at("member", "sso_registrations"))
	w.refuses(404, "member_oidc_token_not_found", http.MethodGet, organizations+"/"+class.Slug+"/members/"+member+"/oidc_providers", nil)
	stateOf(t, w.stytch) // can be restored
}
