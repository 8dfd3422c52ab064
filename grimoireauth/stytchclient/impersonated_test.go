package stytchclient_test

import (
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// TestT11Impersonated: an administrator who acts in somebody's name is told apart
// from them, in the session and in the audit of what they change.
func TestT11Impersonated(t *testing.T) {
	a := newAudited(t)
	class := a.stytch.AddClass("Torts").ID
	ines := a.stytch.AddInstructor(class, "ines@example.edu")
	for name, row := range map[string]struct {
		factor grimoireauth.Factor
		want   bool
	}{
		"herself":          {grimoireauth.Factor{Type: "magic_link", LastAuthenticatedAt: time.Now()}, false},
		"an administrator": {grimoireauth.Factor{Type: "impersonated", LastAuthenticatedAt: time.Now()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			authentication, err := a.Sessions.Authenticate(t.Context(), a.stytch.SignIn(ines, mock.WithFactors(row.factor)))
			require.NoError(t, err)
			require.Equal(t, row.want, authentication.Impersonated())
			a.events = nil
			ctx := grimoireauth.ContextWithAuthentication(t.Context(), authentication)
			_, err = a.Roster.Enroll(ctx, class, stytchclient.NewMember{Email: name[:2] + "@example.edu"})
			require.NoError(t, err)
			require.Len(t, a.events, 1)
			require.Equal(t, ines, a.events[0].By)
			require.Equal(t, row.want, a.events[0].Impersonated)
		})
	}
	require.False(t, grimoireauth.Session{}.Impersonated())
}
