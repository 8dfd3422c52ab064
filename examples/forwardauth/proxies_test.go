package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
	"github.com/promptgrimoire/auth/middleware/forwardauth"
	"github.com/stretchr/testify/require"
)

func TestF01_ClientsNameNobody(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		var forged []string
		for _, name := range []string{"Member", "Organization", "Class", "Role"} {
			for _, spelled := range []string{"X-Auth-" + name, "x-auth-" + strings.ToLower(name), "X-AUTH-" + strings.ToUpper(name), "X_Auth_" + name, "X-Auth_" + name, "x_auth-" + name, "X.Auth." + name, "X~Auth-" + name} {
				forged = append(forged, spelled, "forged-1", spelled, "forged-2")
			}
		}
		forged = append(forged, "X-Forward-Auth-Secret", "forged-1", "X-Forward-Auth-Cookie", "forged-1", "X-Forward-Auth-Method", "GET", "X-Forward-Auth-Uri", "/", "X-Forward-Auth-Class", "forged-1")
		for _, row := range []struct {
			as         grimoireauth.Credentials
			path, role string
		}{
			{s.student, "/classes/{class}/notes", "student"}, {s.student, "/me", ""}, {nobody, "/", ""},
		} {
			res, _, got := s.call(row.as, "GET", row.path, "", forged...)
			require.Equal(t, 200, res.StatusCode, row.path)
			roles := 0
			for name, lines := range got.header {
				plain := strings.ToLower(strings.NewReplacer("_", "-", ".", "-", "~", "-").Replace(name))
				if strings.HasPrefix(plain, "x-auth-") {
					require.NotContains(t, strings.Join(lines, " "), "forged", name)
					require.Len(t, lines, 1, name)
					require.Equal(t, http.CanonicalHeaderKey(plain), name)
				}
				if plain == "x-auth-role" {
					roles++
					require.Equal(t, row.role, lines[0])
				}
			}
			require.Equal(t, row.role != "", roles == 1)
			require.NotContains(t, got.header, "X-Forward-Auth-Secret")
		}
		// A client cannot have the headers taken for those of a connection (RFC 9110, 7.6.1).
		s.application.clear()
		res, _ := s.raw("GET /classes/" + string(s.class) + "/notes HTTP/1.1\r\nHost: school.example\r\nConnection: close, X-Auth-Role, X-Auth-Class\r\nCookie: " + s.cookie(s.student) + "\r\n\r\n")
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, []string{"student"}, s.application.last().header["X-Auth-Role"])

		res, _, got := s.call(s.student, "POST", "/classes/{class}/release", "", forged...)
		require.Equal(t, 403, res.StatusCode)
		require.Nil(t, got)
	})
}

func TestF03_EachAnswerArrives(t *testing.T) {
	for _, mapping := range mappings {
		for _, proxy := range []string{"nginx", "haproxy"} {
			t.Run(proxy+", "+mapping, func(t *testing.T) {
				s := newSite(t, proxy, mapping, nil)
				for _, row := range []struct {
					name, method, path string
					as                 grimoireauth.Credentials
					want               int
				}{
					{"a student reads", "GET", "/classes/{class}/notes", s.student, 200},
					{"an instructor releases", "POST", "/classes/{class}/release", s.instructor, 200},
					{"a public page", "GET", "/", nobody, 200},
					{"a stranger", "GET", "/classes/{class}/notes", nobody, 401},
					{"a student releases", "POST", "/classes/{class}/release", s.student, 403},
					{"another class", "GET", "/classes/{class}/notes", s.outsider, 404},
					{"no route", "GET", "/classes/{class}/grades", s.student, 404},
					{"no such method", "DELETE", "/classes/{class}/notes", s.student, 404},
				} {
					res, body, got := s.call(row.as, row.method, row.path, "")
					require.Equal(t, row.want, res.StatusCode, row.name)
					require.Equal(t, row.want == 200, got != nil, row.name)
					if row.name != "a public page" {
						require.Equal(t, []string{"no-store"}, res.Header["Cache-Control"], row.name)
						require.Contains(t, res.Header["Vary"], "Cookie", row.name)
					}
					require.NotEmpty(t, body, row.name)
					require.Len(t, res.Header["Www-Authenticate"], map[bool]int{true: 1}[row.want == 401], row.name)
				}
				// A browser that opens a page is redirected to the page to sign in.
				res, _, _ := s.call(nobody, "GET", "/classes/{class}/notes?week=2", "", "Accept", "text/html")
				require.Equal(t, 303, res.StatusCode)
				require.Equal(t, "/auth/?return_to=%2Fclasses%2F"+string(s.class)+"%2Fnotes%3Fweek%3D2", res.Header.Get("Location"))

				s.stytch.Fail(down)
				res, _, got := s.call(s.later, "GET", "/classes/{class}/notes", "")
				require.Equal(t, 503, res.StatusCode)
				require.NotEmpty(t, res.Header.Get("Retry-After"))
				require.Nil(t, got)
				s.stytch.ClearFaults()

				// The service's own answers are its own.
				s.application.answer(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Cache-Control", "max-age=60")
					w.WriteHeader(http.StatusInternalServerError)
				})
				res, _, _ = s.call(s.student, "GET", "/classes/{class}/notes", "")
				require.Equal(t, 500, res.StatusCode)
				require.Equal(t, []string{"max-age=60"}, res.Header["Cache-Control"])

				// Without the Go service no request passes, and no person is signed
				// out.
				require.NoError(t, s.ask.Close())
				res, _, got = s.call(s.student, "GET", "/classes/{class}/notes", "")
				require.Equal(t, 503, res.StatusCode)
				require.Equal(t, "5", res.Header.Get("Retry-After"))
				require.Empty(t, res.Header["Set-Cookie"])
				require.Nil(t, got)
			})
		}
	}
}

