package mock

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/internal/wiretap"
)

// maxBody bounds a request body. Stytch's own bound is not published; metadata
// and claims are limited to kilobytes.
const maxBody = 1 << 20

// errDropped says that a fault rule dropped the connection.
var errDropped = errors.New("mock: the connection was dropped, as a fault rule asks")

// ServeHTTP answers as Stytch does. It implements [http.Handler]. A connection
// that a fault rule drops ends in [http.ErrAbortHandler].
func (s *Stytch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.answer(r)
	if err != nil {
		// The client is gone, or is to see a broken connection.
		panic(http.ErrAbortHandler)
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	if out.cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body[:len(out.body)/2]) // nobody to tell either
		_ = http.NewResponseController(w).Flush()  // who cannot flush, breaks off sooner
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(out.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out.body) // nobody to tell: the client went away
	}
}

// answer is the whole life of a request: find, fault, authorize, serve, note. Its
// error is the context's, or that of a dropped connection.
func (s *Stytch) answer(r *http.Request) (reply, error) {
	s.configure()
	found := find(routes, r.Method, r.URL)
	requestID := s.core.newID("request-id")
	entry := Request{
		Method:    r.Method,
		Endpoint:  found.endpointName(),
		Path:      r.URL.EscapedPath(),
		RequestID: requestID,
	}
	// Before the lock, and before a fault strikes: a client that sends slowly must
	// not hold up the others, and one that was dropped has still sent its request.
	body, err := readBody(r)
	if err != nil {
		return reply{}, err
	}
	rule, struck := s.strike(entry.Endpoint)
	entry.Faulted = struck
	if struck {
		if err := wait(r.Context(), rule.Latency); err != nil {
			s.note(entry)
			return reply{}, err
		}
	}
	var out reply
	if !struck || rule.answersNothing() || rule.Late {
		out = s.core.process(r, found, body, requestID)
	}
	if struck && !rule.answersNothing() {
		if rule.Drop {
			s.note(entry)
			return reply{}, errDropped
		}
		out = rule.reply(requestID)
	}
	out.cut = struck && rule.Truncate && len(out.body) > 0
	entry.Status, entry.ErrorType = out.status, out.errorType
	s.note(entry)
	wiretap.Report(wiretap.Exchange{
		Method: r.Method, URL: r.URL, RequestHeader: r.Header, RequestBody: body,
		Status: out.status, Header: out.header, Body: out.body, Faulted: struck && !rule.answersNothing(),
	})
	return out, nil
}

// process answers a request that no fault stands in the way of. Credentials are
// looked at before the route, as observed: a stranger learns no route names.
func (s *server) process(r *http.Request, found match, body []byte, requestID string) reply {
	if !s.remote && isRemote(r) {
		return refused(refuse(kindRemote), requestID)
	}
	if !found.public {
		if err := s.checkCredentials(r); err != nil {
			return refused(err, requestID)
		}
	}
	switch {
	case found.route == nil && len(found.methods) > 0:
		wrong := refuse("method_not_allowed")
		wrong.allow = found.methods
		return refused(wrong, requestID)
	case found.route == nil:
		return refused(refuse("route_not_found"), requestID)
	case found.route.serve == nil:
		return refused(refuseField(kindNotBuilt, found.route.endpoint), requestID)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{
		server: s,
		now:    time.Now().UTC().Truncate(time.Microsecond),
		ahead:  aheadOf(r.Context()),
		params: found.params,
		query:  r.URL.Query(),
		body:   body,
	}
	if found.route.access == byMember {
		if err := c.identifyCaller(r.Header); err != nil {
			return refused(asRefusal(err), requestID)
		}
	}
	out, err := found.route.serve(c)
	if err != nil {
		return refused(asRefusal(err), requestID)
	}
	// Encoded under the lock, because the answer refers to what is stored.
	return succeeded(out, requestID)
}

// asRefusal returns the refusal in err. Anything else is a mistake of this
// package, and must not be taken for an answer of Stytch's.
func asRefusal(err error) *refusal {
	var r *refusal
	if !errors.As(err, &r) {
		panic("mock: " + err.Error())
	}
	return r
}

// isRemote reports whether the request arrived over a network. A real server
// says in the context which of its addresses the client connected to; a handler
// that is called directly has none.
func isRemote(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	if local.Network() == "unix" {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err != nil || !at.Addr().Unmap().IsLoopback()
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
}

// wait lets d pass, or returns the context's error.
func wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
