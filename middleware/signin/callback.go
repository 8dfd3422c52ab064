package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

const openAgain = "Please open the link in your e-mail again, or ask for a new one here. Your browser must accept cookies."

// callback is where links in e-mails and identity providers lead. The token leaves
// the URL at once. One that a browser brings from a provider is used here, since
// this browser has begun it; a link may be open in the wrong hands, or in those of
// a mail scanner, and waits in a cookie until a person presses a button.
func (h *Handler) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodHead {
		h.nothing(w, r)
		return
	}
	t, ok := h.callbackTokenOf(r.URL.RawQuery)
	switch {
	case !ok && withoutToken(r.URL.RawQuery):
		// What the provider says is not looked at: it could be anybody's words.
		page := Page{}
		if all := h.attempts(r, attempt.redirects); len(all) > 0 {
			page = all[0].back()
		}
		page.Notice = "You were not signed in there: it was cancelled or refused. Please try again, or use another way."
		h.offer(w, r, http.StatusForbidden, page)
	case !ok:
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That link is not complete, or not of a kind that works here. Please open it again from the e-mail, or ask for a new one."})
	case t.fromProvider():
		if speculative(r) {
			h.nothing(w, r)
			return
		}
		h.arrive(w, r, t)
	case t.kind == kindPassword:
		redirect(w, h.address("new-password", h.putAway(w, r, t)))
	default:
		redirect(w, h.address("confirm", h.putAway(w, r, t)))
	}
}

// withoutToken reports the answer of a provider without a sign-in: an error
// and no token (RFC 6749, 4.1.2.1).
func withoutToken(rawQuery string) bool {
	query, err := url.ParseQuery(rawQuery)
	return err == nil && !query.Has("token") && query.Has("error")
}

// redirected returns the attempt that a token from a provider belongs to, and
// whether that is sure. Stytch brings back which class the token is for and nothing
// that is ours, so of two attempts for one class it is the newer one. The verifier is
// the same for both.
func (h *Handler) redirected(r *http.Request, t callbackToken) (a attempt, sure, ok bool) {
	all := h.attempts(r, func(a attempt) bool { return a.asks == t.kind })
	if len(all) == 0 {
		return attempt{}, false, false
	}
	// A token that an outage left behind is another redirect's.
	slices.SortStableFunc(all, func(a, b attempt) int { return len(a.token.token) - len(b.token.token) })
	if t.kind != kindDiscoveryOAuth && t.slug != "" {
		i := slices.IndexFunc(all, func(a attempt) bool { return h.sameClass(r, a.class, t.slug) })
		if i < 0 {
			return all[0], false, true
		}
		return all[i], true, true
	}
	return all[0], len(all) == 1, true
}

// arrive uses the token that a browser brings from a provider.
func (h *Handler) arrive(w http.ResponseWriter, r *http.Request, t callbackToken) {
	a, sure, ok := h.redirected(r, t)
	if !ok {
		if h.continues(r, t.slug) {
			redirect(w, h.config.home())
			return
		}
		h.refuse(w, r, &grimoireauth.Error{Op: "sign in: nothing began in this browser", Kind: grimoireauth.ErrOtherBrowser}, h.late(r, t.kind, t.slug), "sign-in")
		return
	}
	a.token = t
	err := h.signByProvider(w, r, a)
	switch {
	case err == nil:
	case outage(err):
		// The page with the button to try again says so, without the token in its URL.
		if _, own := ours(err); own {
			h.note(r, "refused by a limit", err)
		} else {
			h.fault(r, "sign-in not finished", err)
		}
		redirect(w, h.address("confirm", h.keep(w, r, a.lasting(tokenLife))))
	default:
		h.providerRefused(w, r, a, sure, err)
	}
}

// signByProvider redeems the token of an attempt that led to a provider. The verifier
// is the secret of this browser that names the redemption, so that a second click is
// the same one whichever attempt it is taken for.
func (h *Handler) signByProvider(w http.ResponseWriter, r *http.Request, a attempt) error {
	half := h.half(a, a.class)
	return h.sign(w, r, signing{attempt: a, half: half, key: a.token.key(a.verifier.Reveal())}, h.use(a.token, a, half))
}