// A refusal of a HEAD has no body, and the connection can be used again.
func TestF03_Head(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		conn, err := dial(s.addr)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
		answers := bufio.NewReader(conn)
		for _, row := range []struct {
			path, cookie string
			want         int
		}{{"/me", "a=b", 401}, {"/x//y", "a=b", 404}, {"/me", s.cookie(s.student), 200}, {"/me", "a=b", 401}} {
			_, err = fmt.Fprintf(conn, "HEAD %s HTTP/1.1\r\nHost: school.example\r\nCookie: %s\r\n\r\n", row.path, row.cookie)
			require.NoError(t, err)
			res, err := http.ReadResponse(answers, &http.Request{Method: "HEAD"})
			require.NoError(t, err, row.path)
			require.Equal(t, row.want, res.StatusCode)
			if res.Close {
				return // nginx closes after some refusals
			}
		}
	})
}

// Large cookies of the service's own pass beside those of the session.
func TestF04_LargeCookies(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		large := "notes=" + strings.Repeat("n", 4000) + "; more=" + strings.Repeat("m", 2000)
		res, _, got := s.call(s.later, "GET", "/me", "", "Cookie", large)
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, []string{large}, got.header["Cookie"])
		require.Len(t, res.Header["Set-Cookie"], 1)
	})
}

func TestF04_EveryCookieArrives(t *testing.T) {
	behind(t, func(o *options) { o.cookies = middleware.Config{PlantableCookieNames: true} }, func(t *testing.T, s *site) {
		// A refusal that marks the form and renews the session.
		res, _, _ := s.call(s.stytch.Stale(s.student), "POST", "/classes/{class}/release", "grades", "Accept", "text/html")
		require.Equal(t, 403, res.StatusCode)
		require.Equal(t, []string{"stytch_session_forms", "stytch_session_jwt"}, names(res))

		// A refusal that deletes what another host has planted.
		twice := "stytch_session=a; stytch_session=b"
		r := s.request(nobody, "POST", "/classes/{class}/notes", "x", "Cookie", twice, "Accept", "text/html")
		r.Host = "a.b.school.example"
		planted := s.do(r)
		require.NoError(t, planted.Body.Close())
		require.Equal(t, 401, planted.StatusCode)
		require.Greater(t, len(planted.Cookies()), 15)
		require.Equal(t, len(planted.Cookies()), len(planted.Header["Set-Cookie"]))

		// A renewal beside the service's own cookies; and five more.
		s.application.answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Set-Cookie", "theme=dark")
			w.Header().Add("Set-Cookie", "csrf=1")
			w.Header().Set("Cache-Control", "public, max-age=60")
		})
		res, _, got := s.call(s.stytch.Stale(s.student), "GET", "/classes/{class}/notes", "")
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, []string{"csrf", "stytch_session_jwt", "theme"}, names(res))
		require.Equal(t, []string{"no-store"}, res.Header["Cache-Control"], "no cache keeps somebody's session_jwt")
		require.NotNil(t, got)

		several, err := forwardauth.New(s.service.guard, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for i := range 5 {
				http.SetCookie(w, &http.Cookie{Name: fmt.Sprint("c", i), Value: "v"})
			}
			forwardauth.Allow().ServeHTTP(w, r)
		}), forwardauth.Config{Secrets: []grimoireauth.Secret{s.service.options.proxy}})
		require.NoError(t, err)
		s.asked.answer(several.ServeHTTP)
		res, _, _ = s.call(s.student, "GET", "/", "")
		require.Equal(t, []string{"c0", "c1", "c2", "c3", "c4", "csrf", "theme"}, names(res))
	})
}

