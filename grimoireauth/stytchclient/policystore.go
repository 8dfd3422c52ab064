package stytchclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/backoff"
	"github.com/stytchauth/stytch-go/v16/stytch/b2b/rbac"
)

// How long a policy counts. Stytch's own SDKs ask again after five minutes; the
// rest is this package's choice.
const (
	// policyFresh is the age from which a policy is replaced behind the traffic.
	policyFresh = 5 * time.Minute
	// policyKept is the age up to which the last good policy answers while Stytch
	// cannot be reached. Afterwards it is not known what is permitted.
	policyKept = 24 * time.Hour
	// policyDeadline bounds one fetch, whatever Config.Timeout says.
	policyDeadline = 10 * time.Second
	// A failed fetch is not repeated at once, so that an outage is not made worse.
	policyWaitLeast = time.Second
	policyWaitMost  = 30 * time.Second
)

// policyStore keeps the project's policy. The zero policyStore is ready and
// empty. One fetch serves everybody who waits for it, and belongs to none of
// their contexts: one that gives up does not end the fetch.
type policyStore struct {
	mu        sync.Mutex    // guards everything below
	policy    *policy       // nil until the first good answer
	asked     time.Time     // when the answer with policy was asked for
	fetching  chan struct{} // closed when the fetch under way has ended; nil if there is none
	failed    error         // why the last fetch failed; nil after a good one
	failures  int           // in a row
	notBefore time.Time     // no fetch before this time, after a failure
}

// current returns a policy that may be relied on, and fetches one if it has to.
// A policy that is merely old is returned at once, and replaced behind the
// request. The error matches ErrUnavailable or ErrRateLimited, or is the
// caller's own context's, joined with ErrUnavailable.
func (s *policyStore) current(ctx context.Context, fetch func(context.Context) (*policy, error)) (*policy, error) {
	for {
		s.mu.Lock()
		now := time.Now()
		age := now.Sub(s.asked)
		known, failed, early := s.policy, s.failed, now.Before(s.notBefore)
		if (known == nil || age >= policyFresh || age < 0) && s.fetching == nil && !early {
			s.begin(context.WithoutCancel(ctx), fetch)
		}
		fetching := s.fetching
		s.mu.Unlock()

		switch {
		// A clock that was set back makes an age negative: nothing is known of it.
		case known != nil && age >= 0 && age < policyKept:
			return known, nil
		case fetching == nil:
			return nil, failed // in the pause after a failure
		}
		select {
		case <-fetching:
			// Its result is in the store. Should it have been spoiled meanwhile, the
			// loop ends through the pause that follows every failure.
		case <-ctx.Done():
			return nil, &grimoireauth.Error{Op: opPolicy, Kind: grimoireauth.ErrUnavailable, Err: context.Cause(ctx)}
		}
	}
}

const opPolicy = "fetch the RBAC policy"

// begin starts a fetch; mu is held. Its goroutine ends by policyDeadline.
func (s *policyStore) begin(ctx context.Context, fetch func(context.Context) (*policy, error)) {
	done := make(chan struct{})
	s.fetching = done
	asked := time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(ctx, policyDeadline)
		defer cancel()
		fetched, err := fetchSafely(ctx, fetch)

		s.mu.Lock()
		defer s.mu.Unlock()
		s.fetching = nil
		close(done)
		if err != nil {
			s.fail(err)
			return
		}
		s.policy, s.asked = fetched, asked
		s.failed, s.failures, s.notBefore = nil, 0, time.Time{}
	}()
}

// fail notes a failed fetch; mu is held. The last good policy stays.
func (s *policyStore) fail(err error) {
	wait := backoff.Pause(policyWaitLeast, policyWaitMost, s.failures)
	if asked, ok := grimoireauth.RetryAfter(err); ok {
		// Believed up to the age at which a policy is asked for anyway: a proxy's
		// hour must not keep a school without its permissions for an hour.
		wait = max(wait, min(asked, policyFresh))
	}
	s.failures++
	s.failed, s.notBefore = err, time.Now().Add(wait)
}

// fetchSafely keeps a transport that panics from taking the process down: this
// goroutine belongs to no request, so no other code could recover.
func fetchSafely(ctx context.Context, fetch func(context.Context) (*policy, error)) (p *policy, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, &grimoireauth.Error{Op: opPolicy, Kind: grimoireauth.ErrUnavailable, Detail: fmt.Sprintf("the transport panicked with a %T", r)}
		}
	}()
	return fetch(ctx)
}

// fetchPolicy asks Stytch once. No answer about the policy says anything about
// the person who waits for it, so every error but a rate limit is
// ErrUnavailable.
// Source: https://stytch.com/docs/b2b/api/get-rbac-policy
func (c *Client) fetchPolicy(ctx context.Context) (*policy, error) {
	res, err := call(ctx, c, opPolicy, func(ctx context.Context) (*rbac.PolicyResponse, error) {
		return c.api.RBAC.Policy(ctx, &rbac.PolicyParams{})
	})
	if err != nil {
		var e *grimoireauth.Error
		if errors.As(err, &e) && !errors.Is(e.Kind, grimoireauth.ErrRateLimited) {
			e.Kind = grimoireauth.ErrUnavailable
		}
		return nil, err
	}
	p, ok := newPolicy(res.Policy)
	if !ok {
		return nil, incomplete(opPolicy, res.RequestID, "has no policy")
	}
	return p, nil
}
