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
		return g.wrap(guarded{must: true, checks: checks}, next)
	}
}

// CheckCan decides as [Guard.Can] does, without a response, on answers that are at
// most a second old: about [OneClass], [NoClass], or the class that a [ClassOf] finds in
// the request. Its errors are those of [Guard.Check], and [grimoireauth.ErrForbidden].
func (g *Guard) CheckCan(r *http.Request, about About, resource, action string) (grimoireauth.Authentication, error) {
	if err := canFault(about, resource, action); err != nil {
		return grimoireauth.Authentication{}, err
	}
	f, _, err := g.decide(r, false, []check{g.can(about, resource, action)})
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return f.authentication, nil
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
	return func(ctx context.Context, r *http.Request, f *found, in place) (place, error) {
		class, none := about.class(r)
		return f.meets(ctx, &condition{class: class, none: none, resource: resource, action: action}, in)
	}
}

var errOtherClassDecided = fmt.Errorf("%w: the class guard around Can decided about another class", ErrMisconfigured)

// permitted asks Config.Can. Only its "no" is one.
func (g *Guard) permitted(ctx context.Context, session grimoireauth.Session, class grimoireauth.ClassID, resource, action string) error {
	err := g.config.Can(ctx, session, class, resource, action)
	switch {
	case err == nil:
		return nil
	case unknown(err):
		return err
	case errors.Is(err, grimoireauth.ErrForbidden):
		g.noteMapping(ctx, err)
		return grimoireauth.ErrForbidden
	}
	return g.unclearAnswer(ctx, "check a permission", err)
}

// noteMapping logs once that the two functions of the configuration map the school in two
// ways: functions cannot be compared, but what they say can.
func (g *Guard) noteMapping(ctx context.Context, err error) {
	if g.config.Role == nil || !errors.Is(err, grimoireauth.ErrNotSessionOrganization) {
		return
	}
	g.mapping.Do(func() {
		g.config.logger().ErrorContext(ctx, "Config.Can knows only classes that are Organizations, and Config.Role is your own: pass a CanFunc that answers for the classes in your tables", "error", explained(err))
	})
}
