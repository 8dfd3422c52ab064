package attack_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// person is an honest person and the one tab of their browser.
type person struct {
	school  *school
	email   string
	member  grimoireauth.MemberID
	from    string // RemoteAddr
	jar     http.CookieJar
	record  *record
	missed  bool // a message did not come
	forward bool // all requests come through a proxy
	byLink  bool // sign in by a link if the guesses at codes are used up
}

// record has the results of the requests of honest people.
type record struct {
	mu      sync.Mutex // guards what follows
	served  int
	refused []string
	delays  []time.Duration // of each request, without the time of its calls to Stytch
	again   int             // how often a code was typed again
	missed  int             // how often a message did not come, and was asked for again
	byLink  int             // how often a person used a link instead of a code
}

func (r *record) count(n *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

// percentile returns a percentile of the delays: with 0.99, all but one in a hundred were
// shorter.
func (r *record) percentile(share float64) time.Duration {
	if len(r.delays) == 0 {
		return 0
	}
	slices.Sort(r.delays)
	return r.delays[int(share*float64(len(r.delays)-1))]
}

func (s *school) newPerson(n int, from string, record *record) *person {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	p := &person{school: s, email: fmt.Sprintf("student%d@example.edu", n), from: from, jar: jar, record: record}
	p.member = s.network.stytch.AddStudent(s.class.ID, p.email)
	return p
}

// signedIn gives the browser a session. With large its session_jwt is too long for a
// cookie, so that the browser has the session_token only.
func (p *person) signedIn(large bool) {
	var options []mock.SignInOption
	if large {
		options = append(options, mock.WithClaims(map[string]any{"profile": strings.Repeat("x", 2600)}))
	}
	guard := p.school.process.Load().guard
	authentication, err := guard.Authenticate(p.school.t.Context(), p.school.network.stytch.SignIn(p.member, options...))
	require.NoError(p.school.t, err)
	w := httptest.NewRecorder()
	require.NoError(p.school.t, guard.SetCookies(w, nil, authentication))
	p.jar.SetCookies(homeURL, w.Result().Cookies())
}

var homeURL, _ = url.Parse(home)

// send makes a request, and records whether it got one of the wanted statuses.
func (p *person) send(method, path string, form url.Values, want ...int) *response {
	r := newRequest(method, path, form)
	r.RemoteAddr = p.from
	if p.forward {
		r.Header.Set("X-Forwarded-For", netip.MustParseAddrPort(p.from).Addr().String())
		r.RemoteAddr = nearProxy
	}
	for _, cookie := range p.jar.Cookies(homeURL) {
		r.AddCookie(cookie)
	}
	by := new(cause)
	began := time.Now()
	res := p.school.serve(r, by)
	delay := time.Since(began) - time.Duration(by.waited.Load())
	p.jar.SetCookies(homeURL, (&http.Response{Header: res.header}).Cookies())
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	p.record.delays = append(p.record.delays, delay)
	if slices.Contains(want, res.status) {
		p.record.served++
	} else {
		p.record.refused = append(p.record.refused, fmt.Sprintf("%s %s %s by %s: %d %s", method, path, form.Encode(), p.email, res.status, notice(res)))
	}
	return res
}

func newRequest(method, path string, form url.Values) *http.Request {
	r, err := http.NewRequest(method, home+path, strings.NewReader(form.Encode()))
	if err != nil {
		panic(err)
	}
	r.RequestURI = path
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", home)
	}
	return r
}

var noticeForm = regexp.MustCompile(`(?s)<p[^>]*>(.*?)</p>`)

func notice(r *response) string {
	var all []string
	for _, m := range noticeForm.FindAllSubmatch(r.body, 2) {
		all = append(all, string(m[1]))
	}
	return strings.Join(all, " | ") + " to " + r.header.Get("Location")
}

// reads requests a page of the class every few seconds.
func (p *person) reads(until time.Time, every time.Duration) {
	for time.Now().Before(until) {
		res := p.send("GET", p.school.path, nil, http.StatusOK)
		if res.status == http.StatusOK && string(res.body) != string(p.member) {
			p.school.t.Errorf("%s is served as %.60q", p.member, res.body)
		}
		time.Sleep(every)
	}
}

var attemptField = regexp.MustCompile(`attempt=([A-Z2-7]{26})`)

// attempt returns the attempt to sign in of a response.
func attempt(r *response) string {
	if m := attemptField.FindStringSubmatch(r.header.Get("Location")); m != nil {
		return m[1]
	}
	return ""
}

