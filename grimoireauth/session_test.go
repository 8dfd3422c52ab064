package grimoireauth_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestNewSessionRefusesBlankIDs(t *testing.T) {
	_, err := grimoireauth.NewSession(grimoireauth.SessionFields{})
	require.ErrorContains(t, err, "without an id")
	require.ErrorContains(t, err, "member id")
	require.ErrorContains(t, err, "organization id", "every fault at once")
}

// V08: what a handler does to what it was given, the next request must not see.
func TestV08SessionCannotBeChanged(t *testing.T) {
	fields := grimoireauth.SessionFields{
		ID: "s", Member: "m", Organization: "o",
		Roles:        []string{"stytch_member"},
		Factors:      []grimoireauth.Factor{{Type: "magic_link", LastAuthenticatedAt: time.Unix(1, 0)}},
		CustomClaims: json.RawMessage(`{"group":"a"}`),
	}
	session, err := grimoireauth.NewSession(fields)
	require.NoError(t, err)

	fields.Roles[0] = "stytch_admin"
	fields.Factors[0].Type = "totp"
	copy(fields.CustomClaims, `{"group":"b"}`)
	session.Roles()[0] = "stytch_admin"
	session.Factors()[0].Type = "totp"
	var claims struct{ Group json.RawMessage }
	require.NoError(t, session.CustomClaims(&claims))
	copy(claims.Group, `"c"`)

	require.Equal(t, []string{"stytch_member"}, session.Roles())
	require.Equal(t, "magic_link", session.Factors()[0].Type)
	require.NoError(t, session.CustomClaims(&claims))
	require.JSONEq(t, `"a"`, string(claims.Group))
	require.True(t, session.HasRole("stytch_member"))
	require.False(t, session.HasRole("stytch_admin"))
}

func TestZeroSessionBelongsToNobody(t *testing.T) {
	var nobody grimoireauth.Session
	require.True(t, nobody.IsZero())
	require.Empty(t, nobody.ID())
	require.Empty(t, nobody.Member())
	require.Empty(t, nobody.Organization())
	require.Nil(t, nobody.Roles())
	require.True(t, nobody.ExpiresAt().IsZero())
	claims := map[string]any{"kept": true}
	require.NoError(t, nobody.CustomClaims(&claims))
	require.Equal(t, map[string]any{"kept": true}, claims)
}
