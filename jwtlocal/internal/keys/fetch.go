package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Fetcher requests a key set.
type Fetcher struct{ Client *http.Client }

const (
	// FetchDeadline bounds one fetch from the first byte sent to the last one read.
	FetchDeadline = 5 * time.Second
	// MaxBody bounds the body, counted after decompression. A Stytch key set has a few
	// kilobytes.
	MaxBody = 1 << 20
	// maxHeader bounds the header of a response, with the default transport.
	maxHeader = 64 << 10
)

// ErrTooLong is a body above [MaxBody].
var ErrTooLong = errors.New("the key set answer is too long")

// NewFetcher returns a Fetcher on this transport. Nil: a copy of http.DefaultTransport with
// bounded response headers.
func NewFetcher(transport http.RoundTripper) Fetcher {
	if transport == nil {
		transport = http.DefaultTransport
		if standard, ok := transport.(*http.Transport); ok {
			own := standard.Clone()
			own.MaxResponseHeaderBytes = maxHeader
			transport = own
		}
	}
	return Fetcher{Client: &http.Client{
		Transport: transport,
		// A redirect would let the host that answers name another one as the source of
		// the keys.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Fetch requests the key set once. The error says why the answer is not used.
func (f Fetcher) Fetch(ctx context.Context, url string) (d Document, err error) {
	// The transport is the application's code. It runs in a goroutine of this module, where
	// no handler recovers its panics.
	defer func() {
		if r := recover(); r != nil {
			d, err = Document{}, fmt.Errorf("the transport panicked with a %T", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, FetchDeadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Document{}, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "grimoireauth")
	response, err := f.Client.Do(request)
	if err != nil {
		return Document{}, err
	}
	defer func() { _ = response.Body.Close() }() // a failure to close a body that was read has no effect
	if response.StatusCode != http.StatusOK {
		return Document{}, &statusError{response.StatusCode}
	}
	body, err := readAtMost(ctx, response.Body, MaxBody)
	if err != nil {
		return Document{}, err
	}
	return Parse(body)
}

// statusError is a response with a status other than 200.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return fmt.Sprintf("the key set answer has status %d", e.status)
}

// readAtMost reads all of r and allocates at most about twice limit. It checks the deadline
// itself, since the body of some transports does not.
func readAtMost(ctx context.Context, r io.Reader, limit int) ([]byte, error) {
	body := make([]byte, 0, 16<<10)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		case len(body) > limit:
			return nil, ErrTooLong
		case len(body) == cap(body):
			body = append(make([]byte, 0, min(2*cap(body), limit+1)), body...)
		}
	}
}
