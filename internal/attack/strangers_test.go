package attack_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// stranger attacks from one source.
type stranger struct {
	n       int
	school  *school
	seed    uint64
	random  *rand.Rand                     // of one request
	from    func(random *rand.Rand) string // RemoteAddr of a request
	stolen  []string                       // session_jwts of honest people that have expired
	own     string                         // the session_token's cookie of an account of the stranger's own
	foreign string                         // a session_jwt of another project
	forward bool                           // all requests come through a proxy, with a header that the stranger has begun
	found   *answers
}

// answers counts the responses to strangers, by kind of request and status.
type answers struct {
	mu     sync.Mutex // guards what follows
	by     map[string]map[int]int
	faults []string
}

func (a *answers) note(kind string, res *response) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.by[kind] == nil {
		a.by[kind] = map[int]int{}
	}
	a.by[kind][res.status]++
	switch res.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if res.header.Get("Retry-After") == "" {
			a.faults = append(a.faults, fmt.Sprintf("%s: %d without Retry-After: %s", kind, res.status, notice(res)))
		}
	case http.StatusInternalServerError, 0:
		a.faults = append(a.faults, fmt.Sprintf("%s: %d %s", kind, res.status, notice(res)))
	}
}

// letters returns random base64url of this many bytes.
func (s *stranger) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.random.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

const (
	tokenCookie = "__Host-stytch_session"
	jwtCookie   = "__Host-stytch_session_jwt"
)

// target returns the address of a person whose code and password this source guesses, and
// for whom it asks for messages. Three sources of ten do so for each person.
func (s *stranger) target() string {
	for {
		if n := s.random.IntN(200); (s.n-n%10+10)%10 < 3 {
			return fmt.Sprintf("student%d@example.edu", n)
		}
	}
}

func (s *stranger) id(kind string) string {
	return fmt.Sprintf("%s-test-%08x-1111-4222-8333-%012x", kind, s.random.Uint32(), s.random.Uint64()>>16)
}

