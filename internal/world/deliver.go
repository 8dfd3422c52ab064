package world

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// deliver carries a request to one of the processes and the response back, as the
// network and the balancer in front of the processes do.
func (w *World) deliver(x *exchange, r *http.Request) (*http.Response, error) {
	ctx, n := r.Context(), w.network
	x.name = x.errand.next(r.Method + " " + plainPath(r.URL.Path))
	x.sent = w.clock.now()
	number := w.seed.below(w.deployment.Processes, x.name+" to")
	w.mu.Lock()
	x.instance = w.instances[number]
	w.requests++
	w.mu.Unlock()
	x.token = x.instance.setting.carried(r)
	if err := n.clock.sleep(ctx, n.seed.between(leastLatency, mostBrowser, x.name+" up")); err != nil {
		return nil, err
	}
	t, left := n.trouble(toProcess, number, x.name)
	if t != fine {
		x.errand.disturbed.Store(true)
		w.felt(x.name, t)
	}
	switch t {
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case hanging:
		if err := n.clock.sleep(ctx, left); err != nil {
			return nil, err
		}
		return nil, errReset
	case failing, throttled, garbage:
		// A proxy in front of the processes responds in their place.
		x.status = http.StatusBadGateway
		return pageOf(r, x.status, "<!doctype html><title>Bad gateway</title>"), nil
	}
	res := w.serve(ctx, x, r)
	down := n.seed.between(leastLatency, mostBrowser, x.name+" down")
	if t == slow || n.seed.chance(lateAnswers, x.name+" late") {
		down = n.seed.between(leastLatency, mostLate, x.name+" how late")
	}
	if err := n.clock.sleep(ctx, down); err != nil {
		return nil, err
	}
	if t == lost || t == cut {
		w.oracle.events.happened("a request lost")
		return nil, errReset
	}
	return res, nil
}

// serve calls the process's handler.
func (w *World) serve(ctx context.Context, x *exchange, r *http.Request) *http.Response {
	x.arrived = w.clock.now()
	w.oracle.meets(x)
	r = w.clocks.arrives(x.instance.number, r)
	rec := httptest.NewRecorder()
	var res *http.Response
	if streams(x.path) {
		res = w.answers(x.with(ctx), x, r, rec)
	} else {
		x.instance.app.ServeHTTP(rec, r.WithContext(x.with(ctx)))
		res = rec.Result()
	}
	x.answered = w.clock.now()
	x.gone.Store(true)
	x.status = res.StatusCode
	w.clocks.leaves(res.Header)
	w.oracle.clocked(w.clocks, x)
	body := rec.Body.String()
	if streams(x.path) && x.status == http.StatusInternalServerError {
		w.oracle.broken("stream", "%s was answered %d", x.name, x.status)
	}
	w.note("%s -> %d by process %d for %s", x.name, x.status, x.instance.number, x.who)
	w.oracle.answered(x, res.Header, body)
	if ctx.Err() == nil {
		w.oracle.owed(w.network, x, res.Header)
		w.oracle.permits(w.network, x)
	}
	// The page of a sign-out by hand does not say whether the session could be ended. The
	// pages of package signin have one that does.
	if x.signsOut && strings.HasPrefix(x.path, "/auth/") && x.status < 400 && x.who.session != nil && !strings.Contains(res.Header.Get("Location"), "said=") {
		x.instance.tell(x.who.session.id)
		w.oracle.events.happened("signed out")
		w.door.ledger.out(x.who.session.id, x.instance)
	}
	return res
}

// pass carries a browser's request to Stytch, or to the identity provider behind it.
func (w *World) pass(e *errand, r *http.Request) (*http.Response, error) {
	name := e.next(kindOf(r.Method, r.URL.Path))
	if err := w.clock.sleep(r.Context(), w.seed.between(leastLatency, mostBrowser, name)); err != nil {
		return nil, err
	}
	return w.door.RoundTrip(r)
}

func pageOf(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}
}

// plainPath is a path without ids, for names.
func plainPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) > 20 {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// owed reports a broken promise for a request of a signed-in person that was not served
// although it had to be: without recent trouble, without a change of the person, and with
// a live session.
func (o *oracle) owed(n *network, x *exchange, header http.Header) {
	if x.instance.setting.Cookies == scriptCookies && x.token == "" {
		return // the front end decides how long its cookies last
	}
	if x.asked || x.served > 0 || x.who.session == nil || x.who.session != x.asCarried(o.ledger) {
		return
	}
	refused := x.status == http.StatusUnauthorized || x.status >= 500 ||
		x.status == http.StatusSeeOther && strings.Contains(header.Get("Location"), "return_to=")
	if x.path == "/" && x.status == http.StatusOK {
		refused = true // the signed-in person was not recognised
	}
	if !refused {
		return
	}
	from := x.arrived - healing
	if x.status >= 500 && !o.clocks.usableSince(x.instance.number, from) {
		return // a wrong clock is a 503, and never the end of a session
	}
	// A clock that is ahead makes a session and its cookie end earlier.
	early := max(o.clocks.ahead(x.instance.number), 0)
	if x.token == "" {
		early = o.clocks.mostAhead()
	}
	if x.who.session.began <= o.lastWithdrawal() || !n.untroubledSince(from) || x.by != nil && !x.by.leftAlone(from) {
		return
	}
	o.ledger.mu.Lock()
	lives := x.who.session.lives(x.answered + leeway + early)
	o.ledger.mu.Unlock()
	if _, told := x.instance.told(x.who.session.id); told || !lives {
		return
	}
	if x.status >= 500 && o.clocks.behindRevocation(x.instance, x.who.session.member, x.arrived) {
		return
	}
	o.broken("served", "%s was answered %d although %s is signed in and nothing was wrong", x.name, x.status, x.who)
}

// asCarried returns the browser's session, if the request carries its token or lacks it
// because the cookie was dropped too early.
func (x *exchange) asCarried(l *ledger) *session {
	if x.token == "" {
		return x.who.session
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byToken[x.token]
}

// bare sends a request that does not come from a browser of the class.
func (w *World) bare(e *errand, method, path string, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest(method, site+path, nil)
	if change != nil {
		change(r)
	}
	x := &exchange{method: method, path: r.URL.Path, errand: e, asked: strings.HasPrefix(path, "/auth/")}
	ctx, cancel := context.WithTimeout(w.context, time.Minute)
	defer cancel()
	res, err := w.deliver(x, r.WithContext(ctx))
	if err != nil {
		return nil
	}
	return res
}

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
