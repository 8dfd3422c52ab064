package signin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

const (
	// The name of a cookie is attemptCookie and the id. Cookies do not depend on the
	// port, so a second service on the same host, whose Guard has a CookieName, uses
	// that name, ownAttempt and the id.
	attemptCookie = "grimoire_attempt_"
	ownAttempt    = "_signin_"

	maxAttempts = 5 // of one browser; the newest are kept
	// maxAllAttempts bounds the bytes of all attempts with their names. Most servers
	// and proxies accept 8 kB of cookies, and the largest cookies of a Guard need 4.5
	// kB of them.
	maxAllAttempts = 3700
)

// cookieName adds the prefix __Host-, with which other hosts of the same site cannot
// set the cookie. Browsers accept the prefix only over https.
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

// stored is the cookie of an attempt, readable or not.
type stored struct {
	attempt
	readable bool
	size     int
}

// stored returns the attempts in the request's cookies, the newest first. If two
// cookies have the same name, another host has set one of them, so neither is read.
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
	slices.SortStableFunc(all, func(a, b stored) int { return cmp.Compare(b.writtenAt, a.writtenAt) })
	return all
}

// attemptOf reads a cookie. It rejects every value that attemptCodec would not write,
// and every attempt that this package would not make.
func (h *Handler) attemptOf(id, value string, now time.Time) (attempt, bool) {
	a, ok := attemptCodec.Decode(value)
	if a.id = id; !ok || !idForm.MatchString(id) || !a.wellFormed(now) || !h.acceptsToken(a) {
		return attempt{}, false
	}
	a.returnTo = h.safeReturnTo(a.returnTo)
	return a, true
}

// acceptsToken reports whether this Handler accepts the kind of token in the attempt.
func (h *Handler) acceptsToken(a attempt) bool {
	return a.token == (callbackToken{}) || h.acceptsKind(a.token.kind)
}

// acceptsKind reports whether this Handler redeems tokens of the kind.
func (h *Handler) acceptsKind(kind string) bool {
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

// attempts returns the attempts of the browser that have not expired and satisfy all
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

// attemptID returns the id of the attempt that the request names, or "".
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

// named returns the attempt that the request names, also an expired one.
func (h *Handler) named(r *http.Request) (attempt, bool) {
	id := attemptID(r)
	for _, s := range h.stored(r) {
		if id != "" && s.readable && s.id == id {
			return s.attempt, true
		}
	}
	return attempt{}, false
}

// pendingAttempt returns the attempt that a request about a pending sign-in names. If
// the request names none, it is the only attempt with a pending sign-in.
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

// keep writes the cookie of the attempt. It deletes the attempts that do not fit beside
// it, in this order: unreadable ones, expired ones, tokens that were not requested, the
// oldest.
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

// drop deletes the cookie of an attempt and ends the session that the attempt holds.
func (h *Handler) drop(w http.ResponseWriter, r *http.Request, a attempt) {
	if len(r.CookiesNamed(h.cookieName(a.id))) == 0 && !h.written(w, a) {
		return // the browser has no such cookie
	}
	if token, _, ok := h.heldBy(a); ok {
		h.endHeldSession(r, token)
	}
	h.setCookie(w, a.id, "", 0)
}

// written reports whether this response sets the cookie of an attempt.
func (h *Handler) written(w http.ResponseWriter, a attempt) bool {
	return slices.ContainsFunc(w.Header()["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, h.cookieName(a.id)+"=")
	})
}

// dropAll deletes all attempts of the browser. A logout does so, since the next person
// at a shared computer is another one.
func (h *Handler) dropAll(w http.ResponseWriter, r *http.Request) {
	for _, s := range h.stored(r) {
		h.drop(w, r, s.attempt)
	}
}

// endHeldSession ends a session of a sign-in that was not finished.
func (h *Handler) endHeldSession(r *http.Request, token grimoireauth.Secret) {
	const why = "a sign-in that was not finished"
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

// endSession revokes a session that must not be used any more. If that fails, the
// session stays valid at Stytch but no browser has its cookie; so the failure is
// logged, and the sign-in goes on.
func (h *Handler) endSession(ctx context.Context, r *http.Request, session grimoireauth.Session, why string) {
	// The call must not fail because the share of the client address is used up.
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
		// Lax, since the browser comes back from the mail program or from a provider by
		// way of Stytch, which is another site.
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	// It replaces a cookie of the same name in this response (RFC 6265, section 4.1.1).
	header := w.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(w, cookie)
}

// address returns the address of a page of the attempt.
func (h *Handler) address(page string, a attempt) string {
	return h.config.prefix() + page + "?attempt=" + a.id
}

// next returns the address of the page on which the attempt continues.
func (h *Handler) next(a attempt) string {
	if a.account != "" {
		return h.address("account", a)
	}
	return h.address(a.pending.step.page(), a)
}

// sharedVerifier returns the verifier of the pending requests of the same kind in this
// browser, or a new one if there are none. Stytch does not say which attempt a token
// belongs to, and a token that is redeemed with a wrong verifier may be used up. With
// one verifier for all of them this cannot happen.
func (h *Handler) sharedVerifier(r *http.Request, requested string) grimoireauth.Secret {
	all := h.attempts(r, func(a attempt) bool { return a.requested == requested && !a.verifier.IsZero() })
	if len(all) == 0 {
		return stytchclient.NewVerifier()
	}
	return all[0].verifier
}
