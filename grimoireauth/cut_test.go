package grimoireauth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// tape records, in order, the cutoffs that were raised and the calls to Stytch.
type tape struct {
	stytch http.RoundTripper
	lines  []string
	times  []time.Time
	cutErr error
}

func (p *tape) cut(ctx context.Context, c grimoireauth.Cutoff) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p.lines = append(p.lines, "cut "+string(c.Session)+string(c.Member)+string(c.Class))
	p.times = append(p.times, c.At)
	return p.cutErr
}

func (p *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	_, last, _ := strings.Cut(r.URL.Path, "/v1/b2b/")
	p.lines = append(p.lines, r.Method+" "+last)
	return p.stytch.RoundTrip(r)
}

func recorded(t *testing.T) (*tape, *mock.Stytch, *grimoireauth.Client) {
	p := new(tape)
	stytch, client := school(t, func(c *grimoireauth.Config) {
		p.stytch = c.Transport
		c.Transport, c.Cut, c.Retries = p, p.cut, -1
	})
	return p, stytch, client
}

func TestSetRole(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("LAWS1100").ID
	member := stytch.AddInstructor(class, "ada@example.edu")
	stytch.AddInstructor(class, "bob@example.edu")
	signedIn := stytch.SignIn(member)

	changed, err := client.Roster.SetRole(t.Context(), class, member, grimoireauth.RoleStudent)
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleStudent, changed.Role, "the roles were cleared, not left alone")
	update := "PUT organizations/" + string(class) + "/members/" + string(member)
	look, others := "GET organizations/"+string(class)+"/member", "POST organizations/members/search"
	require.Equal(t, []string{"cut " + string(member), look, others, update, "cut " + string(member)}, p.lines)
	for _, at := range p.times {
		require.WithinDuration(t, time.Now(), at, time.Minute)
	}
	now, err := client.Sessions.Authenticate(t.Context(), signedIn)
	require.NoError(t, err)
	require.False(t, now.HasRole("instructor"))

	changed, err = client.Roster.SetRole(t.Context(), class, member, grimoireauth.RoleCoordinator)
	require.NoError(t, err)
	require.Equal(t, grimoireauth.RoleCoordinator, changed.Role)
}

func TestRemove(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("LAWS1100").ID
	member := stytch.AddStudent(class, "ada@example.edu")
	signedIn := stytch.SignIn(member)

	require.NoError(t, client.Roster.Remove(t.Context(), class, member))
	call := "DELETE organizations/" + string(class) + "/members/" + string(member)
	look := "GET organizations/" + string(class) + "/member"
	require.Equal(t, []string{"cut " + string(member), look, call, "cut " + string(member)}, p.lines)
	_, err := client.Sessions.Authenticate(t.Context(), signedIn)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.ErrorIs(t, client.Roster.Remove(t.Context(), class, member), grimoireauth.ErrNotFound)
}

func TestRevokeMember(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("LAWS1100").ID
	ada, bob := stytch.AddStudent(class, "ada@example.edu"), stytch.AddStudent(class, "bob@example.edu")
	phone, laptop, bobs := stytch.SignIn(ada), stytch.SignIn(ada), stytch.SignIn(bob)

	require.NoError(t, client.Sessions.RevokeMember(t.Context(), ada))
	require.Equal(t, []string{"cut " + string(ada), "POST sessions/revoke", "cut " + string(ada)}, p.lines)
	for _, ended := range []grimoireauth.Credentials{phone, laptop} {
		_, err := client.Sessions.Authenticate(t.Context(), ended)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	}
	_, err := client.Sessions.Authenticate(t.Context(), bobs)
	require.NoError(t, err, "nobody else is signed out")
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), "member-test-00000000-0000-4000-8000-000000000000"), grimoireauth.ErrNotFound)
}

