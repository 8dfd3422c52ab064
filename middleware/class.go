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

// ClassOf returns the class that a request is about. It returns the empty ClassID if it
// finds none; the guard then answers 500, since a class guard around a route without a class
// is a mistake of the program. The request's context does not contain the authentication
// yet.
type ClassOf func(*http.Request) grimoireauth.ClassID

// PathClass returns a ClassOf that reads the wildcard of this name from the
// route's pattern: PathClass("class") for "GET /classes/{class}/roster". It parses no path
// itself; net/http has matched it.
func PathClass(name string) ClassOf {
	return func(r *http.Request) grimoireauth.ClassID {
		return grimoireauth.ClassID(r.PathValue(name))
	}
}

// OneClass is an [About] for a class that the program knows: see [Guard.CheckCan].
type OneClass grimoireauth.ClassID

// NoClass is the [About] of a permission that is about no class: for routes such as
// "GET /me/exports". It is never the default.
const NoClass noClass = 0

type noClass uint8

// About is which class a permission is about: a [ClassOf] reads it from the request,
// [OneClass] is a known one, and [NoClass] is none.
type About interface {
	// class returns the class, or that the permission is about none.
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

// InClass calls next for members who have at least this role in the class that the request
// is about, with the authentication, the [grimoireauth.Person] and the role in the request's
// context. It answers 401 to requests that are not authenticated, 404 to members of other
// classes and 403 to members of the class with a lower role.
//
// It must run where the pattern of the route is known, so wrap the handlers that are given
// to the mux, not the mux. It panics if of is nil or least is RoleNone, so that a mistake in
// the wiring shows when the program starts.
func (g *Guard) InClass(of ClassOf, least grimoireauth.Role) func(http.Handler) http.Handler {
	if of == nil {
		panic("middleware: InClass without a ClassOf")
	}
	if least <= grimoireauth.RoleNone {
		panic(fmt.Sprintf("middleware: InClass with the role %v, which is none", least))
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

// inClass returns the check of a class guard.
func (g *Guard) inClass(of ClassOf, least grimoireauth.Role) check {
	return func(ctx context.Context, r *http.Request, a *requestAuth, in classRole) (classRole, error) {
		if least <= grimoireauth.RoleNone {
			// A condition without a role asks for a permission, and this is none.
			return classRole{}, grimoireauth.ErrForbidden
		}
		return a.decideCondition(ctx, &condition{class: of(r), least: least}, in)
	}
}

// decideRole checks the role in a class, which the class guards around may have found
// already.
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

// role returns the role in a class. Without one it returns ErrNotFound, or ErrForbidden with
// Config.RevealClasses.
func (g *Guard) role(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID) (grimoireauth.Role, error) {
	role, err := g.config.role()(ctx, session, class)
	switch {
	case err != nil && isTemporary(err):
		return grimoireauth.RoleNone, err
	case err != nil:
		// By the contract of RoleFunc any error is a temporary one.
		return grimoireauth.RoleNone, g.applicationError(ctx, "find the role in the class", err)
	case role > grimoireauth.RoleNone:
		return role, nil
	case g.config.RevealClasses:
		return grimoireauth.RoleNone, grimoireauth.ErrForbidden
	}
	return grimoireauth.RoleNone, grimoireauth.ErrNotFound
}

// Can calls next for members to whom Config.Can permits the action on the resource, in the
// words of the project's RBAC policy and in the class that the request is about. It answers
// 403 to others, and 401 to requests that are not authenticated.
//
//	marking := guard.Can(middleware.PathClass("class"), "marks", "write")
//	mux.Handle("POST /classes/{class}/marks", marking(save))
//	mux.Handle("GET /me/exports", guard.Can(middleware.NoClass, "exports", "read")(export))
//
// A permission is about a class. A route that is about none passes [NoClass]; a ClassOf that
// finds no class is a 500, as in [Guard.InClass], and so is one that finds another class
// than an InClass around it has decided about. Can alone answers 403 to members of other
// classes, who so learn that the class exists; inside InClass they get 404.
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

// canFault returns what is wrong with the arguments of Can.
func canFault(about About, resource, action string) error {
	if of := reflect.ValueOf(about); !of.IsValid() || of.Kind() == reflect.Func && of.IsNil() {
		return fmt.Errorf("%w: Can without a class: pass a ClassOf, or NoClass if the route is about none", ErrMisconfigured)
	}
	if strings.TrimSpace(resource) == "" || strings.TrimSpace(action) == "" {
		return fmt.Errorf("%w: Can with the resource %q and the action %q", ErrMisconfigured, resource, action)
	}
	return nil
}

// can returns the check of Can.
func (g *Guard) can(about About, resource, action string) check {
	return func(ctx context.Context, r *http.Request, a *requestAuth, in classRole) (classRole, error) {
		class, none := about.class(r)
		return a.decideCondition(ctx, &condition{class: class, none: none, resource: resource, action: action}, in)
	}
}

var errOtherClassDecided = fmt.Errorf("%w: the class guard around Can decided about another class", ErrMisconfigured)

// permitted calls Config.Can. Only ErrForbidden refuses; other errors are temporary.
func (g *Guard) permitted(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	err := g.config.Can(ctx, session, class, resource, action)
	switch {
	case err == nil:
		return nil
	case isTemporary(err):
		return err
	case errors.Is(err, grimoireauth.ErrForbidden):
		g.logMapping(ctx, err)
		return grimoireauth.ErrForbidden
	}
	return g.applicationError(ctx, "check a permission", err)
}

// logMapping logs once that Config.Can takes classes for Organizations and Config.Role does
// not. The functions themselves cannot be compared, so an error of Can tells it.
func (g *Guard) logMapping(ctx context.Context, err error) {
	if g.config.Role == nil || !errors.Is(err, grimoireauth.ErrNotSessionOrganization) {
		return
	}
	g.mapping.Do(func() {
		g.config.logger().ErrorContext(ctx, "Config.Can knows only classes that are Organizations, and Config.Role is your own: pass a CanFunc that answers for the classes in your tables", "error", logText(err))
	})
}
