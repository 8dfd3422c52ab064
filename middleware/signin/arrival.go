package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// The kinds of tokens that are taken, by stytch_token_type. Any other, also one
// that Stytch adds, is refused: a token of one kind must not be used as another.
// Source: https://stytch.com/docs/b2b/guides/magic-links/send-emails
const (
	kindLink           = "multi_tenant_magic_links"
	kindDiscovery      = "discovery"
	kindOAuth          = "oauth"
	kindDiscoveryOAuth = "discovery_oauth"
	kindSSO            = "sso"
	kindPassword       = "multi_tenant_passwords"
	kindImpersonation  = "multi_tenant_impersonation"
)

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

// arrival is a token on its way from the URL, where histories and logs would keep
// it, to the form that uses it. The nonce is this browser's, so that a second click
// is told from a second person with the same link.
type arrival struct{ nonce, kind, slug, token string }

// fromProvider reports whether a browser brings the token from somebody else's page
// that it was sent to from here, so that a flow has to be pending.
func (a arrival) fromProvider() bool {
	return a.kind == kindOAuth || a.kind == kindDiscoveryOAuth || a.kind == kindSSO
}

const arrivalLife = 10 * time.Minute

var (
	// tokenForm is the form of Stytch's opaque tokens, base64url with padding.
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,512}={0,2}$`)
	nonceForm = regexp.MustCompile(`^[A-Z2-7]{26}$`) // rand.Text
)

func slugOK(slug string) bool { return slug == "" || classForm.MatchString(slug) }

// arrivalOf reads the query of a callback: each parameter once, each of its form.
// What else is there, such as an error description, is not looked at and never
// shown.
func (h *Handler) arrivalOf(rawQuery string) (arrival, bool) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return arrival{}, false
	}
	token, one := single(query, "token")
	kind, oneKind := single(query, "stytch_token_type")
	slug, oneSlug := single(query, "slug")
	ok := one && oneKind && oneSlug && h.takes(kind) && tokenForm.MatchString(token) && slugOK(slug)
	if !ok {
		return arrival{}, false
	}
	return arrival{nonce: rand.Text(), kind: kind, slug: slug, token: token}, true
}

// putAway keeps the token in a cookie. The same token again in the same browser is
// the same attempt.
func (h *Handler) putAway(w http.ResponseWriter, r *http.Request, a arrival) {
	if earlier, ok := h.readArrival(r); ok && earlier.kind == a.kind && earlier.token == a.token && earlier.slug == a.slug {
		a.nonce = earlier.nonce
	}
	h.setCookie(w, linkCookie, strings.Join([]string{a.nonce, a.kind, a.slug, a.token}, ":"), arrivalLife)
}

func (h *Handler) readArrival(r *http.Request) (arrival, bool) {
	parts := strings.Split(h.cookie(r, linkCookie), ":")
	if len(parts) != 4 {
		return arrival{}, false
	}
	a := arrival{parts[0], parts[1], parts[2], parts[3]}
	if !nonceForm.MatchString(a.nonce) || !h.takes(a.kind) || !slugOK(a.slug) || !tokenForm.MatchString(a.token) {
		return arrival{}, false
	}
	return a, true
}

// key names the attempt to use the token in this browser.
func (a arrival) key() string { return strings.Join([]string{a.kind, a.nonce, a.slug, a.token}, ":") }

// digest names the token in the form, so that the button uses the one whose page
// was read and not one that another tab has put in its place.
func (a arrival) digest() string {
	sum := sha256.Sum256([]byte("page:" + a.key()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