// What was asked for may have been done although the answer was lost, so the
// second cutoff is raised whatever becomes of the call and of its caller.
func TestCutoffsAreRaisedWhateverHappens(t *testing.T) {
	class, member := grimoireauth.ClassID("organization-test-1"), grimoireauth.MemberID("member-test-1")
	changes := map[string]func(context.Context, *grimoireauth.Client) error{
		"set role": func(ctx context.Context, c *grimoireauth.Client) error {
			_, err := c.Roster.SetRole(ctx, class, member, grimoireauth.RoleTutor)
			return err
		},
		"remove": func(ctx context.Context, c *grimoireauth.Client) error { return c.Roster.Remove(ctx, class, member) },
		"revoke": func(ctx context.Context, c *grimoireauth.Client) error { return c.Sessions.RevokeMember(ctx, member) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			p, stytch, client := recorded(t)
			stytch.Fail(mock.Fault{Drop: true})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, change(ctx, client), grimoireauth.ErrUnavailable)
			require.ErrorIs(t, change(t.Context(), client), grimoireauth.ErrUnavailable)
			cuts := 0
			for _, line := range p.lines {
				if line == "cut "+string(member) {
					cuts++
				}
			}
			require.Equal(t, 4, cuts)
		})
	}
	t.Run("nothing is raised for nonsense", func(t *testing.T) {
		p, _, client := recorded(t)
		_, err := client.Roster.SetRole(t.Context(), class, member, grimoireauth.RoleNone)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		require.ErrorIs(t, client.Roster.Remove(t.Context(), class, " "), grimoireauth.ErrInvalid)
		require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), ""), grimoireauth.ErrInvalid)
		require.Empty(t, p.lines)
	})
}

// A cutoff that could not be raised does not stop the change, and is not hidden.
func TestCutFails(t *testing.T) {
	p, stytch, client := recorded(t)
	p.cutErr = errors.New("no connection to the other replicas")
	class := stytch.AddClass("LAWS1100").ID
	member := stytch.AddStudent(class, "ada@example.edu")
	signedIn := stytch.SignIn(member)

	changed, err := client.Roster.SetRole(t.Context(), class, member, grimoireauth.RoleTutor)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.ErrorIs(t, err, p.cutErr)
	require.Equal(t, grimoireauth.RoleTutor, changed.Role, "the role is set all the same")
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), member), grimoireauth.ErrUnavailable)
	_, err = client.Sessions.Authenticate(t.Context(), signedIn)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.ErrorIs(t, client.Roster.Remove(t.Context(), class, member), p.cutErr)
}

func TestExtend(t *testing.T) {
	stytch, client := school(t, nil)
	class := stytch.AddClass("LAWS1100").ID
	signedIn := stytch.SignIn(stytch.AddStudent(class, "ada@example.edu"))

	before, err := client.Sessions.Authenticate(t.Context(), signedIn)
	require.NoError(t, err)
	extended, err := client.Sessions.Extend(t.Context(), signedIn, 8*time.Hour)
	require.NoError(t, err)
	require.Equal(t, before.ID(), extended.ID())
	require.WithinDuration(t, time.Now().Add(8*time.Hour), extended.ExpiresAt(), time.Minute)
	after, err := client.Sessions.Authenticate(t.Context(), signedIn)
	require.NoError(t, err)
	require.Equal(t, extended.ExpiresAt(), after.ExpiresAt(), "authenticating extends nothing")

	for name, by := range map[string]time.Duration{
		"zero": 0, "too short": 4 * time.Minute, "too long": 527041 * time.Minute, "seconds": 5*time.Minute + time.Second,
	} {
		_, err = client.Sessions.Extend(t.Context(), signedIn, by)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid, name)
	}
	_, err = client.Sessions.Extend(t.Context(), grimoireauth.Credentials{}, time.Hour)
	require.ErrorIs(t, err, grimoireauth.ErrNoCredentials)

	stytch.Fail(mock.Fault{Endpoint: "POST /v1/b2b/sessions/authenticate", Status: http.StatusBadRequest, ErrorType: "invalid_session_duration"})
	_, err = client.Sessions.Extend(t.Context(), signedIn, time.Hour)
	require.ErrorIs(t, err, grimoireauth.ErrInvalid, "the project allows less")
	_, err = client.Sessions.Authenticate(t.Context(), signedIn)
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable, "not asked to extend, so this says nothing")
}
