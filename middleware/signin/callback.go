package signin

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const openAgain = "Please open the link in your e-mail again, or ask for a new one here. Your browser must accept cookies."

// callback is where links in e-mails and identity providers lead. The token leaves
// the URL at once. One that a browser brings from a provider is used here, since
// this browser has begun it; a link may be open in the wrong hands, or in those of
// a mail scanner, and waits in a cookie for somebody to press a button.
func (h *Handler) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodHead {
		nothing(w, r)
		return
	}
	a, ok := h.arrivalOf(r.URL.RawQuery)
	switch {
	case !ok && withoutToken(r.URL.RawQuery):
		// What the provider says is not looked at: it could be anybody's words.
		h.offer(w, r, http.StatusForbidden, h.pending(r, "You were not signed in there: it was cancelled or refused. Please try again, or use another way."))
	case !ok:
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That link is not complete, or not of a kind that works here. Please open it again from the e-mail, or ask for a new one."})
	case a.fromProvider():
		if speculative(r) {
			nothing(w, r)
			return
		}
		h.arrive(w, r, a)
	case a.kind == kindPassword:
		h.putAway(w, r, a)
		redirect(w, h.config.prefix()+"new-password")
	default:
		h.putAway(w, r, a)
		redirect(w, h.config.prefix()+"confirm")
	}
}

// withoutToken reports the answer of a provider that signed nobody in: an error
// and no token (RFC 6749, 4.1.2.1).
func withoutToken(rawQuery string) bool {
	query, err := url.ParseQuery(rawQuery)
	return err == nil && !query.Has("token") && query.Has("error")
}

// pending is the page of the class that this browser is about to sign in to, as far
// as a provider's answer without a token tells.
func (h *Handler) pending(r *http.Request, notice string) Page {
	page := Page{Notice: notice}
	var newest int64
	for _, kind := range []string{kindOAuth, kindSSO, kindDiscoveryOAuth} {
		if f, ok := h.readFlow(r, kind); ok && f.began >= newest {
			newest, page.Class, page.ReturnTo = f.began, f.class, f.returnTo
		}
	}
	return page
}

// arrive uses the token that a browser brings from a provider.
func (h *Handler) arrive(w http.ResponseWriter, r *http.Request, a arrival) {
	f, ok := h.readFlow(r, a.kind)
	if !ok {
		if h.continues(r, a.slug) {
			redirect(w, h.config.home())
			return
		}
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, Page{}, "sign-in")
		return
	}
	a.nonce = f.nonce
	err := h.sign(w, r, a.key(), h.target(f.returnTo), h.use(r, a, f))
	switch {
	case err == nil:
	case outage(err):
		// The page with the button to try again says so, without the token in its URL.
		h.fault(r, "sign-in not finished", err)
		h.putAway(w, r, a)
		redirect(w, h.config.prefix()+"confirm")
	default:
		h.setCookie(w, flowName(a.kind), "", 0)
		h.setCookie(w, linkCookie, "", 0)
		h.refuse(w, r, err, Page{Class: f.class, ReturnTo: f.returnTo}, "sign-in")
	}
}

// use returns the call that uses a token of its kind up.
func (h *Handler) use(r *http.Request, a arrival, f flow) func(context.Context) (grimoireauth.SignedIn, error) {
	token, signIn := grimoireauth.NewSecret(a.token), h.client.SignIn
	switch a.kind {
	case kindLink:
		in := grimoireauth.MagicLinkSignIn{Token: token, Class: grimoireauth.ClassID(a.slug)}
		in.Continue = h.continuing(r, a.slug)
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithMagicLink(ctx, in) }
	case kindOAuth:
		in := grimoireauth.OAuthSignIn{Token: token, Verifier: f.verifier, Class: grimoireauth.ClassID(f.class)}
		in.Continue = h.continuing(r, f.class)
		return func(ctx context.Context) (grimoireauth.SignedIn, error) {
			out, err := signIn.WithOAuth(ctx, in)
			return out.SignedIn, err
		}
	case kindSSO:
		in := grimoireauth.SSOSignIn{Token: token, Verifier: f.verifier, Class: grimoireauth.ClassID(f.class)}
		in.Continue = h.continuing(r, f.class)
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithSSO(ctx, in) }
	case kindDiscovery:
		in := grimoireauth.DiscoveryToken{Token: token}
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByLink(ctx, in) }
	case kindDiscoveryOAuth:
		in := grimoireauth.DiscoveryToken{Token: token, Verifier: f.verifier}
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByOAuth(ctx, in) }
	case kindImpersonation:
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.Impersonate(ctx, token) }
	}
	return func(context.Context) (grimoireauth.SignedIn, error) {
		return grimoireauth.SignedIn{}, &grimoireauth.Error{Op: "sign in: a token of an unknown kind", Kind: grimoireauth.ErrInvalid}
	}
}

// continues reports whether somebody is signed in here already, to the class of
// this slug if there is one: then the same link, clicked again, just goes on.
func (h *Handler) continues(r *http.Request, slug string) bool {
	live, err := h.guard.Check(r)
	return err == nil && (slug == "" || slug == live.OrganizationSlug())
}

// shown reports whether a form is about the token that is put away now.
func (a arrival) shown(r *http.Request) bool {
	shown, one := single(r.PostForm, "link")
	return one && subtle.ConstantTimeCompare([]byte(shown), []byte(a.digest())) == 1
}
