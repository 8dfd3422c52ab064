package attack_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A request for a message, or a guess, counts even if the stranger cancels it, since Stytch
// may have carried it out. So cancelling requests does not raise the limits.
func TestX04_GivingUpBuysNothing(t *testing.T) {
	for _, kind := range []string{"magic_link", "email_otp", "reset", "discovery", "password", "code"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSchool(t, setting{address: direct})
				p := s.newPerson(0, peer(v4(203, 0, 1)), new(record))
				p.send("GET", "/auth/?class="+s.class.Slug, nil)
				path, form, most := "/auth/start", url.Values{"class": {s.class.Slug}, "email": {p.email}, "method": {kind}}, 5
				switch kind {
				case "discovery":
					form.Set("class", "")
					form.Set("method", "magic_link")
				case "password":
					form.Set("password", "a guess")
					most = 10
				case "code":
					path, most = "/auth/code", 10
					form.Set("code", "000000")
				}
				clear(s.network.kinds)
				for i := range 150 {
					// A millisecond before the response, or before Stytch gets the call.
					after := []time.Duration{latency - time.Millisecond, latency/2 - time.Millisecond}[i%2]
					ctx, cancel := context.WithTimeout(t.Context(), after)
					r := newRequest("POST", path, form).WithContext(ctx)
					r.RemoteAddr = peer(v4(198, 51, i%9))
					s.serve(r, &cause{source: fmt.Sprint(i % 9)})
					cancel()
					time.Sleep(3 * time.Second)
				}
				calls := 0
				for endpoint, n := range s.network.kinds {
					if strings.HasPrefix(endpoint, "POST ") {
						calls += n
					}
				}
				require.NotZero(t, calls)
				require.LessOrEqual(t, calls, most, s.network.kinds)
			})
		})
	}
}