// providerRefused says why. The attempt is forgotten if the token was surely its
// own: a token that was used before or belongs to another browser may not be.
func (h *Handler) providerRefused(w http.ResponseWriter, r *http.Request, a attempt, sure bool, err error) {
	spent := errors.Is(err, grimoireauth.ErrTokenSpent) || errors.Is(err, grimoireauth.ErrTokenUnknown)
	if spent && h.continues(r, a.token.slug) {
		// Reloaded, or gone back to, in the browser that it signed in.
		redirect(w, h.target(a.returnTo))
		return
	}
	if sure && !spent && !errors.Is(err, grimoireauth.ErrOtherBrowser) {
		h.drop(w, r, a)
	}
	h.refuse(w, r, err, Page{Class: a.class, ReturnTo: a.returnTo}, "sign-in")
}

// use returns the call that uses a token of its kind up.
func (h *Handler) use(t callbackToken, a attempt, half *attempt) func(context.Context) (grimoireauth.SignedIn, error) {
	token, signIn, goesOn := grimoireauth.NewSecret(t.token), h.client.SignIn, half.proof()
	switch t.kind {
	case kindLink:
		in := grimoireauth.MagicLinkSignIn{Token: token, Class: grimoireauth.ClassID(t.slug)}
		in.Continue = goesOn
		return h.used(ActionSendLink, func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithMagicLink(ctx, in) })
	case kindOAuth:
		in := grimoireauth.OAuthSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = goesOn
		return func(ctx context.Context) (grimoireauth.SignedIn, error) {
			out, err := signIn.WithOAuth(ctx, in)
			return out.SignedIn, err
		}
	case kindSSO:
		in := grimoireauth.SSOSignIn{Token: token, Verifier: a.verifier, Class: grimoireauth.ClassID(a.class)}
		in.Continue = goesOn
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.WithSSO(ctx, in) }
	case kindDiscovery:
		in := grimoireauth.DiscoveryToken{Token: token}
		return h.used(ActionSendLink, func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByLink(ctx, in) })
	case kindDiscoveryOAuth:
		in := grimoireauth.DiscoveryToken{Token: token, Verifier: a.verifier}
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.DiscoverByOAuth(ctx, in) }
	case kindImpersonation:
		return func(ctx context.Context) (grimoireauth.SignedIn, error) { return signIn.Impersonate(ctx, token) }
	}
	return func(context.Context) (grimoireauth.SignedIn, error) {
		return grimoireauth.SignedIn{}, &grimoireauth.Error{Op: "sign in: a token of an unknown kind", Kind: grimoireauth.ErrInvalid}
	}
}

// continues reports whether a session is live here already, in the class of this
// slug if there is one: then the same link, clicked again, just goes on.
func (h *Handler) continues(r *http.Request, slug string) bool {
	live, err := h.guard.Check(r)
	return err == nil && (slug == "" || slug == live.OrganizationSlug())
}

// lost answers a request for a page of an attempt that is not there for it: it is
// finished, too old, or another browser's. What is known of it survives.
func (h *Handler) lost(w http.ResponseWriter, r *http.Request, a attempt, known bool) {
	if known && a.goesOn(time.Now()) {
		redirect(w, h.next(a)) // the page of a step that is done
		return
	}
	if _, err := h.guard.Check(r); err == nil && !(known && a.live(time.Now())) {
		redirect(w, h.target(a.returnTo))
		return
	}
	switch {
	case known && !a.live(time.Now()), known && a.pending.owed != "" && !a.owes(time.Now()):
		page := a.back()
		page.Notice = tooLong
		h.drop(w, r, a)
		h.offer(w, r, http.StatusGone, page)
	case known:
		page := a.back()
		page.Notice = "This page belongs to another step. Please go on from here."
		h.offer(w, r, http.StatusConflict, page)
	case attemptID(r) != "":
		h.offer(w, r, http.StatusGone, Page{Notice: notHere})
	default:
		redirect(w, h.config.prefix())
	}
}

const (
	tooLong = "That took too long. Please begin again here: the class and the page that you wanted are kept."
	notHere = "That sign-in is finished, took too long, or began in another browser. Please begin again here."
)
