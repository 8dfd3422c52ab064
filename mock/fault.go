package mock

import (
	"bytes"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Fault is a rule that makes an endpoint fail. Without Status, ErrorType, Body,
// Location, Truncate and Drop it only delays.
type Fault struct {
	// Endpoint is the endpoint as Stytch's documentation writes it, such as
	// "POST /v1/b2b/sessions/authenticate" or "GET /v1/b2b/sessions/jwks/{project_id}".
	// Empty: every request.
	Endpoint string

	// Status is the HTTP status of the answer. Zero: that of ErrorType, or 200 if
	// there is only a Body.
	Status int
	// ErrorType is Stytch's error_type. Empty: what Stytch says with this Status.
	ErrorType string
	// Body is sent as it stands instead of Stytch's error object: a proxy's page,
	// half an answer. Empty: Stytch's error object.
	Body string
	// RetryAfter is sent in whole seconds, rounded up. Zero: no such header.
	RetryAfter time.Duration

	// Location makes the answer a redirect to there, with Status 307 if that is
	// zero. Empty: no redirect.
	Location string
	// Truncate sends the answer's length and only the first half of its body, as a
	// connection does that breaks in the middle.
	Truncate bool

	// Latency passes before anything happens. A caller that gives up ends it.
	Latency time.Duration
	// Drop ends the connection without an answer.
	Drop bool
	// Late carries the call out before the fault applies: only the response is lost.
	// Otherwise the request never reaches the endpoint.
	Late bool

	// Times is how many requests it applies to. Zero: all, until ClearFaults.
	Times int
}

// Fail adds a fault rule. Of several rules for one endpoint the oldest applies
// until its Times are used up. It panics if the rule makes no sense.
func (s *Stytch) Fail(fault Fault) {
	s.configure()
	known := func(r core.Route) bool { return r.Endpoint == fault.Endpoint }
	if fault.Endpoint != "" && !slices.ContainsFunc(api.Routes, known) && !slices.ContainsFunc(api.Directory, known) && !slices.ContainsFunc(api.Elsewhere, known) {
		panic("mock: Fail: Stytch has no endpoint " + strconv.Quote(fault.Endpoint))
	}
	if fault.ErrorType != "" && fault.Status == 0 {
		known, ok := wire.Errors[fault.ErrorType]
		if !ok {
			panic("mock: Fail: give a Status with error type " + strconv.Quote(fault.ErrorType))
		}
		fault.Status = known.Status
	}
	switch {
	case fault.Times < 0 || fault.Latency < 0 || fault.RetryAfter < 0:
		panic("mock: Fail: Times, Latency and RetryAfter cannot be negative")
	case fault.Drop && (fault.Status != 0 || fault.Body != "" || fault.Location != "" || fault.Truncate):
		panic("mock: Fail: a dropped connection has no Status, no Body, no Location and nothing to Truncate")
	case fault.Location != "" && (fault.Body != "" || fault.ErrorType != "" || (fault.Status != 0 && (fault.Status < 300 || fault.Status > 399))):
		panic("mock: Fail: a redirect has a Location, a Status from 300 to 399 and nothing else")
	case fault.Status != 0 && (fault.Status < 200 || fault.Status > 599):
		panic("mock: Fail: Status should be from 200 to 599")
	case fault.Status != 0 && fault.Status < 400 && fault.Body == "" && fault.Location == "":
		panic("mock: Fail: an answer that is no error needs a Body")
	case fault.ErrorType != "" && fault.Body != "":
		panic("mock: Fail: a Body stands instead of Stytch's error object, so it has no ErrorType")
	case fault.RetryAfter > 0 && fault.delaysOnly():
		panic("mock: Fail: RetryAfter needs an answer to be sent with: give a Status")
	}
	if fault.Status == 0 && fault.Location != "" {
		fault.Status = http.StatusTemporaryRedirect
	}
	if fault.Status == 0 && fault.Body != "" {
		fault.Status = http.StatusOK
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault)
}

// ClearFaults removes all fault rules.
func (s *Stytch) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// matchFault returns the rule that applies to a request, and uses it up once.
func (s *Stytch) matchFault(endpoint string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, rule := range s.faults {
		if rule.Endpoint != "" && rule.Endpoint != endpoint {
			continue
		}
		if rule.Times > 0 {
			if rule.Times--; rule.Times == 0 {
				s.faults = slices.Delete(slices.Clone(s.faults), i, i+1)
			}
		}
		return *rule, true
	}
	return Fault{}, false
}

// delaysOnly reports whether the rule leaves the response to the endpoint.
func (f Fault) delaysOnly() bool {
	return !f.Drop && f.Status == 0 && f.Body == "" && f.Location == ""
}

func (f Fault) reply(requestID string) wire.Response {
	var out wire.Response
	switch {
	case f.Location != "":
		out = wire.Response{Status: f.Status, Header: http.Header{"Location": {f.Location}}}
	case f.Body != "":
		kind := "text/html; charset=utf-8"
		if bytes.HasPrefix(bytes.TrimSpace([]byte(f.Body)), []byte("{")) {
			kind = "application/json"
		}
		out = wire.Response{Status: f.Status, Header: http.Header{"Content-Type": {kind}}, Body: []byte(f.Body)}
	default:
		out = wire.ErrorResponse(f.apiError(), requestID)
	}
	if f.RetryAfter > 0 {
		out.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	return out
}

// apiError is Stytch's error object for the rule. A status without an error_type
// gets the type that Stytch uses with it most.
func (f Fault) apiError() *wire.APIError {
	kind := f.ErrorType
	if kind == "" {
		kind = usualType(f.Status)
	}
	r := &wire.APIError{Status: f.Status, Type: kind, Message: "A fault rule of the mock says so."}
	if known, ok := wire.Errors[kind]; ok {
		r.Message = known.Message
	}
	return r
}

func usualType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized_credentials"
	case http.StatusForbidden:
		return "session_authorization_error"
	case http.StatusNotFound:
		return "route_not_found"
	case http.StatusTooManyRequests:
		return "too_many_requests"
	case http.StatusServiceUnavailable:
		return "server_unavailable"
	}
	if status >= 500 {
		return "internal_server_error"
	}
	return "bad_request"
}
