package jwtlocal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// TestW02_TemplateClaims: the claims that a JWT template can add are custom claims of the
// session and nothing else, whatever they are called.
func TestW02_TemplateClaims(t *testing.T) {
	v, alarms, _ := alarming(t)
	for name, claims := range map[string]object{
		"roles":             {"roles": []string{"stytch_admin", "instructor"}}, // {{ member.rbac.roles }}
		"actions":           {"class": object{"actions": []string{"*"}}},       // {{ member.rbac.$RESOURCE_ID.actions }}
		"a session":         {"session": object{"id": "member-session-test-other", "roles": []string{"stytch_admin"}, "expires_at": "2099-01-01T00:00:00Z"}},
		"an organization":   {"organization": object{"organization_id": "organization-test-other"}, "organization_id": "organization-test-other", "slug": "other"},
		"a member":          {"member_id": "member-test-other", "email": "dean@example.edu", "user_id": "x"},
		"factors":           {"authentication_factors": []object{{"type": "totp", "delivery_method": "authenticator_app"}}, "amr": []string{"mfa"}, "acr": "2", "auth_time": 1},
		"names of the JWT":  {"jti": "x", "azp": "y", "nonce": "z", "typ": "at+jwt", "kid": "k", "alg": "none"},
		"a scope":           {"scope": "read:users full_access"},
		"a client":          {"client_id": "connected-app-test-" + testUUID},
		"a name below ours": {"https://stytch.com/session/roles": []string{"stytch_admin"}, "https://example.edu/session": object{"roles": []string{"stytch_admin"}}},
	} {
		t.Run(name, func(t *testing.T) {
			good := goodClaims(time.Now())
			for claim, value := range claims {
				good = good.with(claim, value)
			}
			session, err := verify(t, v, sign(mainKey(), goodHeader, good.json()))
			require.NoError(t, err)
			require.Equal(t, grimoireauth.SessionID(testSession), session.ID())
			require.Equal(t, grimoireauth.MemberID(testMember), session.Member())
			require.Equal(t, grimoireauth.OrganizationID(testClass), session.Organization())
			require.Equal(t, "laws1100-2025-s2", session.OrganizationSlug())
			require.Equal(t, []string{"stytch_member", "tutor"}, session.Roles())
			require.Len(t, session.Factors(), 1)
			require.Equal(t, "magic_link", session.Factors()[0].Type)
			require.False(t, session.Impersonated())
		})
	}
	require.Empty(t, alarms.all())
}

// TestW02_TemplateOfAnAccessToken: with a client_id and a scope a session_jwt looks like an
// access token, and is rejected without an alarm, since tokens of that kind exist.
func TestW02_TemplateOfAnAccessToken(t *testing.T) {
	v, alarms, log := alarming(t, withAudiences(testAudience))
	for _, audience := range [][]string{{testProject}, {testProject, testAudience}, {testProject, "urn:unlisted"}} {
		token := sign(mainKey(), goodHeader, goodClaims(time.Now()).with("aud", audience).with("client_id", "c").with("scope", "s").json())
		_, err := verify(t, v, token)
		requireRefused(t, err)
	}
	require.EqualValues(t, 2, v.Stats().Refused[ReasonOtherToken])
	require.Empty(t, alarms.all())
	require.Empty(t, log.String())
}
