package grimoireauth_test

import (
	"context"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestContext(t *testing.T) {
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "s", Member: "m", Organization: "o"})
	require.NoError(t, err)
	authentication := grimoireauth.Authentication{
		Session:     session,
		Credentials: grimoireauth.Credentials{Token: grimoireauth.NewSecret("t")},
		Source:      grimoireauth.SourceLocal,
	}
	person := grimoireauth.Person{Member: "m", Class: "o"}
	signedIn := grimoireauth.ContextWithAuthentication(t.Context(), authentication)

	t.Run("nobody", func(t *testing.T) {
		for _, ctx := range []context.Context{
			t.Context(),
			grimoireauth.ContextWithAuthentication(t.Context(), grimoireauth.Authentication{}),
		} {
			_, ok := grimoireauth.SessionFromContext(ctx)
			require.False(t, ok)
			_, ok = grimoireauth.CredentialsFromContext(ctx)
			require.False(t, ok)
			_, _, ok = grimoireauth.RoleFromContext(ctx)
			require.False(t, ok)
		}
	})
	t.Run("signed in", func(t *testing.T) {
		got, ok := grimoireauth.SessionFromContext(signedIn)
		require.True(t, ok)
		require.Equal(t, session, got)
		credentials, ok := grimoireauth.CredentialsFromContext(signedIn)
		require.True(t, ok)
		require.Equal(t, "t", credentials.Token.Reveal())
		_, ok = grimoireauth.StudentFromContext(signedIn)
		require.False(t, ok, "no class guard decided anything")
	})
	t.Run("roles", func(t *testing.T) {
		for role, want := range map[grimoireauth.Role][2]bool{
			grimoireauth.RoleNone:        {false, false},
			grimoireauth.RoleStudent:     {true, false},
			grimoireauth.RoleTutor:       {false, false},
			grimoireauth.RoleInstructor:  {false, true},
			grimoireauth.RoleCoordinator: {false, true},
			grimoireauth.Role(5):         {false, false},
			grimoireauth.Role(-1):        {false, false},
		} {
			ctx := grimoireauth.ContextWithRole(signedIn, person, role)
			student, isStudent := grimoireauth.StudentFromContext(ctx)
			instructor, isInstructor := grimoireauth.InstructorFromContext(ctx)
			require.Equal(t, want, [2]bool{isStudent, isInstructor}, "%v", role)
			require.Equal(t, isStudent, student.Person == person, "%v", role)
			require.Equal(t, isInstructor, instructor.Person == person, "%v", role)
		}
	})
	t.Run("a new authentication forgets the role", func(t *testing.T) {
		ctx := grimoireauth.ContextWithRole(signedIn, person, grimoireauth.RoleInstructor)
		ctx = grimoireauth.ContextWithAuthentication(ctx, authentication)
		_, _, ok := grimoireauth.RoleFromContext(ctx)
		require.False(t, ok)
	})
	t.Run("M21 keys of another package are other keys", func(t *testing.T) {
		type authenticationKey struct{}
		require.Nil(t, signedIn.Value(authenticationKey{}))
		type key string
		ctx := context.WithValue(signedIn, key("k"), "v")
		require.Equal(t, "v", ctx.Value(key("k")))
		_, ok := grimoireauth.SessionFromContext(ctx)
		require.True(t, ok)
	})
}

func TestContextWithRoleSaysBoth(t *testing.T) {
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{ID: "session-1", Member: "member-1", Organization: "organization-1"})
	require.NoError(t, err)
	authentication := grimoireauth.Authentication{Session: session, Credentials: grimoireauth.NewCredentials("jwt", "")}
	person := grimoireauth.Person{Member: "member-1", Class: "organization-1"}

	ctx := grimoireauth.ContextWithRole(grimoireauth.ContextWithAuthentication(t.Context(), authentication), person, grimoireauth.RoleInstructor)

	got, ok := grimoireauth.AuthenticationFromContext(ctx)
	require.True(t, ok)
	require.Equal(t, authentication, got)
	instructor, ok := grimoireauth.InstructorFromContext(ctx)
	require.True(t, ok)
	require.Equal(t, grimoireauth.Instructor{Person: person}, instructor)

	_, _, ok = grimoireauth.RoleFromContext(grimoireauth.ContextWithAuthentication(ctx, authentication))
	require.False(t, ok, "a role belongs to the authentication it was decided for")
}

func TestNewCredentials(t *testing.T) {
	c := grimoireauth.NewCredentials("jwt", "token")
	require.Equal(t, "jwt", c.JWT.Reveal())
	require.Equal(t, "token", c.Token.Reveal())
	require.True(t, grimoireauth.NewCredentials("", "").IsZero())
	require.True(t, grimoireauth.NewCredentials("", "token").JWT.IsZero())
	require.True(t, grimoireauth.NewCredentials("jwt", "").Token.IsZero())
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { c = grimoireauth.NewCredentials("jwt", "token") }), 1.0)
}