// kinds are the kinds of strangers' requests.
var kinds = []struct {
	name string
	make func(s *stranger) *http.Request
}{
	{"invented token", func(s *stranger) *http.Request {
		return s.withCookie(s.school.path, tokenCookie, s.letters(10))
	}},
	{"token-shaped token", func(s *stranger) *http.Request {
		return s.withCookie(s.school.path, tokenCookie, s.letters(33))
	}},
	{"invented token with a mark", func(s *stranger) *http.Request {
		return s.withCookie(s.school.path, tokenCookie, s.letters(33)+"~"+s.id("member-session")+"~"+s.letters(16))
	}},
	{"stale session_jwt with an invented partner", func(s *stranger) *http.Request {
		r := s.withCookie(s.school.path, tokenCookie, s.letters(33))
		r.AddCookie(&http.Cookie{Name: jwtCookie, Value: s.stolen[s.random.IntN(len(s.stolen))]})
		return r
	}},
	{"the same, the partner first", func(s *stranger) *http.Request {
		r := s.withCookie("/fresh", tokenCookie, s.letters(33))
		r.AddCookie(&http.Cookie{Name: jwtCookie, Value: s.stolen[0]})
		return r
	}},
	{"the mark of another token", func(s *stranger) *http.Request {
		_, mark, _ := strings.Cut(s.own, "~")
		return s.withCookie(s.school.path, tokenCookie, s.letters(33)+"~"+mark)
	}},
	{"the mark of another session", func(s *stranger) *http.Request {
		_, mark, _ := strings.Cut(s.own, "~")
		return s.withCookie(s.school.path, tokenCookie, s.letters(33)+"~"+s.id("member-session")+mark[strings.LastIndexByte(mark, '~'):])
	}},
	{"session_jwt of another project", func(s *stranger) *http.Request {
		r := s.withCookie(s.school.path, tokenCookie, s.letters(33))
		r.AddCookie(&http.Cookie{Name: jwtCookie, Value: s.foreign})
		return r
	}},
	{"session_token as a bearer token", func(s *stranger) *http.Request {
		r := newRequest("GET", s.school.path, nil)
		r.Header.Set("Authorization", "Bearer "+s.letters(33))
		return r
	}},
	{"made-up class", func(s *stranger) *http.Request {
		return newRequest("GET", "/auth/?class=x"+s.letters(6), nil)
	}},
	{"made-up class by id", func(s *stranger) *http.Request {
		return newRequest("GET", "/auth/?class="+s.id("organization"), nil)
	}},
	{"send a link", func(s *stranger) *http.Request { return s.start("magic_link", s.school.class.Slug, s.target()) }},
	{"send a code", func(s *stranger) *http.Request { return s.start("email_otp", s.school.class.Slug, s.target()) }},
	{"send a link to a stranger", func(s *stranger) *http.Request {
		return s.start("magic_link", s.school.class.Slug, s.letters(6)+"@elsewhere.example")
	}},
	{"send a link to reset", func(s *stranger) *http.Request { return s.start("reset", s.school.class.Slug, s.target()) }},
	{"send a link to find classes", func(s *stranger) *http.Request {
		return s.start("magic_link", "", s.letters(6)+"@elsewhere.example")
	}},
	{"send to a made-up class", func(s *stranger) *http.Request {
		return s.start("email_otp", "x"+s.letters(6), s.letters(6)+"@elsewhere.example")
	}},
	{"guess a code", func(s *stranger) *http.Request {
		return newRequest("POST", "/auth/code", url.Values{"class": {s.school.class.Slug}, "email": {s.target()}, "code": {fmt.Sprintf("%06d", s.random.IntN(1e6))}})
	}},
	{"guess a code of a discovery", func(s *stranger) *http.Request {
		return newRequest("POST", "/auth/code", url.Values{"class": {""}, "email": {s.letters(6) + "@elsewhere.example"}, "code": {fmt.Sprintf("%06d", s.random.IntN(1e6))}})
	}},
	{"guess a password", func(s *stranger) *http.Request {
		r := url.Values{"class": {s.school.class.Slug}, "email": {s.target()}, "method": {"password"}, "password": {s.letters(9)}}
		return newRequest("POST", "/auth/start", r)
	}},
	{"guess a password of a stranger", func(s *stranger) *http.Request {
		r := url.Values{"class": {s.school.class.Slug}, "email": {s.letters(6) + "@elsewhere.example"}, "method": {"password"}, "password": {s.letters(9)}}
		return newRequest("POST", "/auth/start", r)
	}},
	{"start OAuth", func(s *stranger) *http.Request {
		return newRequest("GET", "/auth/oauth/google?class="+s.letters(6), nil)
	}},
	{"start SSO", func(s *stranger) *http.Request {
		return newRequest("GET", "/auth/sso/"+s.id("saml-connection")+"?class="+s.letters(6), nil)
	}},
	{"callback of a link", func(s *stranger) *http.Request { return s.callback("multi_tenant_magic_links", s.letters(33)) }},
	{"callback of SSO in a browser that began", func(s *stranger) *http.Request {
		return s.begun("/auth/sso/"+s.id("saml-connection")+"?class="+s.letters(6), s.callback("sso", s.letters(33)))
	}},
	{"callback of OAuth in a browser that began", func(s *stranger) *http.Request {
		return s.begun("/auth/oauth/google?class="+s.letters(6), s.callback("oauth", s.letters(33)))
	}},
	{"press the button of an invented link", func(s *stranger) *http.Request {
		callback := s.callback("multi_tenant_magic_links", s.letters(33))
		res := s.send(callback)
		r := newRequest("POST", "/auth/callback", url.Values{"attempt": {attempt(res)}})
		carry(r, res)
		return r
	}},
	{"set a password by an invented link", func(s *stranger) *http.Request {
		res := s.send(s.callback("multi_tenant_passwords", s.letters(33)))
		r := newRequest("POST", "/auth/new-password", url.Values{"attempt": {attempt(res)}, "password": {s.letters(18)}})
		carry(r, res)
		return r
	}},
	{"an invented attempt", func(s *stranger) *http.Request {
		path := []string{"factor", "factor/enrol", "factor/send", "classes", "account"}[s.random.IntN(5)]
		id := strings.Repeat("A", 26)
		r := newRequest("POST", "/auth/"+path, url.Values{"attempt": {id}, "code": {"000000"}, "method": {"totp"}, "class": {s.id("organization")}, "answer": {"yes"}})
		r.AddCookie(&http.Cookie{Name: "__Host-grimoire_attempt_" + id, Value: s.letters(60)})
		return r
	}},
	{"switch", func(s *stranger) *http.Request {
		r := newRequest("POST", "/auth/switch", url.Values{"class": {s.id("organization")}})
		r.AddCookie(&http.Cookie{Name: tokenCookie, Value: s.letters(33)})
		return r
	}},
	{"look at the classes", func(s *stranger) *http.Request { return s.withCookie("/auth/switch", tokenCookie, s.letters(33)) }},
	{"sign out", func(s *stranger) *http.Request {
		r := newRequest("POST", "/auth/logout", url.Values{"scope": {"everywhere"}})
		r.AddCookie(&http.Cookie{Name: tokenCookie, Value: s.letters(33)})
		return r
	}},
	{"status", func(s *stranger) *http.Request { return s.withCookie("/auth/session", tokenCookie, s.letters(33)) }},
	{"given up early", func(s *stranger) *http.Request {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Duration(s.random.IntN(100))*time.Millisecond, cancel)
		return s.withCookie(s.school.path, tokenCookie, s.letters(33)).WithContext(ctx)
	}},
}

