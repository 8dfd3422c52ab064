package attack_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Signed-in members send requests that cause calls, a hundred a second each. No share
// limits them, since their credentials are known, and they do not delay others.
func TestX01_MembersWhoAskAllTheTime(t *testing.T) {
	for name, path := range map[string]string{"classes": "/auth/switch", "fresh": "/fresh"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSchool(t, setting{address: direct})
				var theirs, ours record
				s.newPerson(999, peer(v4(203, 0, 999)), &ours).send("GET", "/auth/?class="+s.class.Slug, nil, http.StatusOK)
				ours.delays = nil
				until := time.Now().Add(5 * time.Second)
				var all sync.WaitGroup
				for n := range 10 {
					eve := s.newPerson(n, peer(v4(198, 51, n)), &theirs)
					eve.signedIn(false)
					all.Go(func() {
						for time.Now().Before(until) {
							all.Go(func() { eve.send("GET", path, url.Values(nil), http.StatusOK) })
							time.Sleep(10 * time.Millisecond)
						}
					})
				}
				for n := range 50 {
					p := s.newPerson(100+n, peer(v4(203, 0, n)), &ours)
					p.signedIn(true)
					all.Go(func() { p.reads(until, time.Second) })
					comer := s.newPerson(200+n, peer(v4(203, 0, n)), &ours)
					all.Go(func() { comer.signIn([]string{"magic_link", "email_otp"}[n%2]) })
				}
				all.Wait()
				t.Logf("members: %d served, %d not; others: %d served, delay p99 %v; %d calls", theirs.served, len(theirs.refused), ours.served, ours.percentile(.99), s.network.calls[""])
				require.Empty(t, ours.refused)
				require.Less(t, ours.percentile(.99), 50*time.Millisecond)
			})
		})
	}
}
