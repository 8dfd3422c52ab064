package docs_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"sync"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/affiliation"
	"github.com/promptgrimoire/auth/middleware"
)

// Enrollments is a school's own table of roles in classes. A real one is a table of a
// database with the same columns.
type Enrollments struct {
	school grimoireauth.OrganizationID // the one Organization

	mu   sync.RWMutex
	rows map[grimoireauth.Person]grimoireauth.Role // guarded by mu
}

// Role is a grimoireauth.RoleFunc.
func (e *Enrollments) Role(_ context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	if e.school == "" || session.Organization() != e.school {
		return grimoireauth.RoleNone, nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.rows[grimoireauth.Person{Member: session.Member(), Class: class}], nil
}

// Can is a grimoireauth.CanFunc: tutors, and the roles above, mark.
func (e *Enrollments) Can(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	role, err := e.Role(ctx, session, class)
	if err == nil && (resource != "class" || action != "mark" || !role.AtLeast(grimoireauth.RoleTutor)) {
		err = grimoireauth.ErrForbidden
	}
	return err
}

// Leave removes a member from a class, and ends their open connections.
func (e *Enrollments) Leave(guard *middleware.Guard, person grimoireauth.Person) {
	e.mu.Lock()
	delete(e.rows, person)
	e.mu.Unlock()
	guard.Changed(person) // or each connection ends within ten seconds
}

// affiliated gives the staff of one university the role of an instructor in the classes
// of which they are members.
func affiliated() (grimoireauth.RoleFunc, error) {
	return affiliation.Rule{
		Claim: "eduperson_scoped_affiliation",
		Home:  "mq.edu.au",
	}.Raise(grimoireauth.DefaultRoleTable().OrgPerClass)
}

func Example_oneOrganization() {
	s := newSchool(nil)
	university := s.stytch.AddClass("Macquarie University").ID // one Organization
	sam := s.stytch.AddStudent(university, "sam@students.mq.edu.au")
	table := &Enrollments{
		school: grimoireauth.OrganizationID(university),
		rows: map[grimoireauth.Person]grimoireauth.Role{
			{Member: sam, Class: "LAWS1100"}: grimoireauth.RoleStudent,
			{Member: sam, Class: "LAWS8001"}: grimoireauth.RoleTutor,
		},
	}
	guard, err := middleware.New(s.verifier.Authenticate, middleware.Config{
		Role: table.Role, Can: table.Can, Watch: s.verifier.Watch, SessionMarks: s.client.SessionMarks(),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /classes/{class}/drafts", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleTutor)(http.HandlerFunc(feed)))
	for _, class := range []string{"LAWS1100", "LAWS8001", "ARTS2000"} {
		fmt.Println(class, s.status(guard.Protect(mux), "GET", "/classes/"+class+"/drafts", s.stytch.SignIn(sam)))
	}
	mux.Handle("POST /classes/{class}/marks", guard.InClass(middleware.PathClass("class"), grimoireauth.RoleStudent)(
		guard.Can(middleware.PathClass("class"), "class", "mark")(http.HandlerFunc(mark))))
	fmt.Println("marks in LAWS1100", s.status(guard.Protect(mux), "POST", "/classes/LAWS1100/marks", s.stytch.SignIn(sam)))
	fmt.Println("marks in LAWS8001", s.status(guard.Protect(mux), "POST", "/classes/LAWS8001/marks", s.stytch.SignIn(sam)))

	// A stream in LAWS8001 ends when Sam leaves that class.
	stream := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleTutor)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := guard.Watch(r)
		table.Leave(guard, grimoireauth.Person{Member: sam, Class: "LAWS8001"})
		<-ctx.Done()
		fmt.Println("the stream ends:", context.Cause(ctx))
	}))
	mux.Handle("GET /classes/{class}/events", stream)
	s.status(guard.Protect(mux), "GET", "/classes/LAWS8001/events", s.stytch.SignIn(sam))
	// Output:
	// LAWS1100 403
	// LAWS8001 200
	// ARTS2000 404
	// marks in LAWS1100 403
	// marks in LAWS8001 200
	// the stream ends: not found
}

func Example_oneOrganizationPerClass() {
	ctx, s := context.Background(), newSchool(nil)
	torts, equity := s.stytch.AddClass("Torts").ID, s.stytch.AddClass("Equity").ID
	// One person in two classes is two Members, each with a role of its own.
	s.stytch.AddStudent(equity, "ada@example.edu")
	here := s.stytch.SignIn(s.stytch.AddInstructor(torts, "ada@example.edu"))

	there, err := s.client.Sessions.Switch(ctx, here, equity)
	if err != nil {
		log.Fatal(err) // a *StepUpError if Equity asks for more
	}
	app := guarded(s.guard)
	fmt.Println("Torts:", s.status(app, "GET", "/classes/"+string(torts)+"/roster", here))
	fmt.Println("Equity:", s.status(app, "GET", "/classes/"+string(equity)+"/roster", there.Credentials))
	fmt.Println("Torts, with the session of Equity:", s.status(app, "GET", "/classes/"+string(torts)+"/roster", there.Credentials))
	// Output:
	// Torts: 200
	// Equity: 403
	// Torts, with the session of Equity: 404
}

func Example_affiliation() {
	role, err := affiliated()
	if err != nil {
		log.Fatal(err)
	}
	session, err := grimoireauth.NewSession(grimoireauth.SessionFields{
		ID: "session", Member: "lena", Organization: "contracts", Roles: []string{"stytch_member"},
		CustomClaims: []byte(`{"eduperson_scoped_affiliation": "staff@mq.edu.au"}`),
	})
	if err != nil {
		log.Fatal(err)
	}
	explanation, err := grimoireauth.ExplainRole(context.Background(), role, session, "contracts")
	fmt.Println(explanation, err)
	// Output:
	// lena is instructor in contracts
	//   granted student by Stytch role "stytch_member": the session carries it
	//   granted instructor by affiliation "staff@mq.edu.au": said by the home institution <nil>
}
