package stytchclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

const revokeEndpoint = "POST /v1/b2b/sessions/revoke"

// largeSchool is one person in many classes, and what is seen of RevokeEverywhere.
type largeSchool struct {
	stytch   *mock.Stytch
	client   *stytchclient.Client
	sessions []grimoireauth.Credentials

	mu             sync.Mutex // guards what follows
	inFlight, most int        // revoking calls
	calls          int
	revoked        map[grimoireauth.MemberID]int // how often their revocation was recorded
	before         int                           // members whose revocation was recorded before the first call
	steps          []grimoireauth.StepDone
}

func newLargeSchool(t *testing.T, classes int) *largeSchool {
	l := &largeSchool{revoked: make(map[grimoireauth.MemberID]int)}
	l.stytch, l.client = school(t, func(c *stytchclient.Config) {
		next := c.Transport
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/sessions/revoke") || r.Context().Err() != nil {
				return next.RoundTrip(r) // with an ended context it sends nothing
			}
			l.count(1)
			defer l.count(-1)
			return next.RoundTrip(r)
		})
		c.OnRevoke = func(_ context.Context, revocation grimoireauth.Revocation) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.revoked[revocation.Member]++
			return nil
		}
		c.Observe = func(_ context.Context, event grimoireauth.Event) {
			if step, ok := event.(grimoireauth.StepDone); ok {
				l.steps = append(l.steps, step) // one at a time, as StepDone promises: -race watches
			}
		}
	})
	for i := range classes {
		class := l.stytch.AddClass(fmt.Sprintf("Class %d", i)).ID
		l.sessions = append(l.sessions, l.stytch.SignIn(l.stytch.AddStudent(class, "sam@example.edu")))
	}
	return l
}

// count notes that a call begins, or that it ends, and returns how many have begun.
func (l *largeSchool) count(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight += n
	l.most = max(l.most, l.inFlight)
	if l.calls == 0 {
		l.before = len(l.revoked)
	}
	l.calls += max(n, 0)
	return l.calls
}

func (l *largeSchool) revoke(ctx context.Context) ([]stytchclient.RevokedMember, error) {
	l.mu.Lock()
	l.steps, l.calls = nil, 0
	clear(l.revoked)
	l.mu.Unlock()
	return l.client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: "sam@example.edu"})
}

// live returns how many of the sessions Stytch still accepts.
func (l *largeSchool) live(t *testing.T) int {
	t.Helper()
	l.stytch.ClearFaults()
	live := 0
	for _, session := range l.sessions {
		if _, err := l.client.Sessions.Authenticate(context.Background(), session); err == nil {
			live++
		} else {
			require.ErrorIs(t, err, grimoireauth.ErrSessionEnded)
		}
	}
	return live
}

func TestRevokeEverywhereInALargeSchool(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLargeSchool(t, 500)
		for range 2 { // it can be repeated
			l.stytch.Fail(mock.Fault{Latency: 100 * time.Millisecond})
			began := time.Now()
			report, err := l.revoke(t.Context())
			took := time.Since(began)
			require.NoError(t, err)
			t.Logf("%d classes in %v", len(report), took)
			require.Less(t, took, 10*time.Second)
			require.Len(t, report, 500)
			require.Len(t, l.revoked, 500)
			require.LessOrEqual(t, l.most, 8)
			require.Equal(t, 500, l.before, "no old session_jwt waits for its turn")

			require.Len(t, l.steps, 500)
			byClass := make(map[grimoireauth.ClassID]bool)
			for i, step := range l.steps {
				byClass[step.Class] = true
				step.Class = ""
				require.Equal(t, grimoireauth.StepDone{Op: "revoke sessions everywhere", Done: i + 1, Total: 500}, step)
			}
			for i, step := range report {
				require.NoError(t, step.Err)
				require.True(t, byClass[step.Class])
				require.Equal(t, 2, l.revoked[step.Member], "recorded before the call and after it")
				require.True(t, i == 0 || report[i-1].Class != step.Class)
			}
			require.Zero(t, l.live(t))
		}
	})
}

