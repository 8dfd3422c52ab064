package stytchclient_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// tape records, in order, the revocations that were raised and the calls to Stytch.
type tape struct {
	stytch http.RoundTripper
	lines  []string
	times  []time.Time
	cutErr error
	before func(*http.Request) error // nil: nothing happens on the way
}

func (p *tape) cut(ctx context.Context, c grimoireauth.Revocation) error {
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
	if p.before != nil {
		if err := p.before(r); err != nil {
			return nil, err
		}
	}
	return p.stytch.RoundTrip(r)
}

func recorded(t *testing.T) (*tape, *mock.Stytch, *stytchclient.Client) {
	p := new(tape)
	stytch, client := school(t, func(c *stytchclient.Config) {
		p.stytch = c.Transport
		c.Transport, c.OnRevoke, c.Retries = p, p.cut, -1
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
	require.Equal(t, []string{look, others, update, "cut " + string(member)}, p.lines)
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
	require.Equal(t, []string{look, "cut " + string(member), call, "cut " + string(member)}, p.lines)
	_, err := client.Sessions.Authenticate(t.Context(), signedIn)
	require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	require.ErrorIs(t, client.Roster.Remove(t.Context(), class, member), grimoireauth.ErrNotFound)
}

func TestRevokeMember(t *testing.T) {
	p, stytch, client := recorded(t)
	class := stytch.AddClass("LAWS1100").ID
	ada, bob := stytch.AddStudent(class, "ada@example.edu"), stytch.AddStudent(class, "bob@example.edu")
	phone, laptop, bobs := stytch.SignIn(ada), stytch.SignIn(ada), stytch.SignIn(bob)

	require.NoError(t, client.Sessions.RevokeMember(t.Context(), class, ada))
	look := "GET organizations/" + string(class) + "/member"
	require.Equal(t, []string{look, "cut " + string(ada), "POST sessions/revoke", "cut " + string(ada)}, p.lines)
	for _, ended := range []grimoireauth.Credentials{phone, laptop} {
		_, err := client.Sessions.Authenticate(t.Context(), ended)
		require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
	}
	_, err := client.Sessions.Authenticate(t.Context(), bobs)
	require.NoError(t, err, "nobody else is signed out")
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), class, "member-test-00000000-0000-4000-8000-000000000000"), grimoireauth.ErrNotFound)
}

// What was asked for may have been done although the answer was lost, so the
// revocation is recorded whatever becomes of the call that changes something.
func TestRevocationsAreRaisedUnlessStytchRefuses(t *testing.T) {
	const member = "/v1/b2b/organizations/{organization_id}/members/{member_id}"
	changes := map[string]struct {
		endpoint string
		do       func(context.Context, *stytchclient.Client, grimoireauth.Person) error
	}{
		"set role": {"PUT " + member, func(ctx context.Context, c *stytchclient.Client, who grimoireauth.Person) error {
			return errorOf(c.Roster.SetRole(ctx, who.Class, who.Member, grimoireauth.RoleTutor))
		}},
		"suspend": {"PUT " + member, func(ctx context.Context, c *stytchclient.Client, who grimoireauth.Person) error {
			return errorOf(c.Roster.Suspend(ctx, who.Class, who.Member))
		}},
		"remove": {"DELETE " + member, func(ctx context.Context, c *stytchclient.Client, who grimoireauth.Person) error {
			return c.Roster.Remove(ctx, who.Class, who.Member)
		}},
		"revoke": {"POST /v1/b2b/sessions/revoke", func(ctx context.Context, c *stytchclient.Client, who grimoireauth.Person) error {
			return c.Sessions.RevokeMember(ctx, who.Class, who.Member)
		}},
	}
	for name, change := range changes {
		for kind, test := range map[string]struct {
			fault mock.Fault
			want  error
			cut   bool
		}{
			"dropped":                {mock.Fault{Drop: true}, grimoireauth.ErrUnavailable, true},
			"broken":                 {mock.Fault{Status: 500}, grimoireauth.ErrUnavailable, true},
			"broken after it was so": {mock.Fault{Status: 500, Late: true}, grimoireauth.ErrUnavailable, true},
			"a proxy's page":         {mock.Fault{Status: 403, Body: "<html>"}, grimoireauth.ErrUnavailable, true},
			"limited":                {mock.Fault{Status: 429}, grimoireauth.ErrRateLimited, false},
			"refused":                {mock.Fault{Status: 403}, grimoireauth.ErrForbidden, false},
		} {
			t.Run(name+", "+kind, func(t *testing.T) {
				p, stytch, client := recorded(t)
				class := stytch.AddClass("LAWS1100").ID
				who := grimoireauth.Person{Class: class, Member: stytch.AddStudent(class, "ada@example.edu")}
				fault := test.fault
				fault.Endpoint = change.endpoint
				stytch.Fail(fault)
				require.ErrorIs(t, change.do(t.Context(), client, who), test.want)
				last := p.lines[len(p.lines)-1]
				if test.cut {
					require.Equal(t, "cut "+string(who.Member), last)
				} else {
					require.NotContains(t, last, "cut")
				}
			})
		}
		t.Run(name+", caller gone", func(t *testing.T) {
			p, stytch, client := recorded(t)
			class := stytch.AddClass("LAWS1100").ID
			who := grimoireauth.Person{Class: class, Member: stytch.AddStudent(class, "ada@example.edu")}
			ctx, cancel := context.WithCancel(t.Context())
			p.before = func(r *http.Request) error {
				if r.Method == http.MethodGet {
					return nil
				}
				cancel()
				return ctx.Err()
			}
			require.ErrorIs(t, change.do(ctx, client, who), grimoireauth.ErrUnavailable)
			require.Equal(t, "cut "+string(who.Member), p.lines[len(p.lines)-1])
		})
		t.Run(name+", Stytch out of reach", func(t *testing.T) {
			p, stytch, client := recorded(t)
			class := stytch.AddClass("LAWS1100").ID
			who := grimoireauth.Person{Class: class, Member: stytch.AddStudent(class, "ada@example.edu")}
			stytch.Fail(mock.Fault{Drop: true})
			require.ErrorIs(t, change.do(t.Context(), client, who), grimoireauth.ErrUnavailable)
			require.Len(t, p.lines, 1, "whether there is such a member is not known, so nothing is done")
		})
	}
	t.Run("nothing is raised for nonsense", func(t *testing.T) {
		p, _, client := recorded(t)
		class, member := grimoireauth.ClassID("organization-test-1"), grimoireauth.MemberID("member-test-1")
		_, err := client.Roster.SetRole(t.Context(), class, member, grimoireauth.RoleNone)
		require.ErrorIs(t, err, grimoireauth.ErrInvalid)
		require.ErrorIs(t, client.Roster.Remove(t.Context(), class, " "), grimoireauth.ErrInvalid)
		require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), class, ""), grimoireauth.ErrInvalid)
		require.Empty(t, p.lines)
	})
}

// A revocation that could not be raised does not stop the change, and is not hidden.
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
	require.ErrorIs(t, client.Sessions.RevokeMember(t.Context(), class, member), grimoireauth.ErrUnavailable)
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
