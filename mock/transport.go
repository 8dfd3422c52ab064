package mock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/promptgrimoire/auth/mock/internal/core"
)

// RoundTrip answers the request in process, whatever host it is for. It
// implements [http.RoundTripper]: give it to an [http.Client], or to the
// Transport of a Config of this module. There is no network and no goroutine;
// the call returns when the answer is ready or the request's context ends. A
// connection that a fault rule drops is an error that matches
// [syscall.ECONNRESET].
func (s *Stytch) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }() // as the contract of RoundTripper asks
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	// A server does not see the client's request, but what arrives of it. The
	// address it arrived on is not passed on: in process, no client is remote.
	arrived := req.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, nil))
	if arrived.Method == "" {
		arrived.Method = http.MethodGet
	}
	out, err := s.respond(arrived)
	switch {
	case errors.Is(err, errDropped):
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("%w: %w", syscall.ECONNRESET, err)}
	case err != nil:
		return nil, err
	}
	res := &http.Response{
		Status:        fmt.Sprintf("%d %s", out.Status, http.StatusText(out.Status)),
		StatusCode:    out.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        out.Header.Clone(),
		ContentLength: int64(len(out.Body)),
		Body:          http.NoBody,
		Request:       req,
	}
	// As net/http's server does: a client may compare its clock with ours.
	if res.Header == nil {
		res.Header = http.Header{}
	}
	if res.Header["Date"] == nil {
		res.Header.Set("Date", core.DateHeader(core.AheadOf(ctx)))
	}
	if arrived.Method != http.MethodHead && len(out.Body) > 0 {
		res.Body = io.NopCloser(bytes.NewReader(out.Body))
		if out.Truncated {
			half := bytes.NewReader(out.Body[:len(out.Body)/2])
			res.Body = io.NopCloser(io.MultiReader(half, brokenReader{}))
		}
	}
	return res, nil
}

// brokenReader is the end of a body that did not arrive.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
