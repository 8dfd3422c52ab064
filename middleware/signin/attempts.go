package signin

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const (
	// attemptCookie and an id is the name of a cookie. Cookies know no ports, so two
	// services on one host have other names: that of the Guard's cookie, ownAttempt and
	// an id.
	attemptCookie = "grimoire_attempt_"
	ownAttempt    = "_signin_"

	maxAttempts = 5 // of one browser: the newest stay
	// maxAllAttempts are the bytes of all with their names. Servers and proxies take 8 kB
	// of cookies as a rule, and the largest cookies of a Guard need 4.5 of them.
	maxAllAttempts = 3700
)

// cookieName adds the prefix that keeps other hosts of the site from planting
// one; browsers take it only over https.
func (h *Handler) cookieName(id string) string {
	name := attemptCookie
	if own := h.guard.CookieName(); own != "" && own != grimoireauth.SessionTokenCookie {
		name = own + ownAttempt
	}
	if h.config.secure() {
		name = "__Host-" + name
	}
	return name + id
}

// stored is a cookie of an attempt, also of one that cannot be read.
type stored struct {
	attempt
	readable bool
	size     int
}

// stored returns the attempts that the browser brought, the newest first. Of a name
// that came twice one was planted, so neither counts.
func (h *Handler) stored(r *http.Request) []stored {
	var all []stored
	prefix := h.cookieName("")
	now := time.Now()
	for _, cookie := range r.Cookies() {
		id, ours := strings.CutPrefix(cookie.Name, prefix)
		if !ours {
			continue
		}
		if i := slices.IndexFunc(all, func(s stored) bool { return s.id == id }); i >= 0 {
			all[i].readable = false
			continue
		}
		a, ok := h.attemptOf(id, cookie.Value, now)
		a.id = id
		all = append(all, stored{a, ok, len(cookie.Name) + len(cookie.Value) + len("=; ")})
	}
	slices.SortStableFunc(all, func(a, b stored) int { return int(min(max(b.writtenAt-a.writtenAt, -1), 1)) })
	return all
}

// attemptOf reads a cookie. A value that is not exactly as attemptCodec writes it is none.
func (h *Handler) attemptOf(id, value string, now time.Time) (attempt, bool) {
	a, ok := attemptCodec.Decode(value)
	if a.id = id; !ok || !idForm.MatchString(id) || !a.wellFormed(now) || !h.knows(a) {
		return attempt{}, false
	}
	a.returnTo = h.safeReturnTo(a.returnTo)
	return a, true
}

// knows reports whether this Handler still serves what the attempt is about.
func (h *Handler) knows(a attempt) bool {
	return a.token == (callbackToken{}) || h.takes(a.token.kind)
}

func (h *Handler) takes(kind string) bool {
	switch kind {
	case kindLink, kindOAuth, kindSSO, kindPassword:
		return true
	case kindDiscovery, kindDiscoveryOAuth:
		return h.config.Discovery
	case kindImpersonation:
		return h.config.Impersonation
	}
	return false
}

// attempts returns those of the browser's attempts that still go on and satisfy all
// conditions, the newest first.
func (h *Handler) attempts(r *http.Request, conditions ...func(attempt) bool) []attempt {
	now := time.Now()
	var found []attempt
	for _, s := range h.stored(r) {
		fails := func(condition func(attempt) bool) bool { return !condition(s.attempt) }
		if s.readable && s.live(now) && !slices.ContainsFunc(conditions, fails) {
			found = append(found, s.attempt)
		}
	}
	return found
}

// attemptID returns the id of the attempt that a request names.
func attemptID(r *http.Request) string {
	values := r.PostForm
	if r.Method != http.MethodPost {
		values, _ = url.ParseQuery(r.URL.RawQuery)
	}
	id, one := single(values, "attempt")
	if !one || !idForm.MatchString(id) {
		return ""
	}
	return id
}

// named returns the attempt that a request names, also one whose time is over.
func (h *Handler) named(r *http.Request) (attempt, bool) {
	id := attemptID(r)
	for _, s := range h.stored(r) {
		if id != "" && s.readable && s.id == id {
			return s.attempt, true
		}
	}
	return attempt{}, false
}

// owing returns the attempt that a request about a pending sign-in names. A request
// that names none means the only one that there is.
func (h *Handler) pendingAttempt(r *http.Request) (attempt, bool) {
	if attemptID(r) != "" {
		return h.named(r)
	}
	now := time.Now()
	all := h.attempts(r, func(a attempt) bool { return a.isPending(now) })
	if len(all) != 1 {
		return attempt{}, false
	}
	return all[0], true
}

