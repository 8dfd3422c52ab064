package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ClassOf says which class a request is about. It returns the empty ClassID if
// it cannot tell; the guard then answers 500, since a route that is guarded by a
// class and has none is a mistake of the program. It sees the request as it came:
// who is signed in is not in its context yet.
type ClassOf func(*http.Request) grimoireauth.ClassID

// PathClass returns a ClassOf that reads the wildcard of this name from the
// route's pattern: PathClass("class") for "GET /classes/{class}/roster". It
// compares nothing and decodes nothing itself; net/http has matched the path.
func PathClass(name string) ClassOf {
	return func(r *http.Request) grimoireauth.ClassID {
		return grimoireauth.ClassID(r.PathValue(name))
	}
}

// OneClass is a class that the program knows, as what a permission is about: see
// [Guard.CheckCan].
type OneClass grimoireauth.ClassID

// NoClass says that a permission is about no class: for routes such as
// "GET /me/exports". It is never the default.
const NoClass noClass = 0

type noClass uint8

// About says which class a permission is about: a [ClassOf] finds it in the request,
// [OneClass] is one, and [NoClass] says that there is none.
type About interface {
	// class returns the class, and whether there is none to be.
	class(*http.Request) (class grimoireauth.ClassID, none bool)
}

// Known is an [About] that needs no request.
type Known interface {
	About
	known()
}

func (of ClassOf) class(r *http.Request) (grimoireauth.ClassID, bool) { return of(r), false }

func (c OneClass) class(*http.Request) (grimoireauth.ClassID, bool) {
	return grimoireauth.ClassID(c), false
}
func (OneClass) known() {}

func (noClass) class(*http.Request) (grimoireauth.ClassID, bool) { return "", true }
func (noClass) known()                                           {}

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
	checks := []check{g.inClass(of, least)}
	return func(next http.Handler) http.Handler {
		return g.wrap(guardedHandler{must: true, checks: checks}, next)
	}
}

// CheckInClass decides as [Guard.InClass] does, about a class that the caller
// knows, without a response. As [Guard.Check] says, nothing that it decides by is
// older than a second. Its errors match [grimoireauth.ErrUnauthenticated],
// [grimoireauth.ErrNotFound] (ErrForbidden with RevealClasses),
// [grimoireauth.ErrForbidden], [grimoireauth.ErrUnavailable],
// [grimoireauth.ErrRateLimited] or [ErrMisconfigured].
func (g *Guard) CheckInClass(r *http.Request, class grimoireauth.ClassID, least grimoireauth.Role) (grimoireauth.Authentication, grimoireauth.Role, error) {
	known := func(*http.Request) grimoireauth.ClassID { return class }
	a, in, err := g.decide(r, false, []check{g.inClass(known, least)})
	if err != nil {
		return grimoireauth.Authentication{}, grimoireauth.RoleNone, err
	}
	return a.authentication, in.role, nil
}

// inClass is the check of a class guard. What one of them has found out about a
// class, another inside it does not ask again.
func (g *Guard) inClass(of ClassOf, least grimoireauth.Role) check {
	return func(ctx context.Context, r *http.Request, a *requestAuth, in classRole) (classRole, error) {
		if least <= grimoireauth.RoleNone {
			// A condition without a role asks for a permission, and this is none.
			return classRole{}, grimoireauth.ErrForbidden
		}
		return a.decideCondition(ctx, &condition{class: of(r), least: least}, in)
	}
}

func (g *Guard) decideRole(ctx context.Context, a *requestAuth, in classRole, class grimoireauth.ClassID, least grimoireauth.Role) (classRole, error) {
	role := in.role
	if role == grimoireauth.RoleNone || in.class != class {
		var err error
		if role, err = g.role(ctx, a.authentication.Session, class); err != nil {
			return classRole{}, err
		}
	}
	if !role.AtLeast(least) {
		return classRole{}, grimoireauth.ErrForbidden
	}
	return classRole{class: class, role: role}, nil
}

var errNoClassFound = fmt.Errorf("%w: no class in the request: does its ClassOf fit the router?", ErrMisconfigured)

