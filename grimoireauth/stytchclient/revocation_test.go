package stytchclient_test

import (
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// A member id from a form ends sessions in the named class only, whether a school
// has an Organization for each class or one for all of them.
func TestA07_RevokeMemberNamesTheClass(t *testing.T) {
	p, stytch, client := recorded(t)
	a, b := stytch.AddClass("A").ID, stytch.AddClass("B").ID
	bob := stytch.AddInstructor(b, "bob@example.edu")
	credentials := stytch.SignIn(bob)
	live := func() {
		t.Helper()
		_, err := client.Sessions.Authenticate(t.Context(), credentials)
		require.NoError(t, err)
		require.NotContains(t, p.lines, "POST sessions/revoke")
		require.NotContains(t, p.lines, "cut "+string(bob))
	}
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), a, bob), grimoireauth.ErrNotFound)
	live()
	// With one Organization the application's own class id is none of Stytch's.
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), "LAWS1100", bob), grimoireauth.ErrInvalid)
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), "", bob), grimoireauth.ErrInvalid)
	live()
	require.NoError(t, client.Sessions.RevokeMember(t.Context(), b, bob))
	_, err := client.Sessions.Authenticate(t.Context(), credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
}

// A session id from a form is compared with the member and the class before
// anything ends.
func TestA07_RevokeByIDComparesMemberAndClass(t *testing.T) {
	p, stytch, client := recorded(t)
	a, b := stytch.AddClass("A").ID, stytch.AddClass("B").ID
	sam, pat, bob := stytch.AddStudent(a, "sam@example.edu"), stytch.AddStudent(a, "pat@example.edu"), stytch.AddStudent(b, "bob@example.edu")
	session := func(member grimoireauth.MemberID) grimoireauth.Session {
		authentication, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(member))
		require.NoError(t, err)
		return authentication.Session
	}
	sams, pats, bobs := session(sam), session(pat), session(bob)
	other := session(sam)
	for name, call := range map[string]struct {
		class  grimoireauth.ClassID
		member grimoireauth.MemberID
		id     grimoireauth.SessionID
		want   error
	}{
		"another member's":        {a, sam, pats.ID(), grimoireauth.ErrNotFound},
		"another class's":         {a, sam, bobs.ID(), grimoireauth.ErrNotFound},
		"of a member elsewhere":   {a, bob, bobs.ID(), grimoireauth.ErrNotFound},
		"a member of the class B": {b, sam, sams.ID(), grimoireauth.ErrNotFound},
		"that never was":          {a, sam, "member-session-test-00000000-0000-4000-8000-000000000000", grimoireauth.ErrNotFound},
		"without an id":           {a, sam, "", grimoireauth.ErrInvalid},
		"without a class":         {"", sam, sams.ID(), grimoireauth.ErrInvalid},
		"without a member":        {a, "", sams.ID(), grimoireauth.ErrInvalid},
	} {
		p.lines = nil
		require.ErrorIs(t, client.Sessions.RevokeByID(t.Context(), call.class, call.member, call.id), call.want, name)
		for _, line := range p.lines {
			require.Equal(t, "GET sessions", line, name)
		}
	}
	p.lines = nil
	require.NoError(t, client.Sessions.RevokeByID(t.Context(), a, sam, sams.ID()))
	require.Equal(t, []string{"GET sessions", "cut " + string(sams.ID()), "POST sessions/revoke"}, p.lines)
	require.ErrorIs(t, client.Sessions.RevokeByID(t.Context(), a, sam, sams.ID()), grimoireauth.ErrNotFound, "it has ended")
	live, err := client.Sessions.Of(t.Context(), a, sam)
	require.NoError(t, err)
	require.Len(t, live, 1)
	require.Equal(t, other.ID(), live[0].ID())
}

// Who holds a verified session ends it, or all of them, by one call.
func TestA07_OwnSessionsByOneCall(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("A").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	first, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(sam))
	require.NoError(t, err)
	second, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(sam))
	require.NoError(t, err)
	p.lines = nil
	require.NoError(t, client.Sessions.Revoke(t.Context(), first.Session))
	require.Equal(t, []string{"cut " + string(first.ID()), "POST sessions/revoke"}, p.lines)
	p.lines = nil
	require.NoError(t, client.Sessions.RevokeAll(t.Context(), second.Session))
	require.Equal(t, []string{"cut " + string(sam), "POST sessions/revoke", "cut " + string(sam)}, p.lines)
	_, err = client.Sessions.Authenticate(t.Context(), second.Credentials)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)

	// The member was removed meanwhile: nothing is left to end.
	third, err := client.Sessions.Authenticate(t.Context(), stytch.SignIn(sam))
	require.NoError(t, err)
	require.NoError(t, client.Roster.Remove(t.Context(), class, sam))
	require.ErrorIs(t, client.Sessions.RevokeAll(t.Context(), third.Session), grimoireauth.ErrNotFound)
	stytch.Fail(mock.Fault{Drop: true})
	p.lines = nil
	require.ErrorIs(t, client.Sessions.RevokeAll(t.Context(), third.Session), grimoireauth.ErrUnavailable)
	require.Equal(t, "cut "+string(sam), p.lines[0], "also while Stytch is out of reach")
}
