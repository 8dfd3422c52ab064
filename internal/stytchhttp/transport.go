// Package stytchhttp carries calls to Stytch: the transport of the client with its retries,
// its circuit breaker and its bounds, and what an error of Stytch means.
package stytchhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/breaker"
	"github.com/promptgrimoire/auth/internal/limit"
)

// maxAnswer bounds an answer of Stytch. A page of a thousand members with full
// metadata stays below it.
const maxAnswer = 16 << 20

// defaultTimeout bounds a call of a client whose configuration names no other time.
const defaultTimeout = 10 * time.Second

// NewClient returns the http.Client of a stytchclient.Client. A nil next is
// [DefaultTransport], a timeout of zero 10 seconds, and retries of zero the default; negative
// retries are none. It makes no call.
func NewClient(next http.RoundTripper, timeout time.Duration, retries int, clock *Clock, sources *limit.Sources, outages *breaker.Breaker) *http.Client {
	if next == nil {
		next = DefaultTransport()
	}
	if timeout == 0 {
		timeout = defaultTimeout
	}
	if retries == 0 {
		retries = defaultRetries
	}
	return &http.Client{
		Transport: &transport{next: clientShare{memberTransport{next}, sources}, retries: max(retries, 0), timeout: timeout, clock: clock, breaker: outages},
		Timeout:   timeout,
		// An API does not redirect; a proxy in between does, and the project
		// secret must not follow.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// DefaultTransport returns the transport that clients use if they are given none.
func DefaultTransport() http.RoundTripper {
	std, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	// net/http keeps two idle connections per host, and all our traffic goes to
	// one host: a lecture theatre would dial anew for nearly every sign-in.
	own := std.Clone()
	own.MaxIdleConnsPerHost = 64
	return own
}

// transport keeps what the SDK loses: the status and Retry-After of an answer
// that is not JSON, and a bound on its size. It repeats what may be repeated, and makes
// no call while Stytch is known not to answer: see guarded.
type transport struct {
	next    http.RoundTripper
	retries int // how often after the first attempt
	timeout time.Duration
	clock   *Clock
	breaker *breaker.Breaker
}

// Answer is what a call learns about its answer besides the body. The call puts
// one in its context; the transport fills it.
type Answer struct {
	RetryAfter time.Duration
	unanswered bool                      // an attempt before the last one may have been carried out
	outage     *grimoireauth.OutageError // the last attempt got no answer, or a 5xx; nil if it got another
}

type answerKey struct{}

// WithAnswer returns a context for one call, and the Answer that the transport fills in.
func WithAnswer(ctx context.Context) (context.Context, *Answer) {
	a := new(Answer)
	return context.WithValue(ctx, answerKey{}, a), a
}

// notStytch is an answer that did not come from Stytch's API, or came from it
// broken: a proxy's error page, a redirect, a body that is too large.
type notStytch struct {
	status     int
	RetryAfter time.Duration
	problem    string
}

func (e *notStytch) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.problem) }

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	a, _ := req.Context().Value(answerKey{}).(*Answer)
	if a == nil {
		a = new(Answer)
	}
	res, asked, err := t.guarded(req, a)
	for n := 0; n < t.retries && passes(res, err) && repeatable(req); n++ {
		if req.Context().Err() != nil || !pause(req, n, asked) {
			break
		}
		next, bodyErr := again(req)
		if bodyErr != nil {
			break
		}
		a.unanswered = a.unanswered || !turnedAway(res, err)
		res, asked, err = t.guarded(next, a)
	}
	a.RetryAfter = asked
	return res, err
}

// turnedAway reports whether the outcome of an attempt was 429: of what is
// repeated, the one answer that says that nothing was done.
func turnedAway(res *http.Response, err error) bool {
	var broken *notStytch
	if errors.As(err, &broken) {
		return broken.status == http.StatusTooManyRequests
	}
	return err == nil && res.StatusCode == http.StatusTooManyRequests
}

// attempt makes the request once. It also returns how long Stytch asks to wait.
func (t *transport) attempt(req *http.Request) (*http.Response, time.Duration, error) {
	sent := time.Now()
	res, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, 0, err
	}
	received := time.Now()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	wait := retryAfter(res.Header.Get("Retry-After"), received)
	switch {
	case err != nil:
		return nil, wait, fmt.Errorf("read the answer: %w", err)
	case len(body) > maxAnswer:
		return nil, wait, &notStytch{res.StatusCode, wait, "the answer is larger than 16 MiB"}
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated && !isErrorEnvelope(body):
		return nil, wait, &notStytch{res.StatusCode, wait, "the answer is not Stytch's"}
	}
	t.clock.read(res.Header, sent, received)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, wait, nil
}

// isErrorEnvelope reports whether the body is Stytch's error object. Only its
// error_type decides anything, so only that is asked for.
func isErrorEnvelope(body []byte) bool {
	var envelope struct {
		ErrorType string `json:"error_type"`
	}
	return json.Unmarshal(body, &envelope) == nil && envelope.ErrorType != ""
}

// retryAfter reads the header in both forms of RFC 9110, section 10.2.3. What it
// cannot read it takes for absent; an hour is the most it believes.
func retryAfter(header string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(seconds, 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}
