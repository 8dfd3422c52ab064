package world

import (
	"context"
	"strings"
	"sync/atomic"
	"time"
)

// identity is the session that a browser is in: the one whose sign-in response has
// reached it last, or none if the response to a sign-out has reached it since.
type identity struct {
	session *session // nil: no one is signed in
	// spared is a session that began under other names of the cookies, after the request
	// was sent whose response has signed the browser out. It may or may not be served.
	spared *session
	since  time.Duration
}

func (i identity) String() string {
	if i.session == nil {
		return "no one"
	}
	return i.session.member.email
}

// exchange is one request to a process and its result.
type exchange struct {
	name         string
	method, path string
	computer     *computer // nil: no browser of the class, such as a stranger's
	errand       *errand
	instance     *instance
	who          identity // of the browser when the request was sent
	by           *person  // who sat there then
	token        string   // the session_token that it carried, without the rest of the cookie

	sent     time.Duration
	arrived  time.Duration // at the process
	answered time.Duration // by the process
	gone     atomic.Bool   // the response has left the process
	status   int
	served   int  // how often a handler was called for a person
	signsOut bool // it is a form that signs out
	asked    bool // the pages were asked to sign in or to switch
}

type exchangeKey struct{}

func (x *exchange) with(ctx context.Context) context.Context {
	return context.WithValue(x.errand.with(ctx), exchangeKey{}, x)
}

// String names the exchange in the print of a context.
func (x *exchange) String() string { return "exchange " + x.name }

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// begins reports whether the request leads to a provider.
func (x *exchange) begins() bool {
	return strings.HasPrefix(x.path, "/auth/oauth/") || strings.HasPrefix(x.path, "/auth/sso/")
}
