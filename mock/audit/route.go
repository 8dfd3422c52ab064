package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// Caller is the kind of person as which [Run] calls a route.
type Caller string

// The callers, of which Run makes one each. Anonymous sends no credentials. The
// outsider is an instructor of another class. The revoked one is a student of this
// class whose session was revoked and whose session_jwt has expired.
const (
	Anonymous  Caller = "anonymous"
	Student    Caller = "student"
	Instructor Caller = "instructor"
	Outsider   Caller = "outsider"
	Revoked    Caller = "revoked"
)

// callers is the order of the matrix's columns.
var callers = []Caller{Anonymous, Student, Instructor, Outsider, Revoked}

// Route is a route of the application under test, and who may use it.
type Route struct {
	// Pattern is a method and a path, such as "POST /classes/{class}/release". In
	// the path, {class} stands for the class's id and {slug} for its slug; no other
	// name in braces is known. Without a method it is GET. What comes after a "?" is
	// the query.
	Pattern string
	// Body is sent as JSON. Empty: none.
	Body string
	// Allow are the callers who may use it. The application must refuse the others.
	Allow []Caller

	// Answer is the exact answer to the callers in Allow, for a route whose own answer looks
	// like a refusal, such as a sign-in endpoint's 403 for a wrong password. Another caller
	// who gets this answer was let in. Zero: any answer that Config.Refused does not count
	// as a refusal.
	Answer Answer
	// Refusal is the exact answer to single callers that are not in Allow. The others may
	// get any refusal.
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

// answerOf reads the parts of a response that a Route can expect.
func answerOf(recorder *httptest.ResponseRecorder) Answer {
	var body struct {
		Code any `json:"code"`
	}
	_ = json.Unmarshal(recorder.Body.Bytes(), &body) // not every answer is JSON
	code, _ := body.Code.(string)
	return Answer{Status: recorder.Code, Code: code}
}

// check panics if a Route makes no sense.
func (r Route) check() {
	for caller, answer := range r.Refusal {
		if slices.Contains(r.Allow, caller) || !slices.Contains(callers, caller) {
			panic(fmt.Sprintf("audit: %s: Refusal is about %q, which is allowed or no Caller", r.Pattern, caller))
		}
		if answer.Status == 0 {
			panic("audit: " + r.Pattern + ": a Refusal without a status")
		}
	}
	if r.Answer.Status == 0 && !r.Answer.isZero() {
		panic("audit: " + r.Pattern + ": an Answer without a status")
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
		panic("audit: " + r.Pattern + ` is not a method and a path, with {class} and, if a class is an Organization, {slug} for names`)
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
