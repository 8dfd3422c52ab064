package mock

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/internal/wiretap"
	"github.com/promptgrimoire/auth/mock/internal/api"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// errDropped says that a fault rule dropped the connection.
var errDropped = errors.New("mock: the connection was dropped, as a fault rule asks")

// ServeHTTP answers as Stytch does. It implements [http.Handler]. A connection
// that a fault rule drops ends in [http.ErrAbortHandler].
func (s *Stytch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.respond(r)
	if err != nil {
		// The client is gone, or is to see a broken connection.
		panic(http.ErrAbortHandler)
	}
	for name, values := range out.Header {
		w.Header()[name] = values
	}
	if out.Truncated {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.Body)))
		w.WriteHeader(out.Status)
		_, _ = w.Write(out.Body[:len(out.Body)/2]) // an error means that the client went away
		_ = http.NewResponseController(w).Flush()  // without a flush the connection ends sooner
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(out.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out.Body) // an error means that the client went away
	}
}

// respond is the whole life of a request: find, fault, authorize, serve, note. Its
// error is the context's, or that of a dropped connection.
func (s *Stytch) respond(r *http.Request) (wire.Response, error) {
	s.configure()
	found := core.FindIn(r.Method, r.URL, api.Routes, api.Directory, api.Elsewhere)
	requestID := s.core.NewID("request-id")
	entry := Request{
		Method:    r.Method,
		Endpoint:  found.EndpointName(),
		Path:      r.URL.EscapedPath(),
		RequestID: requestID,
	}
	// Before the lock, and before a fault applies: a client that sends slowly must
	// not hold up the others, and one that was dropped has still sent its request.
	body, err := readBody(r)
	if err != nil {
		return wire.Response{}, err
	}
	rule, faulted := s.matchFault(entry.Endpoint)
	entry.Faulted = faulted
	if faulted {
		if err := wait(r.Context(), rule.Latency); err != nil {
			s.note(entry)
			return wire.Response{}, err
		}
	}
	var out wire.Response
	if !faulted || rule.delaysOnly() || rule.Late {
		out = s.core.Process(r, found, body, requestID)
	}
	if faulted && !rule.delaysOnly() {
		if rule.Drop {
			s.note(entry)
			return wire.Response{}, errDropped
		}
		out = rule.reply(requestID)
	}
	out.Truncated = faulted && rule.Truncate && len(out.Body) > 0
	entry.Status, entry.ErrorType = out.Status, out.ErrorType
	s.note(entry)
	wiretap.Report(wiretap.Exchange{
		Method: r.Method, URL: r.URL, RequestHeader: r.Header, RequestBody: body,
		Status: out.Status, Header: out.Header, Body: out.Body, Faulted: faulted && !rule.delaysOnly(),
	})
	if core.IsIdPPage(r) && out.ErrorType != "" {
		out = wire.AsPage(out)
	}
	return out, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, core.MaxBody+1))
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
