package middleware_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// F15: an hour in which Stytch fails in every way there is, while a class is at
// work. It signs no member out: no cookie is deleted, and afterwards every session goes on.
func TestF15_AnHourOfFaults(t *testing.T) {
	const keys = "GET /v1/b2b/sessions/jwks/{project_id}"
	faults := []mock.Fault{
		{Endpoint: authenticate, Status: 500},
		{Endpoint: authenticate, Status: 502, Body: "<html>bad gateway</html>"},
		{Endpoint: authenticate, Status: 429, RetryAfter: 3 * time.Second},
		{Endpoint: authenticate, Drop: true},
		{Endpoint: authenticate, Drop: true, Late: true},
		{Endpoint: authenticate, Latency: time.Minute},
		{Endpoint: authenticate, Latency: 2 * time.Second},
		{Endpoint: authenticate, Status: 200, Body: "{}"},
		{Endpoint: authenticate, Status: 200, Body: `{"status_code":200,"member_ses`},
		{Endpoint: authenticate, Status: 404, Body: "not found"},
		{Endpoint: authenticate, Status: 401, ErrorType: "unauthorized_credentials"},
		{Endpoint: authenticate, Status: 401, ErrorType: "something_stytch_added_yesterday"},
		{Endpoint: keys, Status: 500},
		{Endpoint: keys, Status: 200, Body: `{"keys":[]}`},
		{Endpoint: "", Drop: true},
	}
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		app := roster(x.guard, grimoireauth.RoleInstructor)
		var served, refused, deleted, renewed atomic.Int64
		begin := time.Now()
		var class sync.WaitGroup
		var browsers []*browser
		for n := range 30 {
			member := x.stytch.AddInstructor(x.class.ID, fmt.Sprintf("ivy%d@example.edu", n))
			b := newBrowser(t, app)
			b.put(x.stytch.SignIn(member, mock.WithDuration(8*time.Hour)))
			browsers = append(browsers, b)
			class.Go(func() {
				time.Sleep(time.Duration(n) * 331 * time.Millisecond)
				for time.Since(begin) < time.Hour {
					res := b.get("/classes/" + string(x.class.ID) + "/roster")
					switch res.StatusCode {
					case http.StatusOK:
						served.Add(1)
					case http.StatusServiceUnavailable:
						refused.Add(1)
					default:
						t.Errorf("status %d after %v", res.StatusCode, time.Since(begin))
						return
					}
					for _, cookie := range res.Cookies() {
						if cookie.MaxAge < 0 || cookie.Value == "" {
							deleted.Add(1)
						} else {
							renewed.Add(1)
						}
					}
					time.Sleep(7 * time.Second)
				}
			})
		}
		class.Go(func() {
			for n := 0; time.Since(begin) < time.Hour-time.Minute; n++ {
				x.stytch.Fail(faults[n%len(faults)])
				if n%5 == 4 {
					x.stytch.RotateKeys(true)
				}
				time.Sleep(200 * time.Second)
				x.stytch.ClearFaults()
				time.Sleep(40 * time.Second)
			}
		})
		class.Wait()
		require.Zero(t, deleted.Load(), "cookies deleted")
		require.NotZero(t, refused.Load(), "the faults were felt")
		require.NotZero(t, renewed.Load(), "and sessions went on between them")
		time.Sleep(time.Minute)
		for _, b := range browsers {
			require.Len(t, b.jar.Cookies(site), 2)
			require.Equal(t, http.StatusOK, b.get("/classes/"+string(x.class.ID)+"/roster").StatusCode)
		}
		t.Logf("%d served, %d told to come back, %d cookies renewed, %d deleted", served.Load(), refused.Load(), renewed.Load(), deleted.Load())
		require.NoError(t, x.verifier.Wait(t.Context()))
	})
}
