package grpcguard_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// The interceptor writes what is wired wrongly to the log, which some tests do on purpose.
func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) }

// school is one of the two ways to map a school to Stytch, with two classes. Bo is a
// student here and teaches there; Elsa is in the other class only.
type school struct {
	stytch      *mock.Stytch
	client      *stytchclient.Client
	verifier    *jwtlocal.Verifier
	guard       *middleware.Guard
	here, there grimoireauth.ClassID
	people      map[string]grimoireauth.Credentials
	// leave takes the student out of the class here.
	leave func()
}

func newSchool(t testing.TB) school {
	t.Helper()
	stytch, revocations := new(mock.Stytch), new(jwtlocal.MemoryRevocations)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch, OnRevoke: revocations.Add,
	})
	require.NoError(t, err)
	verifier, err := jwtlocal.New(jwtlocal.Config{
		ProjectID: stytch.ProjectID(), BaseURL: stytch.BaseURL(), Transport: stytch, Refresh: client.Sessions.Authenticate, Revocations: revocations,
	})
	require.NoError(t, err)
	return school{stytch: stytch, client: client, verifier: verifier}
}

// organizationPerClass: a class is a Stytch Organization, and Bo has a Member in each.
func organizationPerClass(t testing.TB) school {
	s := newSchool(t)
	var err error
	s.guard, err = middleware.New(s.verifier.Authenticate, middleware.Config{Can: s.client.Can, Watch: s.verifier.Watch})
	require.NoError(t, err)
	s.here, s.there = s.stytch.AddClass("Contracts").ID, s.stytch.AddClass("Torts").ID
	sam, rhea := s.stytch.AddStudent(s.here, "sam@example.edu"), s.stytch.AddInstructor(s.here, "rhea@example.edu")
	s.people = map[string]grimoireauth.Credentials{
		"stranger":      {},
		"student":       s.stytch.SignIn(sam),
		"instructor":    s.stytch.SignIn(s.stytch.AddInstructor(s.here, "ines@example.edu")),
		"elsewhere":     s.stytch.SignIn(s.stytch.AddStudent(s.there, "elsa@example.edu")),
		"teaches there": s.stytch.SignIn(s.stytch.AddStudent(s.here, "bo@example.edu")),
		"revoked":       s.revoke(t, s.stytch.SignIn(rhea)),
		"expired":       s.stytch.Stale(s.stytch.SignIn(sam)),
		"forged":        s.stytch.Forged(sam),
	}
	s.leave = func() { require.NoError(t, s.client.Roster.Remove(t.Context(), s.here, sam)) }
	return s
}

// oneOrganization: the school is one Organization, its classes are rows of a table.
func oneOrganization(t testing.TB) school {
	s := newSchool(t)
	s.here, s.there = "LAWS1100", "LAWS8001"
	university := s.stytch.AddClass("University").ID
	sam, ines, elsa, bo, rhea := s.stytch.AddStudent(university, "sam@example.edu"), s.stytch.AddStudent(university, "ines@example.edu"),
		s.stytch.AddStudent(university, "elsa@example.edu"), s.stytch.AddStudent(university, "bo@example.edu"), s.stytch.AddStudent(university, "rhea@example.edu")
	table := &enrollments{school: grimoireauth.OrganizationID(university), rows: map[grimoireauth.Person]grimoireauth.Role{
		{Member: sam, Class: s.here}: grimoireauth.RoleStudent, {Member: ines, Class: s.here}: grimoireauth.RoleInstructor,
		{Member: elsa, Class: s.there}: grimoireauth.RoleStudent, {Member: rhea, Class: s.here}: grimoireauth.RoleInstructor,
		{Member: bo, Class: s.here}: grimoireauth.RoleStudent, {Member: bo, Class: s.there}: grimoireauth.RoleInstructor,
	}}
	var err error
	s.guard, err = middleware.New(s.verifier.Authenticate, middleware.Config{Role: table.Role, Can: table.Can, Watch: s.verifier.Watch})
	require.NoError(t, err)
	s.people = map[string]grimoireauth.Credentials{
		"stranger": {}, "student": s.stytch.SignIn(sam), "instructor": s.stytch.SignIn(ines), "elsewhere": s.stytch.SignIn(elsa),
		"teaches there": s.stytch.SignIn(bo), "revoked": s.revoke(t, s.stytch.SignIn(rhea)),
		"expired": s.stytch.Stale(s.stytch.SignIn(sam)), "forged": s.stytch.Forged(sam),
	}
	s.leave = func() {
		out := grimoireauth.Person{Member: sam, Class: s.here}
		table.remove(out)
		s.guard.Changed(out)
	}
	return s
}

func (s school) revoke(t testing.TB, credentials grimoireauth.Credentials) grimoireauth.Credentials {
	t.Helper()
	a, err := s.client.Sessions.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	require.NoError(t, s.client.Sessions.Revoke(t.Context(), a.Session))
	return credentials
}

// enrollments is the table of a school that is one Organization.
type enrollments struct {
	school grimoireauth.OrganizationID

	mu   sync.Mutex // guards rows
	rows map[grimoireauth.Person]grimoireauth.Role
}

func (e *enrollments) remove(p grimoireauth.Person) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rows, p)
}

// Role is a grimoireauth.RoleFunc.
func (e *enrollments) Role(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	if session.Organization() != e.school {
		return grimoireauth.RoleNone, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rows[grimoireauth.Person{Member: session.Member(), Class: class}], nil
}

// Can is a grimoireauth.CanFunc: instructors manage their class, and what is about no
// class is for those who teach one.
func (e *enrollments) Can(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID, _, _ string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for row, role := range e.rows {
		if row.Member == session.Member() && session.Organization() == e.school && role >= grimoireauth.RoleInstructor && (class == "" || class == row.Class) {
			return nil
		}
	}
	return grimoireauth.ErrForbidden
}
