package middleware_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// sharedCache is a cache in front of the application, as greedy as RFC 9111 permits: it
// keeps every response to a GET that it may keep, with its cookies, however old, and serves
// it to every request that agrees in the headers that Vary names.
type sharedCache struct {
	app  http.Handler
	kept map[string][]stored // by URL
	hits int
}

type stored struct {
	request http.Header
	answer  *httptest.ResponseRecorder
}

func (c *sharedCache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, s := range c.kept[r.URL.String()] {
		if r.Method == http.MethodGet && agrees(s.answer.Header(), s.request, r.Header) {
			c.hits++
			replay(w, s.answer)
			return
		}
	}
	answer := httptest.NewRecorder()
	c.app.ServeHTTP(answer, r)
	control := strings.ToLower(strings.Join(answer.Header()["Cache-Control"], ","))
	if r.Method == http.MethodGet && !strings.Contains(control, "no-store") && !strings.Contains(control, "private") {
		c.kept[r.URL.String()] = append(c.kept[r.URL.String()], stored{r.Header.Clone(), answer})
	}
	replay(w, answer)
}

func agrees(answer, before, now http.Header) bool {
	for _, line := range answer["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if name == "*" || fmt.Sprint(before[name]) != fmt.Sprint(now[name]) {
				return false
			}
		}
	}
	return true
}

func replay(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(bytes.Clone(answer.Body.Bytes()))
}

// R09: behind a shared cache no request gets the cookies or the page of another member,
// whatever the handlers say about caching, while sessions are refreshed and end.
func TestR09_SharedCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newReal(t)
		page := func(control string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if control != "" {
					w.Header().Set("Cache-Control", control)
				}
				whoami(w, r)
			})
		}
		mux := http.NewServeMux()
		for path, control := range map[string]string{"/plain": "", "/public": "public, max-age=3600", "/stale": "max-age=60, stale-while-revalidate=600"} {
			mux.Handle("GET "+path, x.guard.Require(page(control)))
			mux.Handle("GET /load"+path, x.guard.Load(page(control)))
		}
		mux.Handle("GET /style.css", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "body{}") }))
		cache := &sharedCache{app: mux, kept: make(map[string][]stored)}

		type person struct {
			*browser
			name string
		}
		var people []person
		for n := range 12 {
			member := x.stytch.AddStudent(x.class.ID, fmt.Sprintf("s%d@example.edu", n))
			p := person{newBrowser(t, cache), string(member)}
			p.put(x.stytch.SignIn(member, mock.WithDuration(8*time.Hour)))
			people = append(people, p)
		}
		people = append(people, person{newBrowser(t, cache), "nobody"})

		sessionOf := func(jwt string) string {
			s, err := x.verifier.Verify(t.Context(), grimoireauth.NewSecret(jwt))
			require.NoError(t, err)
			return string(s.Member())
		}
		answers, renewed := 0, 0
		for range 40 {
			for path := range map[string]bool{"/plain": true, "/public": true, "/stale": true, "/load/plain": true, "/load/public": true, "/load/stale": true, "/style.css": true} {
				for _, p := range people {
					res := p.get(path)
					answers++
					for _, cookie := range res.Cookies() {
						renewed++
						require.Equal(t, p.name, sessionOf(cookie.Value), "another's cookie")
					}
					if res.StatusCode == http.StatusOK && path != "/style.css" {
						require.Equal(t, p.name, body(t, res), "another's page")
					}
				}
			}
			time.Sleep(50 * time.Second)
		}
		require.NotZero(t, renewed, "sessions were refreshed behind the cache")
		require.NotZero(t, cache.hits, "the cache did something")
		t.Logf("%d answers, %d from the cache, %d cookies renewed, none of anybody else's", answers, cache.hits, renewed)
	})
}
