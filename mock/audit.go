package mock

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Caller is one of those as whom [Stytch.Audit] calls a route.
type Caller string

// Everybody whom Audit knows. The outsider is an instructor, in another class;
// the revoked one was a student of this class, whose session_jwt has expired and
// cannot be refreshed any more.
const (
	Nobody     Caller = "nobody"
	Student    Caller = "student"
	Instructor Caller = "instructor"
	Outsider   Caller = "outsider"
	Gone       Caller = "revoked"
)

// callers is the order of the matrix's columns.
var callers = []Caller{Nobody, Student, Instructor, Outsider, Gone}

// Route is a route of the application under test, and who may use it.
type Route struct {
	// Pattern is a method and a path, such as "POST /classes/{class}/release". In
	// the path, {class} stands for the class's id and {slug} for its slug; no other
	// name in braces is known. Without a method it is GET.
	Pattern string
	// Body is sent as JSON. Empty: none.
	Body string
	// Allow are those who may. Everybody else must be refused.
	Allow []Caller
}

// Auditing says how [Stytch.Audit] talks to the application.
type Auditing struct {
	// Attach puts credentials on a request. Nil: Cookies.
	Attach Attach
	// Refused reports whether an answer refuses the caller. Nil: 401, 403 and 404
	// do, and so does a redirect, which leads to a page to sign in.
	Refused func(*http.Response) bool
}

// Audit calls every route as everybody, each time with a new session in a class
// of its own, and returns nil if exactly those get through who are allowed to. Its
// error is the whole matrix, with the surprises marked. An answer of 405 or 500
// and above is a surprise to anybody: it says nothing about who may.
//
// The handler must ask this Stytch who its callers are. Its routes' effects
// happen: give it an application that was made for the test. Audit panics if a
// Route makes no sense.
func (s *Stytch) Audit(handler http.Handler, how Auditing, routes ...Route) error {
	if how.Attach == nil {
		how.Attach = Cookies
	}
	if how.Refused == nil {
		how.Refused = refusedByStatus
	}
	if len(routes) == 0 {
		panic("mock: Audit: there are no routes")
	}
	class, other := s.AddClass("Audited"), s.AddClass("Another")
	tag := strings.ToLower(s.newUUID("audit")[:8]) // so that one Stytch can be audited twice
	people := map[Caller]grimoireauth.MemberID{
		Student:    s.AddStudent(class.ID, "student-"+tag+"@example.edu"),
		Instructor: s.AddInstructor(class.ID, "instructor-"+tag+"@example.edu"),
		Outsider:   s.AddInstructor(other.ID, "outsider-"+tag+"@example.edu"),
		Gone:       s.AddStudent(class.ID, "revoked-"+tag+"@example.edu"),
	}
	var matrix strings.Builder
	surprises := 0
	for _, route := range routes {
		fmt.Fprintf(&matrix, "\n%s", route.Pattern)
		for _, caller := range callers {
			cell, surprise, err := s.audit(handler, how, route, class, caller, people[caller])
			if err != nil {
				return fmt.Errorf("mock: audit of %s as %s: %w", route.Pattern, caller, err)
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
	return fmt.Errorf("mock: %d %s, marked with (!):%s", surprises, word, matrix.String())
}

// audit makes one call and says what came of it.
func (s *Stytch) audit(handler http.Handler, how Auditing, route Route, class Class, caller Caller, member grimoireauth.MemberID) (cell string, surprise bool, err error) {
	req := route.request(class)
	if caller != Nobody {
		credentials := s.SignIn(member)
		if caller == Gone {
			credentials = s.Stale(credentials)
			s.EndSession(credentials)
		}
		if err := how.Attach(req, credentials); err != nil {
			return "", false, errors.Join(errors.New("the credentials could not be attached"), err)
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	res := recorder.Result()
	may := slices.Contains(route.Allow, caller)
	switch {
	case res.StatusCode >= 500 || res.StatusCode == http.StatusMethodNotAllowed:
		return fmt.Sprintf("%d", res.StatusCode), true, nil
	case how.Refused(res):
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

// request is a call of the route, without credentials.
func (r Route) request(class Class) *http.Request {
	method, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		method, path = http.MethodGet, r.Pattern
	}
	path = strings.NewReplacer("{class}", url.PathEscape(string(class.ID)), "{slug}", url.PathEscape(class.Slug)).Replace(path)
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "{") {
		panic("mock: Audit: " + r.Pattern + ` is not a method and a path, with {class} and {slug} for names`)
	}
	var body io.Reader
	if r.Body != "" {
		body = strings.NewReader(r.Body)
	}
	req := httptest.NewRequest(method, path, body)
	req.Header.Set("Accept", "application/json")
	if r.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}
