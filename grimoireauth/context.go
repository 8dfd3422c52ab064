package grimoireauth

import (
	"context"
	"fmt"
	"io"

	"github.com/promptgrimoire/auth/internal/ctxkey"
)

// The context carries what the guard found out about the request, in two values under
// the keys of package ctxkey, so that no other module can read or forge them by
// accident. Both are written once and immutable. A guard's own context answers to these
// keys as well as those below.

// inClass is what the context says about the class that the request is about.
type inClass interface{ InClass() (Person, Role) }

// place is a person's role in a class.
type place struct {
	person Person
	role   Role
}

func (p *place) InClass() (Person, Role) { return p.person, p.role }

// authenticated is a context with an Authentication: one allocation, where
// context.WithValue would need a second for the value.
type authenticated struct {
	context.Context
	authentication Authentication
}

func (c *authenticated) Value(key any) any {
	if key == (ctxkey.Authentication{}) {
		return &c.authentication
	}
	return c.Context.Value(key)
}

type placed struct {
	context.Context
	place place
}

func (c *placed) Value(key any) any {
	if key == (ctxkey.Place{}) {
		return &c.place
	}
	return c.Context.Value(key)
}

// The contexts print a name, whatever the verb: a log that prints r.Context() is not
// to learn who is signed in, and of credentials not even where they are.

func (c *authenticated) Format(w fmt.State, _ rune) { printName(w) }
func (c *placed) Format(w fmt.State, _ rune)        { printName(w) }

func printName(w io.Writer) { _, _ = io.WriteString(w, "grimoireauth's context") }

// String is for the names that package context puts together.

func (c *authenticated) String() string { return fmt.Sprint(c) }
func (c *placed) String() string        { return fmt.Sprint(c) }

// ContextWithAuthentication returns a context that says who is signed in.
// Guards call it; call it yourself only with what an [AuthFunc] returned, or in
// a test. It forgets any role an outer guard had attached: a role belongs to
// the authentication it was decided for.
func ContextWithAuthentication(ctx context.Context, authentication Authentication) context.Context {
	if _, _, ok := RoleFromContext(ctx); ok {
		ctx = &placed{Context: ctx}
	}
	return &authenticated{Context: ctx, authentication: authentication}
}

// ContextWithRole returns a context that says what the signed-in person is in a
// class. Guards call it with what a [RoleFunc] returned.
func ContextWithRole(ctx context.Context, person Person, role Role) context.Context {
	return &placed{Context: ctx, place: place{person, role}}
}

// AuthenticationFromContext returns what the guard found, and whether it found
// anybody. Like everything in the context it is what was true when the handler began;
// a handler that runs for longer than a second asks the guard again, by its Check.
func AuthenticationFromContext(ctx context.Context) (Authentication, bool) {
	a, ok := ctx.Value(ctxkey.Authentication{}).(*Authentication)
	if !ok || a.IsZero() {
		return Authentication{}, false
	}
	return *a, true
}

// SessionFromContext returns the session of the request, and whether a person
// is signed in.
func SessionFromContext(ctx context.Context) (Session, bool) {
	a, ok := AuthenticationFromContext(ctx)
	return a.Session, ok
}

// CredentialsFromContext returns the credentials that now prove the session of
// the request, to be passed on to another service.
func CredentialsFromContext(ctx context.Context) (Credentials, bool) {
	a, ok := AuthenticationFromContext(ctx)
	return a.Credentials, ok
}

// RoleFromContext returns who is in which class, and as what, if a class guard
// decided it for this request.
func RoleFromContext(ctx context.Context) (Person, Role, bool) {
	said, ok := ctx.Value(ctxkey.Place{}).(inClass)
	if !ok {
		return Person{}, RoleNone, false
	}
	person, role := said.InClass()
	if role == RoleNone {
		return Person{}, RoleNone, false
	}
	return person, role, true
}

// StudentFromContext returns the student that a class guard found, and false
// for everybody else: also for tutors and instructors.
func StudentFromContext(ctx context.Context) (Student, bool) {
	person, role, ok := RoleFromContext(ctx)
	if !ok || role < RoleStudent || role >= RoleTutor {
		return Student{}, false
	}
	return Student{person}, true
}

// InstructorFromContext returns the instructor or coordinator that a class
// guard found, and false for everybody else: also for tutors.
func InstructorFromContext(ctx context.Context) (Instructor, bool) {
	person, role, ok := RoleFromContext(ctx)
	if !ok || !role.AtLeast(RoleInstructor) {
		return Instructor{}, false
	}
	return Instructor{person}, true
}
