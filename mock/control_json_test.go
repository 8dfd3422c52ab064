package mock

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/promptgrimoire/auth/mock/internal/control"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/stretchr/testify/require"
)

// What StrictJSON takes, encoding/json takes as well, and as the same; it is
// stricter only.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"status":429,"times":2}`, `{"status":1,"status":2}`, `{"Status":1}`, `[]`, `{"body":"\u0000"}`, ` {"drop":true} `, `{"a":{}}`, "", `{"":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var strict, lax control.FaultRequest
		if core.StrictJSON(raw, &strict) != nil || len(strings.TrimSpace(string(raw))) == 0 {
			return
		}
		require.NoError(t, json.Unmarshal(raw, &lax))
		require.Equal(t, lax, strict)
	})
}

func FuzzSeed(f *testing.F) {
	f.Add([]byte(`{"organizations":[{"organization_name":"A","organization_slug":"aa","members":[{"email_address":"ada@example.edu"}]}]}`))
	f.Add([]byte(`{"roles":[{"id":"marker","permissions":[{"resource":"class","actions":["mark"]}]}],"redirect_urls":["http://localhost/"]}`))
	f.Add([]byte(`{"personas":[{"email":"ada@example.edu","attributes":{"a":1}}],"lock_after":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := new(Stytch)
		if err := s.Seed(raw); err != nil {
			require.Empty(t, s.core.State.Organizations, "nothing is kept of a wrong seed")
		}
	})
}

// Everything at once, for the race detector: snapshots are taken while calls are
// answered, and restored under the feet of sign-ins.
func TestControlIsSafeForConcurrentUse(t *testing.T) {
	s := new(Stytch)
	s.SignIn(s.AddInstructor(s.AddClass("LAWS1100").ID, "ada@example.edu"))
	control := s.Control()
	send := func(handler http.Handler, method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth(s.ProjectID(), s.Secret().Reveal())
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	state := send(control, "GET", "/fake/state", "").Body.String()
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 15 {
				send(control, "POST", "/fake/login", fmt.Sprintf(`{"organization_id":"laws1100","email_address":"p%d-%d@example.edu"}`, n, i))
				send(s, "POST", "/v1/b2b/magic_links/email/login_or_signup", `{"organization_id":"laws1100","email_address":"ada@example.edu"}`)
				send(control, "GET", "/", "")
				send(control, "POST", "/fake/age", `{"by":"1s"}`)
				send(control, "GET", "/fake/state", "")
				if i%5 == n {
					send(control, "PUT", "/fake/state", state)
					send(control, "POST", "/fake/reset", "")
				}
			}
		})
	}
	group.Wait()
	require.Equal(t, http.StatusOK, send(control, "PUT", "/fake/state", state).Code)
	require.True(t, state == send(control, "GET", "/fake/state", "").Body.String(), "the last restore is what is there")
}

// A snapshot of a whole school has to stay a matter of seconds.
func BenchmarkSnapshot(b *testing.B) {
	s := new(Stytch)
	for i := range 100 {
		class := s.AddClass(fmt.Sprintf("Class %d", i))
		for j := range 100 {
			s.AddStudent(class.ID, fmt.Sprintf("s%d-%d@example.edu", i, j))
		}
	}
	for b.Loop() {
		if err := s.core.Restore(s.core.Snapshot(), true); err != nil {
			b.Fatal(err)
		}
	}
}