// role finds somebody's role in a class, which is more than none. Whoever has
// none is told that there is no such class, unless Config.RevealClasses says more.
func (g *Guard) role(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	role, err := g.config.role()(ctx, session, class)
	switch {
	case err != nil && isTemporary(err):
		return grimoireauth.RoleNone, err
	case err != nil:
		// By the contract of RoleFunc any error means "could not find out".
		return grimoireauth.RoleNone, g.applicationError(ctx, "find the role in the class", err)
	case role > grimoireauth.RoleNone:
		return role, nil
	case g.config.RevealClasses:
		return grimoireauth.RoleNone, grimoireauth.ErrForbidden
	}
	return grimoireauth.RoleNone, grimoireauth.ErrNotFound
}

// Can calls next for those whom Config.Can permits the action on the resource, in
// the words of the project's RBAC policy and in the class that the request is about.
// It answers 403 to the others who are signed in, and 401 to strangers.
//
//	marking := guard.Can(middleware.PathClass("class"), "marks", "write")
//	mux.Handle("POST /classes/{class}/marks", marking(save))
//	mux.Handle("GET /me/exports", guard.Can(middleware.NoClass, "exports", "read")(export))
//
// A permission is about a class. A route that is about none says so by [NoClass]; a
// ClassOf that finds no class is a 500, as in [Guard.InClass], and so is one that finds
// another class than an InClass around it has decided about. Can alone lets people of
// other classes learn by a 403 that the class exists; inside InClass they get 404.
//
// It panics if Config.Can is missing, about is nil, or the resource or action is empty.
func (g *Guard) Can(about About, resource, action string) func(http.Handler) http.Handler {
	if g != nil && g.auth != nil && g.config.Can == nil {
		panic("middleware: Can without Config.Can: pass client.Can there")
	}
	if err := canFault(about, resource, action); err != nil {
		panic("middleware: " + err.Error())
	}
	checks := []check{g.can(about, resource, action)}
	return func(next http.Handler) http.Handler {
		return g.wrap(guardedHandler{must: true, checks: checks}, next)
	}
}

// CheckCan decides as [Guard.Can] does, without a response, on answers that are at
// most a second old: about [OneClass], [NoClass], or the class that a [ClassOf] finds in
// the request. Its errors are those of [Guard.Check], and [grimoireauth.ErrForbidden].
func (g *Guard) CheckCan(r *http.Request, about About, resource, action string) (grimoireauth.Authentication, error) {
	if err := canFault(about, resource, action); err != nil {
		return grimoireauth.Authentication{}, err
	}
	a, _, err := g.decide(r, false, []check{g.can(about, resource, action)})
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return a.authentication, nil
}

func canFault(about About, resource, action string) error {
	if of := reflect.ValueOf(about); !of.IsValid() || of.Kind() == reflect.Func && of.IsNil() {
		return fmt.Errorf("%w: Can without a class: pass a ClassOf, or NoClass if the route is about none", ErrMisconfigured)
	}
	if strings.TrimSpace(resource) == "" || strings.TrimSpace(action) == "" {
		return fmt.Errorf("%w: Can with the resource %q and the action %q", ErrMisconfigured, resource, action)
	}
	return nil
}

func (g *Guard) can(about About, resource, action string) check {
	return func(ctx context.Context, r *http.Request, a *requestAuth, in classRole) (classRole, error) {
		class, none := about.class(r)
		return a.decideCondition(ctx, &condition{class: class, none: none, resource: resource, action: action}, in)
	}
}

var errOtherClassDecided = fmt.Errorf("%w: the class guard around Can decided about another class", ErrMisconfigured)

// permitted asks Config.Can. Only its "no" is one.
func (g *Guard) permitted(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	err := g.config.Can(ctx, session, class, resource, action)
	switch {
	case err == nil:
		return nil
	case isTemporary(err):
		return err
	case errors.Is(err, grimoireauth.ErrForbidden):
		g.noteMapping(ctx, err)
		return grimoireauth.ErrForbidden
	}
	return g.applicationError(ctx, "check a permission", err)
}

// noteMapping logs once that the two functions of the configuration map the school in two
// ways: functions cannot be compared, but what they say can.
func (g *Guard) noteMapping(ctx context.Context, err error) {
	if g.config.Role == nil || !errors.Is(err, grimoireauth.ErrNotSessionOrganization) {
		return
	}
	g.mapping.Do(func() {
		g.config.logger().ErrorContext(ctx, "Config.Can knows only classes that are Organizations, and Config.Role is your own: pass a CanFunc that answers for the classes in your tables", "error", logText(err))
	})
}
