package jwtlocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// fetcher asks for a key set.
type fetcher struct{ client *http.Client }

const (
	// fetchDeadline bounds one fetch from the first byte sent to the last one read.
	fetchDeadline = 5 * time.Second
	// maxAnswer bounds the body, counted after decompression. A Stytch key set has
	// a few kilobytes.
	maxAnswer = 1 << 20
	// maxAnswerHeader bounds the header of an answer, with our own transport.
	maxAnswerHeader = 64 << 10
)

var errAnswerSize = errors.New("the key set answer is too long")

func newFetcher(transport http.RoundTripper) fetcher {
	if transport == nil {
		transport = http.DefaultTransport
		if standard, ok := transport.(*http.Transport); ok {
			own := standard.Clone()
			own.MaxResponseHeaderBytes = maxAnswerHeader
			transport = own
		}
	}
	return fetcher{client: &http.Client{
		Transport: transport,
		// The keys are where they were configured to be. A redirect would let
		// whoever answers name somebody else to be believed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// fetch asks for the key set once. The error says why nothing was taken over.
func (f fetcher) fetch(ctx context.Context, url string) (p parsed, err error) {
	// A transport is somebody else's code; what it breaks must not take the
	// process down from a goroutine that nobody can guard.
	defer func() {
		if r := recover(); r != nil {
			p, err = parsed{}, fmt.Errorf("the transport panicked with a %T", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, fetchDeadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return parsed{}, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "grimoireauth")
	response, err := f.client.Do(request)
	if err != nil {
		return parsed{}, err
	}
	defer func() { _ = response.Body.Close() }() // nothing was written; a failure to close means nothing
	if response.StatusCode != http.StatusOK {
		return parsed{}, &keysStatus{response.StatusCode}
	}
	body, err := readAtMost(ctx, response.Body, maxAnswer)
	if err != nil {
		return parsed{}, err
	}
	return parseKeys(body)
}

// keysStatus is an answer that is no key set by its status.
type keysStatus struct{ status int }

func (e *keysStatus) Error() string { return fmt.Sprintf("the key set answer has status %d", e.status) }

// readAtMost reads all of r, and allocates at most about twice limit on the way. It
// looks at the deadline itself, since not every transport's body does.
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
			return nil, errAnswerSize
		case len(body) == cap(body):
			body = append(make([]byte, 0, min(2*cap(body), limit+1)), body...)
		}
	}
}
