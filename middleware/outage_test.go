package middleware_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/jwtlocal"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/mock"
)

// blackhole is a network in which, for a time, every request is lost: what was sent into
// it is never answered, also when it is over.
type blackhole struct {
	next  http.RoundTripper
	lost  atomic.Bool
	calls atomic.Int64 // that were lost
}

func (b *blackhole) RoundTrip(req *http.Request) (*http.Response, error) {
	if !b.lost.Load() {
		select {
		case <-time.After(50 * time.Millisecond):
			return b.next.RoundTrip(req)
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	b.calls.Add(1)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// One minute in which nothing reaches Stytch. The process finds it out once, so that
// almost every request is answered at once, and notices its end as soon.
func TestX07_Blackhole(t *testing.T) {
	const people, parallel = 200, 20
	oneOrganization := func(context.Context, grimoireauth.Session, grimoireauth.ClassID) (grimoireauth.Role, error) {
		return grimoireauth.RoleStudent, nil
	}
	for name, tt := range map[string]struct {
		roles grimoireauth.RoleFunc
		class string // in the address, if it is not the Organization
	}{
		"one Organization per class": {},
		"one Organization":           {roles: oneOrganization, class: "torts"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stytch := new(mock.Stytch)
				class := stytch.AddClass("LAWS1100")
				network := &blackhole{next: stytch}
				client, err := stytchclient.New(stytchclient.Config{ProjectID: stytch.ProjectID(), Secret: stytch.Secret(), Transport: network})
				require.NoError(t, err)
				verifier, err := jwtlocal.New(jwtlocal.Config{ProjectID: stytch.ProjectID(), Transport: network, Refresh: client.Sessions.Authenticate})
				require.NoError(t, err)
				guard := newGuard(t, verifier.Authenticate, middleware.Config{Role: tt.roles})
				app := roster(guard, grimoireauth.RoleStudent)
				if tt.class == "" {
					tt.class = string(class.ID)
				}
				page := "/classes/" + tt.class + "/roster"

				draw := rand.New(rand.NewPCG(1, 1))
				begin := time.Now()
				lost, back := begin.Add(30*time.Second), begin.Add(90*time.Second)
				time.AfterFunc(time.Until(lost), func() { network.lost.Store(true) })
				time.AfterFunc(time.Until(back), func() { network.lost.Store(false) })

				var mu sync.Mutex // guards took
				var took []time.Duration
				var refused, deleted, late atomic.Int64
				visit := func(b *browser) {
					var all sync.WaitGroup
					for range parallel {
						all.Go(func() {
							from := time.Now()
							res := b.get(page)
							switch {
							case res.StatusCode == http.StatusServiceUnavailable:
								refused.Add(1)
							case res.StatusCode != http.StatusOK:
								t.Errorf("status %d", res.StatusCode)
							}
							if res.StatusCode != http.StatusOK && !from.Before(back.Add(5*time.Second)) {
								late.Add(1)
							}
							for _, cookie := range res.Cookies() {
								if cookie.MaxAge < 0 || cookie.Value == "" {
									deleted.Add(1)
								}
							}
							if !from.Before(lost.Add(5*time.Second)) && from.Before(back) {
								mu.Lock()
								defer mu.Unlock()
								took = append(took, time.Since(from))
							}
						})
					}
					all.Wait()
				}
				var everybody sync.WaitGroup
				for n := range people {
					member := stytch.AddStudent(class.ID, fmt.Sprintf("ada%d@example.edu", n))
					b := newBrowser(t, app)
					// Some of their session_jwts have expired when they come, and all do, one after
					// the other.
					age := time.Duration(draw.IntN(600)) * time.Second
					b.put(stytch.SignIn(member, mock.WithDuration(8*time.Hour), mock.WithJWTAge(age)))
					first := time.Duration(draw.IntN(60_000)) * time.Millisecond
					everybody.Go(func() {
						time.Sleep(first)
						for time.Now().Before(back.Add(5 * time.Second)) {
							visit(b)
							time.Sleep(20 * time.Second)
						}
						visit(b)
					})
				}
				everybody.Wait()
				require.NoError(t, verifier.Wait(t.Context()))

				slices.Sort(took)
				p := func(percent int) time.Duration { return took[len(took)*percent/100] }
				t.Logf("%d requests: p50 %v, p99 %v, longest %v; %d refused, %d calls lost", len(took), p(50), p(99), took[len(took)-1], refused.Load(), network.calls.Load())
				require.Less(t, p(99), time.Second)
				require.NotZero(t, refused.Load(), "it was felt")
				require.Zero(t, late.Load(), "refused five seconds after its end")
				require.Zero(t, deleted.Load(), "cookies deleted")
			})
		})
	}
}

// The page says when the next try is, as Retry-After does.
func TestX07_ThePageSaysWhen(t *testing.T) {
	for wait, says := range map[time.Duration]string{0: "in 5 seconds", 1500 * time.Millisecond: "in 2 seconds", 400 * time.Millisecond: "in a second"} {
		for _, method := range []string{"GET", "POST"} {
			r := httptest.NewRequest(method, "/", nil)
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			middleware.DefaultRespond("")(w, r, &grimoireauth.Error{Kind: grimoireauth.ErrUnavailable, RetryAfter: wait})
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Contains(t, w.Body.String(), says)
		}
	}
}
