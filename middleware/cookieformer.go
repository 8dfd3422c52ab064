package middleware

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// FormerCookies is one way in which an earlier configuration of this service wrote the
// session cookies, so that browsers stay signed in when names or Domain change. Cookies
// that have no "__Host-" prefix can be planted by other hosts of the site as long as they
// are read, so give Until an early date.
type FormerCookies struct {
	// Name is what Config.CookieName was. Empty: "stytch_session".
	Name string
	// Prefixed says that the names had the prefix "__Host-". False: they had none.
	Prefixed bool
	// Domain is what the Domain of the cookies was. Empty: they had none.
	Domain string
	// Until is the time from which they are ignored. Required: in a year at the latest.
	Until time.Time
}

func (f FormerCookies) cookies(secure bool) sessionCookies {
	s := sessionCookies{domain: f.Domain, secure: secure}
	s.token, s.jwt = cookieNames(f.Name, f.Prefixed)
	return s
}

// faults returns what is wrong with one of Config.FormerCookies.
func (f FormerCookies) faults(current sessionCookies) error {
	var faults []error
	if !validCookieName(f.Name) {
		faults = append(faults, fmt.Errorf("FormerCookies: the Name %.100q is no name of a cookie", f.Name))
	}
	if err := domainFault("FormerCookies: the Domain", f.Domain); err != nil {
		faults = append(faults, err)
	}
	if f.Prefixed && f.Domain != "" {
		faults = append(faults, errors.New("FormerCookies: Prefixed and Domain exclude each other: a __Host- cookie has no Domain"))
	}
	if f.Until.IsZero() {
		faults = append(faults, errors.New("FormerCookies: Until is missing: from when are they ignored?"))
	}
	if former := f.cookies(current.secure); former.token == current.token && former.domain == current.domain {
		faults = append(faults, fmt.Errorf("FormerCookies: %q is what the Guard writes now", former.token))
	}
	return errors.Join(faults...)
}

// readFormer reads the cookies of earlier configurations, in a request without those of the
// present one. Those that hold no tokens count as none, since signing in replaces them.
func (g *Guard) readFormer(lines []string) (requestCredentials, bool) {
	for _, f := range g.config.FormerCookies {
		if !time.Now().Before(f.Until) {
			continue
		}
		former := f.cookies(true)
		for _, s := range []sessionCookies{former, former.moved()} {
			var rc requestCredentials
			if err := s.read(lines, &rc); err == nil && rc.token != "" && !rc.ended {
				rc.former = true
				return rc, true
			}
		}
	}
	return requestCredentials{}, false
}

// formerLeft returns for how many more seconds former cookies are read, at most as long as
// browsers keep a cookie.
func (g *Guard) formerLeft() int {
	var left time.Duration
	for _, f := range g.config.FormerCookies {
		left = max(left, min(time.Until(f.Until), longestCookie))
	}
	return int(left / time.Second)
}

// expireFormer deletes the cookies of all earlier configurations.
func (g *Guard) expireFormer(h http.Header) {
	for _, f := range g.config.FormerCookies {
		former := f.cookies(g.cookie.secure || f.Prefixed)
		former.put(h, former.token, "", 0)
		former.put(h, former.moved().token, "", 0)
		former.put(h, former.jwt, "", 0)
	}
}

// readMoved reads the cookie to which a former one was moved, in a request without a
// session_token's cookie. One that holds no token counts as none.
func (g *Guard) readMoved(lines []string) (requestCredentials, bool) {
	if g.cookie.frontEnd {
		return requestCredentials{}, false
	}
	var rc requestCredentials
	err := g.moved.read(lines, &rc)
	rc.moved = true
	return rc, err == nil && rc.session != ""
}

// expireMoved deletes that cookie if a browser may have it.
func (g *Guard) expireMoved(h http.Header, r *http.Request) {
	if len(g.config.FormerCookies) == 0 {
		if r == nil {
			return
		}
		if _, has := g.readMoved(r.Header["Cookie"]); !has {
			return
		}
	}
	g.moved.put(h, g.moved.token, "", 0)
}

// moveFormer moves a browser's former cookies to the present names, by a redirect to the
// same address, and reports whether it did. It does so for pages that a browser navigates
// to.
//
// This response can arrive late, after the next person has signed in. So the session_token
// goes into a cookie of its own, which is read only if there is no other one, as a sign-in
// writes it. No session_jwt is written, so that after a sign-out Stytch is asked and says
// that the session has ended: by Config.Fresh if it is set, since an AuthFunc may have
// cached the session.
func (g *Guard) moveFormer(w http.ResponseWriter, r *http.Request, a *requestAuth) bool {
	if a.err != nil || r.Method != http.MethodGet || !readByPerson(r) {
		return false
	}
	address, ok := ReturnTo(addressOf(r))
	// A browser that keeps no new cookies would be redirected for ever.
	if !ok || !g.recentMoves.first(a.credentials.token) {
		return false
	}
	token, session := a.authentication.Token.Reveal(), a.authentication.ID()
	age, live := cookieAge(a.authentication)
	if !live || token == "" || session == "" || !tokenLike(token, maxToken) || !tokenLike(string(session), maxToken) || g.CheckCookies(hostOf(r)) != nil {
		return false
	}
	h := w.Header()
	g.expireFormer(h)
	g.moved.put(h, g.moved.token, tokenValue(token, session), age)
	setUncached(w)
	h.Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// recentMoves holds digests of the session_tokens whose cookies were moved within the last
// minute. It is bounded; a browser whose digest was dropped is redirected once more.
type recentMoves struct {
	mu   sync.Mutex // guards the rest
	next int
	last [256]struct {
		token [sha256.Size]byte
		at    time.Time
	}
}

const recentMove = time.Minute

// first reports whether the cookies of this token were not moved within the last minute, and
// records that they are now.
func (m *recentMoves) first(token string) bool {
	digest, now := sha256.Sum256([]byte(token)), time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.last {
		if m.last[i].token == digest && now.Sub(m.last[i].at) < recentMove {
			return false
		}
	}
	m.last[m.next].token, m.last[m.next].at = digest, now
	m.next = (m.next + 1) % len(m.last)
	return true
}
