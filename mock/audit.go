package mock

import (
	"encoding/json"
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
	// name in braces is known. Without a method it is GET. What comes after a "?" is
	// the query.
	Pattern string
	// Body is sent as JSON. Empty: none.
	Body string
	// Allow are those who may. Everybody else must be refused.
	Allow []Caller

	// Answer is what those who may get, exactly: for a route whose own answer looks like a
	// refusal, such as a sign-in endpoint's 403 for a wrong password. Another caller who
	// gets it was let in. Zero: whatever Auditing.Refused does not take for a refusal.
	Answer Answer
	// Refusal is what single callers get who may not, exactly. Who is missing here may get
	// any refusal.
	Refusal map[Caller]Answer
}

// Answer is a response, as far as a [Route] says what it expects.
type Answer struct {
	Status int
	Code   string // the member "code" of a JSON body, as in problem+json; empty: any, or none
}

func (a Answer) isZero() bool { return a == Answer{} }

// is reports whether the response is the one that was expected.
func (a Answer) is(got Answer) bool {
	return a.Status == got.Status && (a.Code == "" || a.Code == got.Code)
}

func (a Answer) String() string {
	if a.Code == "" {
		return fmt.Sprint(a.Status)
	}
	return fmt.Sprint(a.Status, " ", a.Code)
}

// Auditing says how [Stytch.Audit] talks to the application.
type Auditing struct {
	// Attach puts credentials on a request. Nil: Cookies.
	Attach Attach
	// Refused reports whether an answer refuses the caller. Nil: 401, 403 and 404
	// do, and so does a redirect, which leads to a page to sign in.
	Refused func(*http.Response) bool

	// School is where the people are, for an application that keeps classes in tables of
	// its own. Zero: a class is an Organization of Stytch's, and so are its people.
	School School

	// Mux is the ServeMux behind the handler, as it sees the paths of the requests. Routes
	// that it has and no Route has are surprises, as far as they can be found: a ServeMux
	// cannot list its routes, so it is asked about the paths of all Routes, the folders
	// above them, and words that programs like to use below those, with every method. A
	// route somewhere else, or for another host, is not found. Nil: nothing is looked for.
	Mux *http.ServeMux
	// Patterns are the routes that the application has, with their methods, for routers
	// that list them: "GET /classes/{class}", or ":class" for the wildcard and "*" for
	// the rest. Each that no Route has is a surprise. Nil: nothing is compared.
	Patterns []string
}

// Audit calls every route as everybody, each time with a new session in a class
// of its own, and returns nil if exactly those get through who are allowed to. Its
// error is the whole matrix, with the surprises marked. An answer of 405 or 500
// and above is a surprise to anybody, unless the Route names it: it says nothing about
// who may. With Auditing.Mux or Patterns a route without a row is a surprise, too, and
// so is a row without a route.
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
	class, people, err := s.auditees(how.School)
	if err != nil {
		return err
	}
	for _, route := range routes {
		route.check()
	}
	var matrix strings.Builder
	surprises := 0
	for _, found := range how.unlisted(class, routes) {
		surprises++
		fmt.Fprintf(&matrix, "\n%s (!)", found)
	}
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
func (s *Stytch) audit(handler http.Handler, how Auditing, route Route, class auditedClass, caller Caller, member grimoireauth.MemberID) (cell string, surprise bool, err error) {
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
	case how.Refused(res):
		return fmt.Sprintf("%d refused", res.StatusCode), may, nil
	}
	return fmt.Sprintf("%d let in", res.StatusCode), !may, nil
}

// answerOf returns what an answer says to programs.
func answerOf(recorder *httptest.ResponseRecorder) Answer {
	var body struct {
		Code any `json:"code"`
	}
	_ = json.Unmarshal(recorder.Body.Bytes(), &body) // not every answer is JSON
	code, _ := body.Code.(string)
	return Answer{Status: recorder.Code, Code: code}
}

func refusedByStatus(res *http.Response) bool {
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return res.StatusCode >= 300 && res.StatusCode < 400
}

// check panics if a Route makes no sense.
func (r Route) check() {
	for caller, answer := range r.Refusal {
		if slices.Contains(r.Allow, caller) || !slices.Contains(callers, caller) {
			panic(fmt.Sprintf("mock: Audit: %s: Refusal is about %q, who is allowed or no Caller", r.Pattern, caller))
		}
		if answer.Status == 0 {
			panic("mock: Audit: " + r.Pattern + ": a Refusal without a status")
		}
	}
	if r.Answer.Status == 0 && !r.Answer.isZero() {
		panic("mock: Audit: " + r.Pattern + ": an Answer without a status")
	}
}

// target is the method and the path of the route.
func (r Route) target(class auditedClass) (method, path string) {
	method, path, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		method, path = http.MethodGet, r.Pattern
	}
	if class.slug != "" {
		path = strings.ReplaceAll(path, "{slug}", url.PathEscape(class.slug))
	}
	path = strings.ReplaceAll(path, "{class}", url.PathEscape(string(class.id)))
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "{") {
		panic("mock: Audit: " + r.Pattern + ` is not a method and a path, with {class} and, if a class is an Organization, {slug} for names`)
	}
	return method, path
}

// request is a call of the route, without credentials.
func (r Route) request(class auditedClass) *http.Request {
	method, path := r.target(class)
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