// The order of the report is that in which the classes are found, whichever call is first.
func TestRevokeEverywhereReportsInOrder(t *testing.T) {
	l := newLargeSchool(t, 130)
	report, err := l.revoke(t.Context())
	require.NoError(t, err)
	var found []grimoireauth.Person
	for membership, err := range l.client.Roster.ClassesOf(t.Context(), stytchclient.Identity{Email: "sam@example.edu"}) {
		require.NoError(t, err)
		found = append(found, membership.Member.Person)
	}
	require.Len(t, report, len(found))
	for i, step := range report {
		require.Equal(t, found[i], step.Person)
	}
}

// A few calls fail: each class has its own outcome, and the next call does what is left.
func TestRevokeEverywhereInPart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLargeSchool(t, 50)
		l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Times: 20})
		l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Status: 403, Times: 7})
		report, err := l.revoke(t.Context())
		require.ErrorIs(t, err, grimoireauth.ErrForbidden)
		failed := 0
		for _, step := range report {
			if step.Err != nil {
				failed++
			}
		}
		require.Equal(t, 7, failed)
		last := l.steps[len(l.steps)-1]
		require.Equal(t, []int{50, 7, 50}, []int{last.Done, last.Failed, last.Total})
		require.Equal(t, 7, l.live(t))
		require.NoError(t, errorOf(l.revoke(t.Context())))
		require.Zero(t, l.live(t))
	})
}

// Every member who was found is revoked here, whatever Stytch answers and however long it
// takes; the calls end soon when Stytch does not answer.
func TestRevokeEverywhereInAnOutage(t *testing.T) {
	for name, fault := range map[string]mock.Fault{
		"no answer":   {Endpoint: revokeEndpoint, Latency: time.Hour},
		"broken":      {Endpoint: revokeEndpoint, Status: 503},
		"unreachable": {Endpoint: revokeEndpoint, Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLargeSchool(t, 300)
				l.stytch.Fail(fault)
				began := time.Now()
				report, err := l.revoke(t.Context())
				require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
				require.Len(t, report, 300)
				require.Len(t, l.revoked, 300)
				for _, step := range report {
					require.ErrorIs(t, step.Err, grimoireauth.ErrUnavailable)
				}
				t.Logf("%v, %d calls", time.Since(began), l.calls)
				require.Less(t, time.Since(began), 30*time.Second)
				require.LessOrEqual(t, l.calls, 3*(16+8))
			})
		})
	}
}

// The caller goes away: no further call is made, and all revocations are in force here.
func TestRevokeEverywhereIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLargeSchool(t, 200)
		l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Latency: 100 * time.Millisecond})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		report, err := l.revoke(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		require.Len(t, report, 200)
		require.Len(t, l.revoked, 200)
		require.NoError(t, report[0].Err)
		require.ErrorIs(t, report[199].Err, grimoireauth.ErrUnavailable)
		require.LessOrEqual(t, l.calls, 80+8)
		synctest.Wait()
		require.Zero(t, l.inFlight)
	})
}

// While Stytch asks to wait, no call is made. Then all of it goes on.
func TestRevokeEverywhereWaitsAsStytchAsks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLargeSchool(t, 40)
		// Longer than the client repeats calls.
		l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Status: 429, RetryAfter: 20 * time.Second, Latency: 50 * time.Millisecond, Times: 8})
		began := time.Now()
		report, err := l.revoke(t.Context())
		require.NoError(t, err)
		require.Len(t, report, 40)
		require.Equal(t, 48, l.calls, "eight calls were refused, and none was made meanwhile")
		require.GreaterOrEqual(t, time.Since(began), 20*time.Second)
		require.Less(t, time.Since(began), 21*time.Second)
		require.Zero(t, l.live(t))
	})
}

