package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// enrollments is a school's own table: one Stytch Organization is the whole
// institution, and who is what in which class stands here. A real one is a
// table of a database with the same three columns.
type enrollments struct {
	institution grimoireauth.OrganizationID

	mu   sync.RWMutex
	rows map[grimoireauth.Person]grimoireauth.Role // guarded by mu
	down error                                     // guarded by mu: why the table cannot be read
}

// Role is a grimoireauth.RoleFunc. The session proves who somebody is and that
// they belong to the institution; the table says the rest. Its classes are named
// by the table, so the session's organization is compared with the institution
// and never with the class.
func (e *enrollments) Role(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	if e.institution == "" || session.Organization() != e.institution {
		return grimoireauth.RoleNone, nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.down != nil {
		return grimoireauth.RoleNone, e.down
	}
	role := e.rows[grimoireauth.Person{Member: session.Member(), Class: class}]
	grimoireauth.NoteRole(ctx, grimoireauth.RoleReason{
		Source: "enrollment table", Value: string(class), Role: role, Granted: role > grimoireauth.RoleNone, Why: "as the table has it now",
	})
	return role, nil
}

// Set enrolls somebody, or takes them out with RoleNone.
func (e *enrollments) Set(member grimoireauth.MemberID, class grimoireauth.ClassID, role grimoireauth.Role) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rows == nil {
		e.rows = make(map[grimoireauth.Person]grimoireauth.Role)
	}
	e.rows[grimoireauth.Person{Member: member, Class: class}] = role
}

// institution is a school in the second mode with its guarded application. The
// handlers are those of the first mode, to the letter.
func institution(t testing.TB) (*mock.Stytch, *enrollments, func(credentials grimoireauth.Credentials, path string) int) {
	t.Helper()
	stytch, client := school(t, nil)
	table := &enrollments{institution: grimoireauth.OrganizationID(stytch.AddClass("Macquarie University").ID)}
	guard, err := middleware.New(client.Sessions.Authenticate, middleware.Config{Role: table.Role})
	require.NoError(t, err)
	mux := http.NewServeMux()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("GET /classes/{class}/essays", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(ok))
	mux.Handle("GET /classes/{class}/roster", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleInstructor)(ok))
	app := guard.Protect(mux)
	return stytch, table, func(credentials grimoireauth.Credentials, path string) int {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		require.NoError(t, guard.Attach(request, credentials))
		recorder := httptest.NewRecorder()
		app.ServeHTTP(recorder, request)
		return recorder.Code
	}
}

func TestOneOrganizationManyClasses(t *testing.T) {
	stytch, table, visit := institution(t)
	home := grimoireauth.ClassID(table.institution)
	lena := stytch.AddStudent(home, "lena@mq.edu.au")
	table.Set(lena, "contracts", grimoireauth.RoleInstructor)
	table.Set(lena, "french", grimoireauth.RoleStudent)
	credentials := stytch.SignIn(lena)

	require.Equal(t, 200, visit(credentials, "/classes/contracts/roster"))
	require.Equal(t, 200, visit(credentials, "/classes/french/essays"), "one person teaches one class and studies in another")
	require.Equal(t, 403, visit(credentials, "/classes/french/roster"))
	require.Equal(t, 404, visit(credentials, "/classes/torts/essays"), "a class she has nothing to do with")
	require.Equal(t, 404, visit(credentials, "/classes/"+string(home)+"/essays"), "the institution is no class")

	t.Run("a change counts from the next request on", func(t *testing.T) {
		table.Set(lena, "contracts", grimoireauth.RoleTutor)
		require.Equal(t, 403, visit(credentials, "/classes/contracts/roster"))
		table.Set(lena, "contracts", grimoireauth.RoleNone)
		require.Equal(t, 404, visit(credentials, "/classes/contracts/essays"))
		table.Set(lena, "contracts", grimoireauth.RoleInstructor)
	})
	t.Run("Stytch's roles open no class", func(t *testing.T) {
		admin := stytch.SignIn(stytch.AddMember(home, "root@mq.edu.au", "stytch_admin", "instructor"))
		require.Equal(t, 404, visit(admin, "/classes/contracts/essays"))
	})
	t.Run("another organization's member of the same name", func(t *testing.T) {
		other := stytch.AddClass("Elsewhere").ID
		twin := stytch.AddInstructor(other, "lena@mq.edu.au")
		table.Set(twin, "contracts", grimoireauth.RoleInstructor)
		require.Equal(t, 404, visit(stytch.SignIn(twin), "/classes/contracts/essays"))
	})
	t.Run("a table that cannot be read is no refusal", func(t *testing.T) {
		table.mu.Lock()
		table.down = errors.New("the database is restarting")
		table.mu.Unlock()
		require.Equal(t, 503, visit(credentials, "/classes/contracts/roster"))
		table.mu.Lock()
		table.down = nil
		table.mu.Unlock()
	})
	t.Run("a table without an institution lets nobody in", func(t *testing.T) {
		role, err := new(enrollments).Role(t.Context(), grimoireauth.Session{}, "contracts")
		require.NoError(t, err)
		require.Equal(t, grimoireauth.RoleNone, role)
	})
}

// The second mode in one piece: one Organization for the institution, the
// classes in a table of the application's own.
func ExampleRoleFunc() {
	stytch := new(mock.Stytch)
	client, err := stytchclient.New(stytchclient.Config{
		ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), BaseURL: stytch.BaseURL(), Transport: stytch,
	})
	if err != nil {
		log.Fatal(err)
	}
	university := stytch.AddClass("Macquarie University").ID // one Organization
	table := &enrollments{institution: grimoireauth.OrganizationID(university)}
	sam := stytch.AddStudent(university, "sam@students.mq.edu.au")
	table.Set(sam, "LAWS1100", grimoireauth.RoleStudent)

	guard, err := middleware.New(client.Sessions.Authenticate, middleware.Config{Role: table.Role})
	if err != nil {
		log.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/", nil)
	if err := guard.Attach(request, stytch.SignIn(sam)); err != nil {
		log.Fatal(err)
	}
	for _, class := range []grimoireauth.ClassID{"LAWS1100", "LAWS8001"} {
		_, role, err := guard.CheckInClass(request, class, grimoireauth.RoleStudent)
		fmt.Println(class, role, err)
	}
	// Output:
	// LAWS1100 student <nil>
	// LAWS8001 none not found
}
