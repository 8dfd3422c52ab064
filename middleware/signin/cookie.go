package signin

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Cookies of our own carry a sign-in from page to page. None is believed further
// than it must be: return addresses are checked again, and tokens and verifiers
// only Stytch can judge. What each holds stands where it is read.
const (
	startCookie = "grimoire_start"
	linkCookie  = "grimoire_link"
	resetCookie = "grimoire_reset"
	flowCookie  = "grimoire_flow" // and "_" and the stytch_token_type

	startLife = time.Hour // as long as a link
)

// signInCookies are those that end with a sign-in.
func signInCookies() []string {
	return []string{
		startCookie, linkCookie, resetCookie, unfinishedCookie,
		flowName(kindOAuth), flowName(kindDiscoveryOAuth), flowName(kindSSO),
	}
}

// cookieName adds the prefix that keeps other hosts of the site from planting
// one; browsers take it only over https.
func (h *Handler) cookieName(name string) string {
	if h.config.secure() {
		return "__Host-" + name
	}
	return name
}

// setCookie sets one of our cookies. An empty value deletes it.
func (h *Handler) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name:     h.cookieName(name),
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

// cookie returns the value of the one cookie of this name, "" if there is none
// or if there are several, of which one was planted.
func (h *Handler) cookie(r *http.Request, name string) string {
	cookies := r.CookiesNamed(h.cookieName(name))
	if len(cookies) != 1 {
		return ""
	}
	return cookies[0].Value
}

// forgetSignIn deletes those of our cookies that the browser brought.
func (h *Handler) forgetSignIn(w http.ResponseWriter, r *http.Request) {
	for _, name := range signInCookies() {
		if len(r.CookiesNamed(h.cookieName(name))) > 0 {
			h.setCookie(w, name, "", 0)
		}
	}
}

// The start cookie marks a browser that has begun to sign in: whether it asked for
// an e-mail, a nonce of this browser, and the page to go to afterwards.
const (
	asked    = "1"
	notAsked = "0"
)

// remember marks the browser as one that asked for an e-mail, with the page to go
// to afterwards.
func (h *Handler) remember(w http.ResponseWriter, r *http.Request, returnTo string) {
	h.setStart(w, r, asked, returnTo)
}

// lead keeps the page to go to afterwards, and whether the browser asked for an
// e-mail as it is.
func (h *Handler) lead(w http.ResponseWriter, r *http.Request, target string) {
	word := notAsked
	if _, here := h.begun(r); here {
		word = asked
	}
	h.setStart(w, r, word, target)
}

func (h *Handler) setStart(w http.ResponseWriter, r *http.Request, word, returnTo string) {
	_, nonce, _ := h.readStart(r)
	if nonce == "" {
		nonce = rand.Text()
	}
	h.setCookie(w, startCookie, word+"."+nonce+"."+base64.RawURLEncoding.EncodeToString([]byte(returnTo)), startLife)
}

// begun returns the page to go to after signing in, and whether this browser
// asked for an e-mail.
func (h *Handler) begun(r *http.Request) (target string, here bool) {
	word, nonce, address := h.readStart(r)
	if back := h.safe(address); back != "" && nonce != "" {
		return back, word == asked
	}
	return h.config.home(), word == asked
}

func (h *Handler) readStart(r *http.Request) (word, nonce, address string) {
	parts := strings.Split(h.cookie(r, startCookie), ".")
	if len(parts) != 3 || (parts[0] != asked && parts[0] != notAsked) || !nonceForm.MatchString(parts[1]) {
		return "", "", ""
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return "", "", ""
	}
	return parts[0], parts[1], string(decoded)
}

// browserNonce returns a secret of this browser, "" if it has none: for the keys of
// attempts.
func (h *Handler) browserNonce(r *http.Request) string {
	_, nonce, _ := h.readStart(r)
	return nonce
}