// signIn signs in by a method: "magic_link", "email_otp" or "sso".
func (p *person) signIn(way string) {
	back := p.school.path
	p.send("GET", "/auth/?class="+p.school.class.Slug, nil, http.StatusOK)
	time.Sleep(2 * time.Second)
	switch way {
	case "sso":
		res := p.send("GET", "/auth/sso/"+p.school.sso+"?"+url.Values{"class": {p.school.class.Slug}, "return_to": {back}}.Encode(), nil, http.StatusSeeOther)
		if at := p.atStytch(res.header.Get("Location") + "&mock_persona=" + url.QueryEscape(p.email)); at != "" {
			p.send("GET", at, nil, http.StatusSeeOther)
		}
	case "email_otp":
		form := url.Values{"class": {p.school.class.Slug}, "email": {p.email}, "method": {way}, "return_to": {back}}
		asked := attempt(p.send("POST", "/auth/start", form, http.StatusSeeOther))
		p.send("GET", "/auth/code?attempt="+asked, nil, http.StatusOK)
		time.Sleep(3 * time.Second)
		if asked == "" {
			return // refused, which send has recorded
		}
		// The code is wrong if another one was sent in the meantime: the person types that.
		want := []int{http.StatusSeeOther, http.StatusForbidden}
		if p.byLink {
			want = append(want, http.StatusTooManyRequests)
		}
		if p.newest(true).To == "" {
			p.asksAgain(way)
			return
		}
		for range 2 {
			switch res := p.send("POST", "/auth/code", url.Values{"attempt": {asked}, "code": {p.newest(true).Code}}, want...); res.status {
			case http.StatusForbidden:
				p.record.count(&p.record.again)
				continue
			case http.StatusTooManyRequests:
				if p.byLink && strings.Contains(string(res.body), "The link in an e-mail works all the time") {
					p.record.count(&p.record.byLink)
					p.signIn("magic_link")
				}
			}
			break
		}
	default:
		form := url.Values{"class": {p.school.class.Slug}, "email": {p.email}, "method": {way}, "return_to": {back}}
		p.send("POST", "/auth/start", form, http.StatusSeeOther)
		time.Sleep(3 * time.Second)
		at := p.atStytch(p.newest(false).Link)
		if at == "" {
			p.asksAgain(way)
			return
		}
		res := p.send("GET", at, nil, http.StatusSeeOther)
		asked := attempt(res)
		p.send("GET", "/auth/confirm?attempt="+asked, nil, http.StatusOK)
		res = p.send("POST", "/auth/callback", url.Values{"attempt": {asked}}, http.StatusSeeOther)
		if strings.HasPrefix(res.header.Get("Location"), "/auth/account") {
			asked = attempt(res)
			p.send("GET", "/auth/account?attempt="+asked, nil, http.StatusOK)
			p.send("POST", "/auth/account", url.Values{"attempt": {asked}, "answer": {"yes"}}, http.StatusSeeOther)
		}
	}
}

// asksAgain asks again for a message that did not come, because the message of a stranger's
// request came first and was refused when the share of the stranger's network was used up.
// That happens once, in the seconds in which the share is used up.
func (p *person) asksAgain(way string) {
	p.record.count(&p.record.missed)
	if p.missed {
		p.school.t.Errorf("%s got no message twice", p.email)
		return
	}
	p.missed = true
	p.signIn(way)
}

// newest waits a moment and returns the newest message to this person, with a code or with
// a link.
func (p *person) newest(code bool) mock.Message {
	for range 10 {
		if m := p.inTheMail(code); m.To != "" {
			return m
		}
		time.Sleep(time.Second)
	}
	return mock.Message{}
}

func (p *person) inTheMail(code bool) mock.Message {
	outbox := p.school.network.stytch.Outbox()
	for i := len(outbox) - 1; i >= 0; i-- {
		if m := outbox[i]; strings.EqualFold(m.To, p.email) && code == (m.Code != "") && (m.Kind == "login" || m.Kind == "signup") {
			return m
		}
	}
	return mock.Message{}
}

// atStytch opens a page of Stytch and returns the address to which it redirects.
func (p *person) atStytch(address string) string {
	r, err := http.NewRequest("GET", address, nil)
	if err != nil || address == "" {
		return ""
	}
	res, err := p.school.network.stytch.RoundTrip(r)
	if err != nil {
		return ""
	}
	at, ours := strings.CutPrefix(res.Header.Get("Location"), home)
	if !ours {
		return ""
	}
	return at
}

// cookies returns a copy of the browser's cookies.
func (p *person) cookies() map[string]string {
	all := map[string]string{}
	for _, cookie := range p.jar.Cookies(homeURL) {
		all[cookie.Name] = cookie.Value
	}
	return maps.Clone(all)
}

// peer is the RemoteAddr of a connection from an address.
func peer(addr netip.Addr) string { return netip.AddrPortFrom(addr, 4711).String() }