func (s *stranger) withCookie(path, name, value string) *http.Request {
	r := newRequest("GET", path, nil)
	r.AddCookie(&http.Cookie{Name: name, Value: value})
	return r
}

func (s *stranger) start(method, class, email string) *http.Request {
	return newRequest("POST", "/auth/start", url.Values{"class": {class}, "email": {email}, "method": {method}})
}

func (s *stranger) callback(kind, token string) *http.Request {
	return newRequest("GET", "/auth/callback?"+url.Values{"stytch_token_type": {kind}, "token": {token}, "slug": {s.school.class.Slug}}.Encode(), nil)
}

// begun makes a request of a browser that has begun to sign in.
func (s *stranger) begun(path string, r *http.Request) *http.Request {
	carry(r, s.send(newRequest("GET", path, nil)))
	return r
}

// carry adds the cookies of a response to a request.
func carry(r *http.Request, res *response) {
	for _, cookie := range (&http.Response{Header: res.header}).Cookies() {
		r.AddCookie(cookie)
	}
}

// nearProxy is the RemoteAddr of the proxy in front of the service.
const nearProxy = "10.0.0.1:4711"

// send makes a request of this source.
func (s *stranger) send(r *http.Request) *response {
	r.RemoteAddr = s.from(s.random)
	by := &cause{source: sourceOf(r.RemoteAddr)}
	if s.forward {
		forwarded := v4(byte(s.random.Uint32()), 7, s.random.IntN(1<<16)).String() + ", " + netip.MustParseAddrPort(r.RemoteAddr).Addr().String()
		r.Header.Set("X-Forwarded-For", forwarded)
		r.RemoteAddr = nearProxy
	}
	return s.school.serve(r, by)
}

// attacks sends this many requests a second, of all kinds in turn, until then.
func (s *stranger) attacks(until time.Time, rate int) {
	var all sync.WaitGroup
	for at := s.n; time.Now().Before(until); at++ {
		one := *s
		one.random = rand.New(rand.NewPCG(s.seed+uint64(s.n), uint64(at)))
		kind := kinds[at%len(kinds)]
		all.Go(func() { s.found.note(kind.name, one.send(kind.make(&one))) })
		time.Sleep(time.Second / time.Duration(rate))
	}
	all.Wait()
}