func TestF05_TheSecretIsAskedFor(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		ask := func(secrets ...string) *http.Response {
			r := s.request(s.student, "GET", "/classes/{class}/notes", "")
			r.URL.Host = s.askAt
			for name, value := range map[string]string{
				forwardauth.HeaderMethod: "GET", forwardauth.HeaderURI: r.URL.Path, forwardauth.HeaderHost: "school.example", forwardauth.HeaderProto: "http",
			} {
				r.Header.Set(name, value)
			}
			r.Header[forwardauth.HeaderSecret] = secrets
			res, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			return res
		}
		secret := s.service.options.proxy.Reveal()
		require.Equal(t, 204, ask(secret).StatusCode, "what the proxy does")
		for _, secrets := range [][]string{nil, {""}, {"guessed"}, {secret, secret}} {
			res := ask(secrets...)
			require.Equal(t, 403, res.StatusCode)
			require.Empty(t, res.Header.Get(forwardauth.HeaderMember))
		}
		// What asks cannot be reached from outside, and the client's word does not count.
		res, _, got := s.call(s.student, "GET", "/forward-auth-ask", "", forwardauth.HeaderSecret, "guessed")
		require.Equal(t, 404, res.StatusCode)
		require.Nil(t, got)
		res, _, got = s.call(s.student, "GET", "/classes/{class}/notes", "", forwardauth.HeaderSecret, "guessed")
		require.Equal(t, 200, res.StatusCode)
		require.NotContains(t, fmt.Sprint(got.header), secret, "the service does not learn it")
	})
}

func TestF06_AskedAboutAsTheGuardAsks(t *testing.T) {
	behind(t, nil, func(t *testing.T, s *site) {
		const notes = "/classes/{class}/notes"
		for _, row := range []struct {
			name, method, path, body string
			headers                  []string
			want                     int
		}{
			{"a form of this host", "POST", notes, "a=b", []string{"Sec-Fetch-Site", "same-origin"}, 200},
			{"a form of another site", "POST", notes, "a=b", []string{"Sec-Fetch-Site", "cross-site"}, 403},
			{"a form of another origin, in an old browser", "POST", notes, "a=b", []string{"Origin", "http://blog.school.example"}, 403},
			{"the method is the request's", "POST", "/me", "", []string{forwardauth.HeaderMethod, "GET"}, 404},
			{"the path is the request's", "GET", "/classes/{other}/notes", "", []string{forwardauth.HeaderURI, "/classes/" + string(s.class) + "/notes"}, 404},
			{"the host is the request's", "POST", notes, "", []string{"Origin", "http://evil.example", forwardauth.HeaderHost, "evil.example"}, 403},
			{"the class is that of the path", "GET", "/classes/{other}/notes", "", []string{forwardauth.HeaderProxyClass, string(s.class)}, 404},
		} {
			res, _, got := s.call(s.student, row.method, row.path, row.body, row.headers...)
			require.Equal(t, row.want, res.StatusCode, row.name)
			require.Equal(t, row.want == 200, got != nil, row.name)
		}

		// The body reaches the service, and not the Go service.
		body := strings.Repeat("essay ", 20_000)
		res, _, got := s.call(s.student, "POST", notes, body)
		require.Equal(t, 200, res.StatusCode)
		require.Equal(t, body, got.body)
		asked := s.asked.last()
		require.Equal(t, "GET", asked.method)
		require.Empty(t, asked.body)
		require.Equal(t, []string{fmt.Sprint(len(body))}, asked.header[forwardauth.HeaderLength])
	})
}

