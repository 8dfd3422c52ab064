package signin

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
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

// callbackToken is a token that a browser brings to the callback.
type callbackToken struct{ kind, slug, token string }

// fromProvider reports whether a browser brings the token from another host's page
// that it was sent to from here, so that a redirect has to be pending.
func (t callbackToken) fromProvider() bool {
	return t.kind == kindOAuth || t.kind == kindDiscoveryOAuth || t.kind == kindSSO
}

// tokenForm is the form of Stytch's opaque tokens, base64url with padding.
var tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,512}={0,2}$`)

func slugOK(slug string) bool { return slug == "" || classForm.MatchString(slug) }

func (t callbackToken) wellFormed() bool {
	return t.kind != "" && tokenForm.MatchString(t.token) && slugOK(t.slug)
}

// callbackTokenOf reads the query of a callback: each parameter once, each of its
// form. What else is there, such as an error description, is not looked at and never
// shown.
func (h *Handler) callbackTokenOf(rawQuery string) (callbackToken, bool) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return callbackToken{}, false
	}
	token, one := single(query, "token")
	kind, oneKind := single(query, "stytch_token_type")
	slug, oneSlug := single(query, "slug")
	t := callbackToken{kind: kind, slug: slug, token: token}
	if !one || !oneKind || !oneSlug || !h.takes(kind) || !t.wellFormed() {
		return callbackToken{}, false
	}
	return t, true
}

// putAway keeps a token that came in a link, in an attempt of its own: a link that
// another person sent takes the place of none. The same token again in the same
// browser is the same attempt.
func (h *Handler) putAway(w http.ResponseWriter, r *http.Request, t callbackToken) attempt {
	a := newAttempt(t.slug, "")
	for _, s := range h.stored(r) {
		if s.readable && s.token == t {
			a = s.attempt
		}
	}
	a.token = t
	return h.keep(w, r, a.lasting(tokenLife))
}

// key names the redemption of the token in this browser, by a secret of the browser.
func (t callbackToken) key(secret string) string {
	return strings.Join([]string{t.kind, secret, t.slug, t.token}, "\n")
}

// unasked reports whether the token is that of a link for which none of the browser's
// attempts asked. What a browser brings from a provider is bound to it by a verifier,
// and the page of an impersonation has words of its own.
func (t callbackToken) unasked(asked []attempt) bool {
	return len(asked) == 0 && !t.fromProvider() && t.kind != kindImpersonation
}

// asked returns the attempts of this browser that asked for an e-mail in which a link
// like this one stands, the newest first: for this class, or for finding one. The
// link does not say to which address it was sent.
func (h *Handler) asked(r *http.Request, t callbackToken) []attempt {
	switch t.kind {
	case kindDiscovery:
		return h.attempts(r, func(a attempt) bool { return a.asks == asksLink && a.class == "" })
	case kindLink:
		// The e-mail with a link to set a password has one to sign in as well.
		return h.attempts(r, func(a attempt) bool {
			return (a.asks == asksLink || a.asks == asksReset) && h.sameClass(r, a.class, t.slug)
		})
	}
	return nil
}
