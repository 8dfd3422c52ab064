package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// Two cookies of our own carry a sign-in from page to page. Neither is believed
// further than it must be: the first holds a return address, which is checked
// again, the second the token of the link, which only Stytch can judge.
const (
	startCookie = "grimoire_start"
	linkCookie  = "grimoire_link"

	startLife = time.Hour // as long as a link
	linkLife  = 10 * time.Minute
)

// link is the token of a magic link on its way from the URL, where histories and
// logs would keep it, to the form that redeems it. The nonce is this browser's,
// so that a second click is told from a second person with the same link.
type link struct{ nonce, slug, token string }

// cookieName adds the prefix that keeps other hosts of the site from planting
// one; browsers take it only over https.
func (h *Handler) cookieName(name string) string {
	if h.config.secure() {
		return "__Host-" + name
	}
	return name
}

func (h *Handler) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name:     h.cookieName(name),
		Value:    value,
		Path:     "/",
		MaxAge:   int(life / time.Second),
		Secure:   h.config.secure(),
		HttpOnly: true,
		// Lax: the way in leads from the mail program through Stytch to us.
		SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
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

// remember marks the browser as one that asked for a link, with the page to go
// to afterwards.
func (h *Handler) remember(w http.ResponseWriter, returnTo string) {
	h.setCookie(w, startCookie, "1."+base64.RawURLEncoding.EncodeToString([]byte(returnTo)), startLife)
}

// begun returns the page to go to after signing in, and whether this browser
// asked for a link.
func (h *Handler) begun(r *http.Request) (target string, here bool) {
	encoded, here := strings.CutPrefix(h.cookie(r, startCookie), "1.")
	address, err := base64.RawURLEncoding.DecodeString(encoded)
	if err == nil && here {
		if back := h.safe(string(address)); back != "" {
			return back, true
		}
	}
	return h.config.home(), here
}

func (h *Handler) setLink(w http.ResponseWriter, l link) {
	h.setCookie(w, linkCookie, l.nonce+":"+l.slug+":"+l.token, linkLife)
}

func (h *Handler) readLink(r *http.Request) (link, bool) {
	parts := strings.Split(h.cookie(r, linkCookie), ":")
	if len(parts) != 3 {
		return link{}, false
	}
	l := link{parts[0], parts[1], parts[2]}
	return l, len(l.nonce) == len(rand.Text()) && slugOK(l.slug) && tokenForm.MatchString(l.token)
}

func (h *Handler) forgetSignIn(w http.ResponseWriter) {
	h.setCookie(w, linkCookie, "", 0)
	h.setCookie(w, startCookie, "", 0)
}

// digest names the link in the form, so that the button redeems the link whose
// page was read and not one that another tab has put in its place.
func (l link) digest() string {
	sum := sha256.Sum256([]byte(l.nonce + ":" + l.slug + ":" + l.token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
