package stytchhttp

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
)

// How often a call that may be repeated is, and how long to wait before. The
// client's Timeout bounds all of it together.
const (
	defaultRetries = 2
	firstBackoff   = 200 * time.Millisecond
	longestBackoff = 5 * time.Second
)

// repeatablePosts are the POST calls that change nothing, or that leave things as
// the first one did if they are made twice.
var repeatablePosts = []string{
	"/v1/b2b/organizations/search",
	"/v1/b2b/organizations/members/search",
	"/v1/b2b/sessions/revoke",
}

// repeatable reports whether a request may be made again when its answer says
// nothing, or never came. GET, PUT and DELETE may (RFC 9110, section 9.2.2). What
// creates, sends an e-mail or redeems a one-time token must not: the first attempt
// may have been carried out. Questions about sessions and the RBAC policy are not
// repeated either: those who ask, jwtlocal and Client.Can, have their own way to
// spare a Stytch that is in trouble.
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return req.URL.Path != "/v1/b2b/rbac/policy"
	case http.MethodPost:
		return slices.Contains(repeatablePosts, strings.TrimSuffix(req.URL.Path, "/"))
	}
	return false
}

// passes reports whether the outcome of an attempt is of the kind that passes by
// itself. A clear answer, and an answer that is not Stytch's, are not.
func passes(res *http.Response, err error) bool {
	var broken *notStytch
	var refused *overShare
	var outage *grimoireauth.OutageError
	switch {
	case errors.Is(err, errNotEnforced), errors.As(err, &refused), errors.As(err, &outage):
		return false
	case errors.As(err, &broken):
		return passingStatus(broken.status)
	case err != nil:
		return true
	}
	return passingStatus(res.StatusCode)
}

func passingStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// pause waits before the nth repetition: twice as long each time, by a random
// share of it, so that clients who failed together do not come back together; or
// as long as Stytch asks, if that is longer. It reports whether there is time left
// for the repetition at all.
func pause(req *http.Request, n int, asked time.Duration) bool {
	ctx := req.Context()
	wait := max(asked, backoff.Wait(ctx, firstBackoff, longestBackoff, n))
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false // to wait for nothing would only make the caller late
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// again returns the request for another attempt. A RoundTripper must not change
// the one that it was given.
func again(req *http.Request) (*http.Request, error) {
	out := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	return out, nil
}