// keep writes the attempt, and deletes what does not fit beside it: what cannot be
// read, what is over, tokens that nothing asked for, and then the oldest.
func (h *Handler) keep(w http.ResponseWriter, r *http.Request, a attempt) attempt {
	now := time.Now()
	a = a.fitted()
	a.writtenAt = now.UnixMilli()
	value := attemptCodec.Encode(a)
	life := time.Unix(a.until, 0).Sub(now) + graceLife
	h.setCookie(w, a.id, value, life)

	others := slices.DeleteFunc(h.stored(r), func(s stored) bool { return s.id == a.id })
	rank := func(s stored) int {
		switch {
		case !s.readable:
			return 3
		case !s.live(now) && !s.isPending(now):
			return 2
		case s.requested == "" && s.pending.step == "" && s.held.IsZero():
			return 1
		}
		return 0
	}
	slices.SortStableFunc(others, func(a, b stored) int { return rank(a) - rank(b) })
	count, size := 1, len(h.cookieName(a.id))+len(value)+len("=; ")
	for _, other := range others {
		count, size = count+1, size+other.size
		if count <= maxAttempts && size <= maxAllAttempts && other.readable {
			continue
		}
		count, size = count-1, size-other.size
		h.drop(w, r, other.attempt)
	}
	return a
}

// drop forgets an attempt. A session that was held for it ends.
func (h *Handler) drop(w http.ResponseWriter, r *http.Request, a attempt) {
	if len(r.CookiesNamed(h.cookieName(a.id))) == 0 && !h.written(w, a) {
		return // the browser has none to forget
	}
	if !a.held.IsZero() {
		h.endHeldSession(r, a.held)
	}
	h.setCookie(w, a.id, "", 0)
}

// written reports whether this response sets the cookie of an attempt.
func (h *Handler) written(w http.ResponseWriter, a attempt) bool {
	return slices.ContainsFunc(w.Header()["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, h.cookieName(a.id)+"=")
	})
}

// dropAll forgets every attempt of the browser: at a logout, since the next person
// at a shared computer is another one.
func (h *Handler) dropAll(w http.ResponseWriter, r *http.Request) {
	for _, s := range h.stored(r) {
		h.drop(w, r, s.attempt)
	}
}

// endHeld ends a session that was held and that the person did not want.
func (h *Handler) endHeldSession(r *http.Request, token grimoireauth.Secret) {
	const why = "a sign-in that was not confirmed"
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	now, err := h.client.Sessions.Authenticate(ctx, grimoireauth.NewCredentials("", token.Reveal()))
	switch {
	case err == nil:
		h.endSession(ctx, r, now.Session, why)
	case !errors.Is(err, grimoireauth.ErrSessionEnded):
		h.logInfo(r, "session not revoked: "+why, err)
	}
}

// end revokes a session that nobody shall use any more. If that fails it lives
// on at Stytch without a cookie; that is worth a line, not a failed sign-in.
func (h *Handler) endSession(ctx context.Context, r *http.Request, session grimoireauth.Session, why string) {
	// It is due whatever share the client address has left.
	ctx = grimoireauth.ContextWithClientAddress(ctx, netip.Addr{})
	if err := h.revoke(ctx, session); err != nil {
		h.logInfo(r, "session not revoked: "+why, err)
	}
}

// setCookie sets the cookie of an attempt. An empty value deletes it.
func (h *Handler) setCookie(w http.ResponseWriter, id, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name:     h.cookieName(id),
		Value:    value,
		Path:     "/",
		MaxAge:   int(life / time.Second),
		Secure:   h.config.secure(),
		HttpOnly: true,
		// Lax: the way in leads from the mail program, or from a provider, through
		// Stytch to us.
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	// In place of one of that name which was put there before (RFC 6265, 4.1.1).
	header := w.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(w, cookie)
}

// address is that of a page of an attempt.
func (h *Handler) address(page string, a attempt) string {
	return h.config.prefix() + page + "?attempt=" + a.id
}

// next is the address of the page on which a pending sign-in goes on.
func (h *Handler) next(a attempt) string {
	if a.account != "" {
		return h.address("account", a)
	}
	return h.address(a.pending.step.page(), a)
}

// sharedVerifier returns the verifier of what is pending in this browser and asks for
// the same, and otherwise a new one. With one verifier for all of them, a token that
// comes back can be redeemed without knowing which attempt it belongs to: Stytch
// does not say, and a token that is shown beside another verifier may be spent.
func (h *Handler) sharedVerifier(r *http.Request, requested string) grimoireauth.Secret {
	all := h.attempts(r, func(a attempt) bool { return a.requested == requested && !a.verifier.IsZero() })
	if len(all) == 0 {
		return grimoireauth.NewVerifier()
	}
	return all[0].verifier
}
