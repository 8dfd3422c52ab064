package audit

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
)

// Attach puts credentials on a request as the application under test expects them. The
// Attach method of a Guard of package middleware is one, with the guard's own cookie
// names; [mock.Cookies] and [mock.Bearer] are others.
type Attach func(*http.Request, grimoireauth.Credentials) error

// Config says how [Run] talks to the application. The zero value is ready.
type Config struct {
	// Attach puts credentials on a request. Nil: mock.Cookies.
	Attach Attach
	// Refused reports whether an answer refuses the caller. Nil: 401, 403, 404 and
	// redirects do, since a redirect leads to a sign-in page.
	Refused func(*http.Response) bool

	// School describes an application that keeps classes in tables of its own. Zero: a
	// class is an Organization of Stytch, and its people are members there.
	School School

	// Mux is the ServeMux behind the handler, as it sees the paths of the requests. Each
	// route of the mux without a Route is a surprise. A ServeMux cannot list its routes, so
	// Run probes it with every method at the paths of all Routes, at the folders above them,
	// and at common words below those. It does not find a route somewhere else or for
	// another host. Nil: Run does not look for routes.
	Mux *http.ServeMux
	// Patterns are the routes of the application with their methods, for routers that can
	// list them: "GET /classes/{class}", or ":class" for the wildcard and "*" for the rest.
	// Each pattern without a Route is a surprise. Nil: Run does not compare.
	Patterns []string
}

// Run calls every route as every Caller, each time with a new session in a class that
// it makes for the audit. It returns nil if the application lets exactly the allowed
// callers in. Its error is the whole matrix, with the surprises marked. An answer of
// 405, or of 500 and above, is a surprise for every caller unless the Route names it,
// because it does not say who may use the route. With Config.Mux or Patterns, a route
// without a row and a row without a route are surprises too.
//
// The handler must verify its callers with stytch. The routes have their effects, so
// give Run an application that was made for the test. Run panics if a Route is
// invalid.
func Run(stytch *mock.Stytch, handler http.Handler, config Config, routes ...Route) error {
	if config.Attach == nil {
		config.Attach = mock.Cookies
	}
	if config.Refused == nil {
		config.Refused = refusedByStatus
	}
	if len(routes) == 0 {
		panic("audit: there are no routes")
	}
	class, people, err := config.School.people(stytch)
	if err != nil {
		return err
	}
	for _, route := range routes {
		route.check()
	}
	var matrix strings.Builder
	surprises := 0
	for _, found := range config.unlisted(class, routes) {
		surprises++
		fmt.Fprintf(&matrix, "\n%s (!)", found)
	}
	for _, route := range routes {
		fmt.Fprintf(&matrix, "\n%s", route.Pattern)
		for _, caller := range callers {
			cell, surprise, err := config.call(stytch, handler, route, class, caller, people[caller])
			if err != nil {
				return fmt.Errorf("audit: %s as %s: %w", route.Pattern, caller, err)
			}
			if surprise {
				surprises++
				cell += " (!)"
			}
			fmt.Fprintf(&matrix, "\n  %-11s %s", caller, cell)
		}
	}
	if surprises == 0 {
		return nil
	}
	word := "surprises"
	if surprises == 1 {
		word = "surprise"
	}
	return fmt.Errorf("audit: %d %s, marked with (!):%s", surprises, word, matrix.String())
}

// call calls a route as one caller and describes the answer.
func (config Config) call(stytch *mock.Stytch, handler http.Handler, route Route, class auditedClass, caller Caller, member grimoireauth.MemberID) (cell string, surprise bool, err error) {
	req := route.request(class)
	if caller != Anonymous {
		credentials := stytch.SignIn(member)
		if caller == Revoked {
			credentials = stytch.Stale(credentials)
			stytch.EndSession(credentials)
		}
		if err := config.Attach(req, credentials); err != nil {
			return "", false, errors.Join(errors.New("the credentials could not be attached"), err)
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	res, got := recorder.Result(), answerOf(recorder)
	may := slices.Contains(route.Allow, caller)
	refusal, named := route.Refusal[caller]
	switch {
	case may && !route.Answer.isZero() && !route.Answer.is(got):
		return fmt.Sprintf("%v, not %v", got, route.Answer), true, nil
	case may && !route.Answer.isZero():
		return fmt.Sprintf("%v let in", got), false, nil
	case !may && !route.Answer.isZero() && route.Answer.is(got):
		return fmt.Sprintf("%v let in", got), true, nil
	case named && !refusal.is(got):
		return fmt.Sprintf("%v, not %v", got, refusal), true, nil
	case named:
		return fmt.Sprintf("%v refused", got), false, nil
	case res.StatusCode >= 500 || res.StatusCode == http.StatusMethodNotAllowed:
		return fmt.Sprintf("%d", res.StatusCode), true, nil
	case config.Refused(res):
		return fmt.Sprintf("%d refused", res.StatusCode), may, nil
	}
	return fmt.Sprintf("%d let in", res.StatusCode), !may, nil
}

func refusedByStatus(res *http.Response) bool {
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return res.StatusCode >= 300 && res.StatusCode < 400
}
