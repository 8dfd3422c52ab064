package routers_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// person is one of those who ask.
type person string

const (
	stranger    person = "stranger"
	student     person = "student"
	instructor  person = "instructor"
	elsewhere   person = "member of another class"
	both        person = "student here who teaches another class"
	bothThere   person = "student here who teaches another class, with the session of there"
	revokedOnce person = "revoked"
)

var people = []person{stranger, student, instructor, elsewhere, both, bothThere, revokedOnce}

// school is one of the two ways to map a school to Stytch, with the people in it.
type school struct {
	name        string
	guard       *middleware.Guard
	here, there grimoireauth.ClassID
	credentials map[person]grimoireauth.Credentials

	// The oracle's own tables, written by hand below. They say what a session is in a
	// class, and whether it teaches in some class that its permissions are about. Who is
	// missing is not signed in.
	roles   map[person]map[grimoireauth.ClassID]grimoireauth.Role
	teaches map[person]bool
}

// stytchAndClient are the parts that both ways share.
func stytchAndClient(t testing.TB) (*mock.Stytch, *stytchclient.Client, *jwtlocal.Verifier) {
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
	t.Cleanup(func() { _ = verifier.Wait(context.Background()) })
	return stytch, client, verifier
}

// revoke returns the credentials of a session that was signed out on purpose.
func revoke(t testing.TB, client *stytchclient.Client, credentials grimoireauth.Credentials) grimoireauth.Credentials {
	t.Helper()
	a, err := client.Sessions.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	require.NoError(t, client.Sessions.Revoke(t.Context(), a.Session))
	return credentials
}

const (
	isStudent    = grimoireauth.RoleStudent
	isInstructor = grimoireauth.RoleInstructor
)

// organizationPerClass: a class is a Stytch Organization, one person in two classes two
// Members with a session each.
func organizationPerClass(t testing.TB) school {
	stytch, client, verifier := stytchAndClient(t)
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{Can: client.Can, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	here, there := stytch.AddClass("Contracts").ID, stytch.AddClass("Torts").ID
	return school{
		name: "an Organization per class", guard: guard, here: here, there: there,
		credentials: map[person]grimoireauth.Credentials{
			stranger:    {},
			student:     stytch.SignIn(stytch.AddStudent(here, "sam@example.edu")),
			instructor:  stytch.SignIn(stytch.AddInstructor(here, "ines@example.edu")),
			elsewhere:   stytch.SignIn(stytch.AddStudent(there, "elsa@example.edu")),
			both:        stytch.SignIn(stytch.AddStudent(here, "bo@example.edu")),
			bothThere:   stytch.SignIn(stytch.AddInstructor(there, "bo@example.edu")),
			revokedOnce: revoke(t, client, stytch.SignIn(stytch.AddInstructor(here, "rhea@example.edu"))),
		},
		roles: map[person]map[grimoireauth.ClassID]grimoireauth.Role{
			student:    {here: isStudent},
			instructor: {here: isInstructor},
			elsewhere:  {there: isStudent},
			both:       {here: isStudent}, // the other class is another Organization
			bothThere:  {there: isInstructor},
		},
		teaches: map[person]bool{instructor: true, bothThere: true},
	}
}

// enrollments is the table of a school that is one Organization.
type enrollments struct {
	school grimoireauth.OrganizationID
	rows   map[grimoireauth.Person]grimoireauth.Role
}

// Role is a grimoireauth.RoleFunc.
func (e enrollments) Role(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	if session.Organization() != e.school {
		return grimoireauth.RoleNone, nil
	}
	return e.rows[grimoireauth.Person{Member: session.Member(), Class: class}], nil
}

// Can is a grimoireauth.CanFunc: instructors manage their class, and what is about no
// class is for those who teach one.
func (e enrollments) Can(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, _, _ string) error {
	for row, role := range e.rows {
		if row.Member == session.Member() && session.Organization() == e.school && role >= isInstructor && (class == "" || class == row.Class) {
			return nil
		}
	}
	return grimoireauth.ErrForbidden
}

// oneOrganization: the school is one Stytch Organization, its classes are rows of a table.
func oneOrganization(t testing.TB) school {
	stytch, client, verifier := stytchAndClient(t)
	university := stytch.AddClass("University").ID
	const here, there grimoireauth.ClassID = "LAWS1100", "LAWS8001"
	// In Stytch Elsa is an instructor of the Organization, which says nothing here.
	sam, ines, elsa := stytch.AddStudent(university, "sam@example.edu"), stytch.AddStudent(university, "ines@example.edu"), stytch.AddInstructor(university, "elsa@example.edu")
	bo, rhea := stytch.AddStudent(university, "bo@example.edu"), stytch.AddStudent(university, "rhea@example.edu")
	table := enrollments{grimoireauth.OrganizationID(university), map[grimoireauth.Person]grimoireauth.Role{
		{Member: sam, Class: here}: isStudent, {Member: ines, Class: here}: isInstructor, {Member: elsa, Class: there}: isStudent,
		{Member: bo, Class: here}: isStudent, {Member: bo, Class: there}: isInstructor, {Member: rhea, Class: here}: isInstructor,
	}}
	guard, err := middleware.New(verifier.Authenticate, middleware.Config{Role: table.Role, Can: table.Can, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return school{
		name: "one Organization", guard: guard, here: here, there: there,
		credentials: map[person]grimoireauth.Credentials{
			stranger: {}, student: stytch.SignIn(sam), instructor: stytch.SignIn(ines), elsewhere: stytch.SignIn(elsa),
			both: stytch.SignIn(bo), bothThere: stytch.SignIn(bo), revokedOnce: revoke(t, client, stytch.SignIn(rhea)),
		},
		roles: map[person]map[grimoireauth.ClassID]grimoireauth.Role{
			student:    {here: isStudent},
			instructor: {here: isInstructor},
			elsewhere:  {there: isStudent},
			both:       {here: isStudent, there: isInstructor},
			bothThere:  {here: isStudent, there: isInstructor},
		},
		teaches: map[person]bool{instructor: true, both: true, bothThere: true},
	}
}