// Each class has a host of its own, and the proxy says which class that is.
func TestF06_TheProxyKnowsTheClass(t *testing.T) {
	for _, proxy := range []string{"nginx", "haproxy"} {
		t.Run(proxy, func(t *testing.T) {
			need(t, proxy)
			s := newSchool(t, mappings[0], nil)
			students := s.service.guard.InClass(forwardauth.ProxyClass, grimoireauth.RoleStudent)
			handler, err := forwardauth.New(s.service.guard, students(forwardauth.Allow()), forwardauth.Config{Secrets: []grimoireauth.Secret{s.service.options.proxy}})
			require.NoError(t, err)
			s.asked.answer(handler.ServeHTTP)
			s.edit("nginx/forward-auth-http.conf", "server_tokens off;", "server_tokens off; map $host $class { ~^(?<sub>[^.]+)\\.school\\.example$ $sub; }")
			s.edit("nginx/forward-auth-server.conf", "include site/secret.conf;", "include site/secret.conf; proxy_set_header X-Forward-Auth-Class $class;")
			s.edit("haproxy/haproxy.cfg", "    http-request lua.forward-auth if", "    http-request set-var(txn.forward_auth_class) req.hdr(host),field(1,.)\n    http-request lua.forward-auth if")
			application := httptest.NewServer(s.application)
			t.Cleanup(application.Close)
			s.behind(proxy, application.Listener.Addr().String())
			for _, row := range []struct {
				as    grimoireauth.Credentials
				class grimoireauth.ClassID
				want  int
			}{{s.student, s.class, 200}, {s.outsider, s.class, 404}, {s.outsider, s.other, 200}, {nobody, s.class, 401}} {
				r := s.request(row.as, "GET", "/notes", "", forwardauth.HeaderProxyClass, string(s.other))
				r.Host = string(row.class) + ".school.example"
				res := s.do(r)
				require.NoError(t, res.Body.Close())
				require.Equal(t, row.want, res.StatusCode)
			}
		})
	}
}

func TestF06_WebSocketsNeedAnOrigin(t *testing.T) {
	python(t, func(t *testing.T, s *site) {
		upgrade := func(as grimoireauth.Credentials, headers ...string) (int, string) {
			var b strings.Builder
			fmt.Fprintf(&b, "GET /classes/%s/live HTTP/1.1\r\nHost: school.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", s.class)
			if !as.IsZero() {
				fmt.Fprintf(&b, "Cookie: %s\r\n", s.cookie(as))
			}
			for _, line := range headers {
				b.WriteString(line + "\r\n")
			}
			res, rest := s.raw(b.String() + "\r\n")
			if res.StatusCode != 101 {
				return res.StatusCode, ""
			}
			require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", res.Header.Get("Sec-WebSocket-Accept"))
			frames, err := io.ReadAll(rest)
			require.NoError(t, err)
			return 101, string(frames)
		}
		for _, row := range []struct {
			name    string
			as      grimoireauth.Credentials
			headers []string
			want    int
		}{
			{"a page of this host", s.student, []string{"Origin: http://school.example"}, 101},
			{"a page of another host of the site", s.student, []string{"Origin: http://blog.school.example"}, 403},
			{"no page", s.student, nil, 403},
			{"the client says that there is no upgrade", s.student, []string{"Origin: http://blog.school.example", "X-Forward-Auth-Upgrade: "}, 403},
			{"two upgrades", s.student, []string{"Origin: http://blog.school.example", "Upgrade: "}, 403},
			{"a stranger", nobody, []string{"Origin: http://school.example"}, 401},
			{"another class", s.outsider, []string{"Origin: http://school.example"}, 404},
		} {
			got, frames := upgrade(row.as, row.headers...)
			require.Equal(t, row.want, got, row.name)
			if got == 101 {
				require.Equal(t, "\x81\x0dhello student\x88\x00", frames)
			}
		}
	})
}

// OUTAGE says how long it lasts, such as 60s.
func TestF07_AnOutageDeletesNoCookie(t *testing.T) {
	outage := time.Second
	if text := os.Getenv("OUTAGE"); text != "" {
		var err error
		outage, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	behind(t, nil, func(t *testing.T, s *site) {
		stale := s.stytch.Stale(s.student)
		res, _, _ := s.call(s.student, "GET", "/classes/{class}/notes", "") // fetches the keys
		require.Equal(t, 200, res.StatusCode)
		s.stytch.Fail(down)
		refused := 0
		for begin := time.Now(); time.Since(begin) < outage; refused++ {
			res, _, got := s.call(stale, "GET", "/classes/{class}/notes", "")
			require.Equal(t, 503, res.StatusCode)
			require.NotEmpty(t, res.Header.Get("Retry-After"))
			require.Empty(t, res.Header["Set-Cookie"])
			require.Nil(t, got)
			res, _, _ = s.call(s.student, "GET", "/classes/{class}/notes", "")
			require.Equal(t, 200, res.StatusCode, "what a token proves is still answered")
		}
		t.Logf("%v: %d times 503 with Retry-After, no cookie deleted", outage, refused)
		s.stytch.ClearFaults()
		require.Eventually(t, func() bool {
			res, _, _ := s.call(stale, "GET", "/classes/{class}/notes", "")
			return res.StatusCode == 200 && len(res.Header["Set-Cookie"]) == 1
		}, 30*time.Second, 100*time.Millisecond, "afterwards the same browser goes on")
	})
}
