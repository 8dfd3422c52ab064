package jwtlocal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func TestVerifyGenuine(t *testing.T) {
	v := newVerifier(t)
	token := goodToken(time.Now())
	for _, when := range []string{"first sight", "seen before"} {
		s, err := verify(t, v, token)
		require.NoError(t, err, when)
		require.Equal(t, grimoireauth.SessionID(testSession), s.ID())
		require.Equal(t, grimoireauth.MemberID(testMember), s.Member())
		require.Equal(t, grimoireauth.OrganizationID(testClass), s.Organization())
		require.Equal(t, "laws1100-2025-s2", s.OrganizationSlug())
		require.Equal(t, []string{"stytch_member", "tutor"}, s.Roles())
		require.Len(t, s.Factors(), 1)
		require.Equal(t, "magic_link", s.Factors()[0].Type)
		require.Equal(t, "email", s.Factors()[0].DeliveryMethod)
		require.False(t, s.Factors()[0].LastAuthenticatedAt.IsZero())
		var custom struct{ Tutorial string }
		require.NoError(t, s.CustomClaims(&custom))
		require.Equal(t, "T3", custom.Tutorial)
	}
	stats := v.Stats()
	require.EqualValues(t, 1, stats.CacheHits)
	require.EqualValues(t, 1, stats.CacheMisses)
	require.EqualValues(t, 1, stats.Fetches)
	require.Equal(t, 1, stats.Keys)
	require.Equal(t, 1, stats.CacheEntries)
	t.Log("token length", len(token))
}
