package stytchclient_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// process is a server of a school: a client and a verifier that share revocations.
type process struct {
	client      *stytchclient.Client
	verifier    *jwtlocal.Verifier
	revocations []grimoireauth.Revocation
	events      []grimoireauth.Event
	asked       int // how often the verifier asked Stytch to refresh
}

func newProcess(t testing.TB, stytch *mock.Stytch, transport http.RoundTripper) *process {
	t.Helper()
	p, memory := new(process), new(jwtlocal.MemoryRevocations)
	var err error
	p.client, err = stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: transport,
		OnRevoke: func(ctx context.Context, revocation grimoireauth.Revocation) error {
			p.revocations = append(p.revocations, revocation)
			return memory.Add(ctx, revocation)
		},
		Observe: func(_ context.Context, event grimoireauth.Event) { p.events = append(p.events, event) },
	})
	require.NoError(t, err)
	p.verifier, err = jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Revocations: memory,
		Refresh: func(ctx context.Context, c grimoireauth.Credentials) (grimoireauth.Authentication, error) {
			p.asked++
			return p.client.Sessions.Authenticate(ctx, c)
		},
	})
	require.NoError(t, err)
	return p
}

// An instructor of class A posts the id of a member of class B to her own roster
// page. The call is refused, and the member of class B does not notice it.
func TestA01_RefusedCallLeavesNoTrace(t *testing.T) {
	for name, call := range map[string]func(context.Context, *stytchclient.Client, grimoireauth.ClassID, grimoireauth.MemberID) error{
		"remove": func(ctx context.Context, c *stytchclient.Client, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return c.Roster.Remove(ctx, class, member)
		},
		"set role": func(ctx context.Context, c *stytchclient.Client, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return errorOf(c.Roster.SetRole(ctx, class, member, grimoireauth.RoleTutor))
		},
		"suspend": func(ctx context.Context, c *stytchclient.Client, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return errorOf(c.Roster.Suspend(ctx, class, member))
		},
		"deny": func(ctx context.Context, c *stytchclient.Client, class grimoireauth.ClassID, member grimoireauth.MemberID) error {
			return c.Roster.Deny(ctx, class, member)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stytch := new(mock.Stytch)
				a, b := stytch.AddClass("A").ID, stytch.AddClass("B").ID
				stytch.AddInstructor(a, "eve@example.edu")
				bob := stytch.AddInstructor(b, "bob@example.edu")
				stytch.AddInstructor(b, "ben@example.edu")
				p := newProcess(t, stytch, stytch)
				credentials := stytch.SignIn(bob)
				time.Sleep(2 * time.Second)
				require.ErrorIs(t, call(t.Context(), p.client, a, bob), grimoireauth.ErrNotFound)
				require.Empty(t, p.revocations)
				require.Empty(t, p.events)
				now, err := p.verifier.Authenticate(t.Context(), credentials)
				require.NoError(t, err)
				require.Equal(t, grimoireauth.SourceLocal, now.Source, "the session_jwt is not stale")
			})
		})
	}
}

// What Stytch refuses because of something that only it knows, here a role that
// the project's policy lacks, is a definite no as well.
func TestA01_RefusedByStytch(t *testing.T) {
	stytch := &mock.Stytch{Roles: []mock.Role{{ID: "instructor"}}}
	class := stytch.AddClass("A").ID
	sam := stytch.AddStudent(class, "sam@example.edu")
	p := newProcess(t, stytch, stytch)
	require.ErrorIs(t, errorOf(p.client.Roster.SetRole(t.Context(), class, sam, grimoireauth.RoleTutor)), grimoireauth.ErrInvalid)
	require.Empty(t, p.revocations)
	require.Empty(t, p.events)
}

// The last instructor stays, and stays signed in.
func TestA01_LastInstructorIsNotSignedOut(t *testing.T) {
	stytch := new(mock.Stytch)
	class := stytch.AddClass("A").ID
	ines := stytch.AddInstructor(class, "ines@example.edu")
	p := newProcess(t, stytch, stytch)
	for name, err := range map[string]error{
		"remove":   p.client.Roster.Remove(t.Context(), class, ines),
		"set role": errorOf(p.client.Roster.SetRole(t.Context(), class, ines, grimoireauth.RoleTutor)),
		"suspend":  errorOf(p.client.Roster.Suspend(t.Context(), class, ines)),
	} {
		require.ErrorIs(t, err, grimoireauth.ErrLastInstructor, name)
	}
	require.Empty(t, p.revocations)
}

// If an attempt was carried out and its answer lost, a refusal of the repetition
// is no definite no: an instructor who demotes herself may not do it twice.
func TestA01_RefusalOfARepetition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := &mock.Stytch{Roles: manager("update.settings.roles", "search")}
		class := stytch.AddClass("A").ID
		ines := stytch.AddInstructor(class, "ines@example.edu")
		stytch.AddInstructor(class, "ivan@example.edu")
		p := newProcess(t, stytch, stytch)
		as := p.client.As(stytch.SignIn(ines))
		stytch.Fail(mock.Fault{Endpoint: "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}", Status: 500, Late: true, Times: 1})
		require.ErrorIs(t, errorOf(as.Roster.SetRole(t.Context(), class, ines, grimoireauth.RoleStudent)), grimoireauth.ErrForbidden)
		require.NotEmpty(t, p.revocations, "the first attempt has made her a student")
	})
}

