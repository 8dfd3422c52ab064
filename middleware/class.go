package middleware

import (
	"fmt"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ClassOf says which class a request is about. It returns the empty ClassID if
// it cannot tell; the guard then answers 500, since a route that is guarded by a
// class and has none is a mistake of the program.
type ClassOf func(*http.Request) grimoireauth.ClassID

// PathClass returns a ClassOf that reads the wildcard of this name from the
// route's pattern: PathClass("class") for "GET /classes/{class}/roster". It
// compares nothing and decodes nothing itself; net/http has matched the path.
func PathClass(name string) ClassOf {
	return func(r *http.Request) grimoireauth.ClassID {
		return grimoireauth.ClassID(r.PathValue(name))
	}
}

// InClass calls next for people who are in the class that the request is about
// and are at least this there, with the authentication, the [grimoireauth.Person]
// and the role in the request's context. It answers 401 to strangers, 404 to
// people of other classes and 403 to those of the class who are less.
//
// It must run where the pattern of the route is known, so wrap the handlers that
// are given to the mux, not the mux. It panics if of is nil or least grants
// nothing: a mistake in the wiring shows when the program starts.
func (g *Guard) InClass(of ClassOf, least grimoireauth.Role) func(http.Handler) http.Handler {
	if of == nil {
		panic("middleware: InClass without a ClassOf")
	}
	if least <= grimoireauth.RoleNone {
		panic(fmt.Sprintf("middleware: InClass with the role %v, which nobody needs and nobody has", least))
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f := g.find(r)
			f.settle(w)
			person, role, err := g.place(r, f, of, least)
			if err != nil {
				g.refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, f.attachIn(r, person, role))
		})
	}
}

// CheckInClass decides as [Guard.InClass] does, about a class that the caller
// knows, without a response. Its errors match [grimoireauth.ErrUnauthenticated],
// [grimoireauth.ErrNotFound] (ErrForbidden with RevealClasses),
// [grimoireauth.ErrForbidden], [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited] or [ErrMisconfigured].
func (g *Guard) CheckInClass(r *http.Request, class grimoireauth.ClassID, least grimoireauth.Role) (grimoireauth.Authentication, grimoireauth.Role, error) {
	f := g.find(r)
	_, role, err := g.place(r, f, func(*http.Request) grimoireauth.ClassID { return class }, least)
	if err != nil {
		return grimoireauth.Authentication{}, grimoireauth.RoleNone, err
	}
	return f.authentication, role, nil
}

// place finds somebody's role in the class. Who they are comes first, so that
// strangers make nobody look anything up.
func (g *Guard) place(r *http.Request, f *found, of ClassOf, least grimoireauth.Role) (grimoireauth.Person, grimoireauth.Role, error) {
	var nobody grimoireauth.Person
	if f.err != nil {
		return nobody, grimoireauth.RoleNone, f.err
	}
	class := of(r)
	if class == "" {
		return nobody, grimoireauth.RoleNone, fmt.Errorf("%w: no class in the request for %q", ErrMisconfigured, r.Pattern)
	}
	role, err := g.config.role()(r.Context(), f.authentication.Session, class)
	switch {
	case err != nil && unknown(err):
		return nobody, grimoireauth.RoleNone, err
	case err != nil:
		// By the contract of RoleFunc any error means "could not find out".
		return nobody, grimoireauth.RoleNone, g.unclear(r.Context(), "find the role in the class", err)
	case role <= grimoireauth.RoleNone && g.config.RevealClasses:
		return nobody, grimoireauth.RoleNone, grimoireauth.ErrForbidden
	case role <= grimoireauth.RoleNone:
		return nobody, grimoireauth.RoleNone, grimoireauth.ErrNotFound
	case !role.AtLeast(least):
		return nobody, grimoireauth.RoleNone, grimoireauth.ErrForbidden
	}
	return grimoireauth.Person{Member: f.authentication.Member(), Class: class}, role, nil
}