// It does not wait for ever, and asks a Stytch that is asked too often no further.
func TestRevokeEverywhereGivesUp(t *testing.T) {
	for name, row := range map[string]struct {
		fault mock.Fault
		calls int           // at most
		most  time.Duration // until it gives up
	}{
		"an hour":     {mock.Fault{Endpoint: revokeEndpoint, Status: 429, RetryAfter: time.Hour}, 8, time.Second},
		"again":       {mock.Fault{Endpoint: revokeEndpoint, Status: 429, RetryAfter: 15 * time.Second}, 7 * 8, 150 * time.Second},
		"no time":     {mock.Fault{Endpoint: revokeEndpoint, Status: 429}, 3 * 7 * 8, 150 * time.Second},
		"some passed": {mock.Fault{Endpoint: revokeEndpoint, Status: 429, RetryAfter: time.Minute}, 8, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLargeSchool(t, 100)
				passed := 0
				if name == "some passed" {
					passed = 24
					l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Times: passed})
				}
				l.stytch.Fail(row.fault)
				began := time.Now()
				report, err := l.revoke(t.Context())
				require.ErrorIs(t, err, grimoireauth.ErrRateLimited)
				require.LessOrEqual(t, time.Since(began), row.most)
				require.LessOrEqual(t, l.calls, row.calls+passed)
				require.Len(t, report, 100)
				require.Len(t, l.revoked, 100, "all are revoked here")
				require.Len(t, l.steps, 100)
				require.Equal(t, 100-passed, l.steps[99].Failed)
				for _, step := range report {
					if step.Err != nil {
						require.ErrorIs(t, step.Err, grimoireauth.ErrRateLimited)
					}
				}
				require.Equal(t, 100-passed, l.live(t))
				require.NoError(t, errorOf(l.revoke(t.Context())))
				require.Zero(t, l.live(t))
			})
		})
	}
}

// What OnRevoke returns belongs to the member whose revocation may not be in force.
func TestRevokeEverywhereReportsWhatWasNotRecorded(t *testing.T) {
	broken := errors.New("the store is full")
	stytch, client := school(t, func(c *stytchclient.Config) {
		c.OnRevoke = func(context.Context, grimoireauth.Revocation) error { return broken }
	})
	for i := range 3 {
		stytch.AddStudent(stytch.AddClass(fmt.Sprintf("Class %d", i)).ID, "sam@example.edu")
	}
	report, err := client.Sessions.RevokeEverywhere(t.Context(), stytchclient.Identity{Email: "sam@example.edu"})
	require.ErrorIs(t, err, grimoireauth.ErrUnavailable)
	require.Len(t, report, 3)
	for _, step := range report {
		require.ErrorIs(t, step.Err, grimoireauth.ErrUnavailable)
		require.ErrorIs(t, step.Err, broken)
	}
}

// A transport that panics does so for the caller, and no goroutine goes on.
func TestRevokeEverywherePanicsForItsCaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLargeSchool(t, 50)
		l.stytch.Fail(mock.Fault{Endpoint: revokeEndpoint, Latency: time.Second})
		client, err := stytchclient.New(stytchclient.Config{
			ProjectID: l.stytch.ProjectID(), Secret: l.stytch.Secret(), BaseURL: l.stytch.BaseURL(),
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/sessions/revoke") {
					return l.stytch.RoundTrip(r)
				}
				number := l.count(1)
				defer l.count(-1)
				if number == 3 {
					panic("a transport")
				}
				return l.stytch.RoundTrip(r)
			}),
		})
		require.NoError(t, err)
		require.PanicsWithValue(t, "a transport", func() {
			_, _ = client.Sessions.RevokeEverywhere(t.Context(), stytchclient.Identity{Email: "sam@example.edu"})
		})
		require.Zero(t, l.inFlight)
		require.LessOrEqual(t, l.calls, 9)
		time.Sleep(time.Minute) // net/http leaves the timer of a request whose transport panics
	})
}
