package middleware

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Can calls next for those whom Config.Can permits the action on the resource, in
// the words of the project's RBAC policy. It answers 403 to the others who are
// signed in, and 401 to strangers.
//
// A permission is one in the class that the session belongs to. On a route that
// may be about another one, a pattern with a wildcard or one that ends in "/", it
// therefore counts only inside [Guard.InClass] of the same Guard:
//
//	marking := guard.InClass(middleware.PathClass("class"), grimoireauth.RoleTutor)
//	mux.Handle("POST /classes/{class}/marks", marking(guard.Can("marks", "write")(save)))
//
// Without it the answer is 500, and the log names the pattern. On a route whose
// pattern is a fixed path, such as "GET /me/exports", Can stands alone.
//
// It panics if Config.Can is missing, or the resource or action is empty.
func (g *Guard) Can(resource, action string) func(http.Handler) http.Handler {
	if g != nil && g.auth != nil && g.config.Can == nil {
		panic("middleware: Can without Config.Can: pass client.Can there")
	}
	if err := canFault(resource, action); err != nil {
		panic("middleware: " + err.Error())
	}
	checks := []check{g.can(resource, action)}
	return func(next http.Handler) http.Handler {
		return g.wrap(guarded{must: true, checks: checks}, next)
	}
}

// CheckCan decides as [Guard.Can] does, without a response, on answers that are at
// most a second old. Its errors are those of [Guard.Check], and
// [grimoireauth.ErrForbidden].
func (g *Guard) CheckCan(r *http.Request, resource, action string) (grimoireauth.Authentication, error) {
	if err := canFault(resource, action); err != nil {
		return grimoireauth.Authentication{}, err
	}
	f, _, err := g.decide(r, false, []check{g.can(resource, action)})
	if err != nil {
		return grimoireauth.Authentication{}, err
	}
	return f.authentication, nil
}

func canFault(resource, action string) error {
	if strings.TrimSpace(resource) == "" || strings.TrimSpace(action) == "" {
		return fmt.Errorf("%w: Can with the resource %q and the action %q", ErrMisconfigured, resource, action)
	}
	return nil
}

func (g *Guard) can(resource, action string) check {
	return func(r *http.Request, f *found, in place) (place, error) {
		switch {
		case g.config.Can == nil:
			return place{}, fmt.Errorf("%w: Config.Can is missing", ErrMisconfigured)
		case in.of == nil && !fixedPath(r.Pattern):
			return place{}, fmt.Errorf("%w: a permission holds in the session's class, and %q may be about another: put Can inside InClass", ErrMisconfigured, r.Pattern)
		case in.of != nil && in.of(r) != in.class:
			// A handler in between made another request of it.
			return place{}, fmt.Errorf("%w: the class guard around Can decided about another class than that of %q", ErrMisconfigured, r.Pattern)
		}
		if err := g.permitted(r.Context(), f.authentication.Session, resource, action); err != nil {
			return place{}, err
		}
		return in, nil
	}
}

// permitted asks Config.Can. Only its "no" is one.
func (g *Guard) permitted(ctx context.Context, session grimoireauth.Session, resource, action string) error {
	err := g.config.Can(ctx, session, resource, action)
	switch {
	case err == nil:
		return nil
	case unknown(err):
		return err
	case errors.Is(err, grimoireauth.ErrForbidden):
		return grimoireauth.ErrForbidden
	}
	return g.unclear(ctx, "check a permission", err)
}

// fixedPath reports whether a pattern matches one path only, whose class, if it is
// about one, the program itself has written down. A handler that no mux has
// reached has no pattern, and nothing is known about its paths.
func fixedPath(pattern string) bool {
	path, _ := strings.CutSuffix(pattern, "{$}")
	return path != "" && !strings.Contains(path, "{") && (path != pattern || !strings.HasSuffix(path, "/"))
}