// Those who repeat a forbidden call every 50 ms, and hang up while Stytch refuses
// it, cost an instructor nothing: no refresh, no 503. The tutor may search, so that
// her call gets as far as Stytch's refusal to remove anybody.
func TestA02_ForbiddenCallsCostTheirCallerOnly(t *testing.T) {
	for name, hangsUp := range map[string]bool{"waits for the answer": false, "hangs up": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stytch := &mock.Stytch{Roles: []mock.Role{{ID: "instructor"}, {ID: "tutor", Permissions: []mock.Permission{
					{Resource: "stytch.member", Actions: []string{"search"}},
				}}}}
				class := stytch.AddClass("A").ID
				ines := stytch.AddInstructor(class, "ines@example.edu")
				stytch.AddInstructor(class, "ivan@example.edu")
				callers := []grimoireauth.Credentials{
					stytch.SignIn(stytch.AddStudent(class, "sam@example.edu")), stytch.SignIn(stytch.AddMember(class, "tina@example.edu", "tutor")),
				}
				credentials := stytch.SignIn(ines)
				slow := &slowly{next: stytch, by: 20 * time.Millisecond}
				p := newProcess(t, stytch, slow)
				time.Sleep(2 * time.Second)
				for i := range 100 {
					ctx, cancel := context.WithCancel(t.Context())
					slow.onChange = nil
					if hangsUp {
						slow.onChange = cancel
					}
					err := p.client.As(callers[i%2]).Roster.Remove(ctx, class, ines)
					cancel()
					require.Error(t, err)
					now, err := p.verifier.Authenticate(t.Context(), credentials)
					require.NoError(t, err)
					require.Equal(t, grimoireauth.SourceLocal, now.Source)
					time.Sleep(50 * time.Millisecond)
				}
				require.Zero(t, p.asked)
				require.Empty(t, p.revocations)
				require.Equal(t, 50, attempts(stytch, "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}"), "the tutor's")
				for _, event := range p.events {
					_, changed := event.(grimoireauth.Changed)
					require.False(t, changed)
				}
			})
		})
	}
}

// slowly is a way to Stytch that takes a while, and on which the caller of a
// change can hang up.
type slowly struct {
	next     http.RoundTripper
	by       time.Duration
	onChange func()
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodDelete && s.onChange != nil {
		s.onChange()
	}
	select {
	case <-time.After(s.by):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return s.next.RoundTrip(r)
}

// No repetition of a change that was made is dropped: the last time wins.
func TestA02_TheLatestTimeWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stytch := new(mock.Stytch)
		class := stytch.AddClass("A").ID
		sam := stytch.AddStudent(class, "sam@example.edu")
		p := newProcess(t, stytch, stytch)
		for range 20 {
			require.NoError(t, errors.Join(errorOf(p.client.Roster.SetRole(t.Context(), class, sam, grimoireauth.RoleTutor)),
				errorOf(p.client.Roster.SetRole(t.Context(), class, sam, grimoireauth.RoleStudent))))
			require.Equal(t, time.Now(), p.revocations[len(p.revocations)-1].At)
			time.Sleep(50 * time.Millisecond)
		}
		require.Len(t, p.revocations, 40)
	})
}

// A password whose answer was lost may be set, and Stytch has ended the member's
// other sessions then; one that Stytch refused is not.
func TestA01_PasswordWhoseAnswerWasLost(t *testing.T) {
	const set = "POST /v1/b2b/passwords/session/reset"
	for name, test := range map[string]struct {
		fault mock.Fault
		cut   int
	}{
		"lost":    {mock.Fault{Endpoint: set, Status: 500, Late: true}, 1},
		"dropped": {mock.Fault{Endpoint: set, Drop: true}, 1},
		"refused": {mock.Fault{Endpoint: set, Status: 400, ErrorType: "weak_password"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			stytch := new(mock.Stytch)
			p := newProcess(t, stytch, stytch)
			sam := stytch.AddStudent(stytch.AddClass("A").ID, "sam@example.edu")
			now, err := p.client.Sessions.Authenticate(t.Context(), stytch.SignIn(sam))
			require.NoError(t, err)
			stytch.Fail(test.fault)
			p.events = nil
			require.Error(t, errorOf(p.client.Passwords.Set(t.Context(), now, grimoireauth.NewSecret(password), stytchclient.SessionOptions{})))
			require.Len(t, p.revocations, test.cut)
			require.Len(t, p.events, test.cut)
			for _, revocation := range p.revocations {
				require.Equal(t, sam, revocation.Member)
			}
		})
	}
}
