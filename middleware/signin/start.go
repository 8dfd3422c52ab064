package signin

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/internal/text"
	"github.com/promptgrimoire/auth/middleware"
)

// classForm is what an organization_id or a slug can look like. Stytch takes
// either wherever it asks for an organization_id.
var classForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)

// showForm is the sign-in page.
func (h *Handler) showForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.offer(w, r, http.StatusBadRequest, Page{Notice: "That address is not complete. Please start here."})
		return
	}
	h.offer(w, r, http.StatusOK, Page{Class: h.wanted(r), ReturnTo: h.back(r)})
}

// wanted returns the class of the request if it can be one.
func (h *Handler) wanted(r *http.Request) string {
	class := strings.TrimSpace(string(h.class(r)))
	if !classForm.MatchString(class) {
		return ""
	}
	return class
}

// finds reports whether the request names no class, not even one that cannot be, so
// that it is about finding one, and that this is offered.
func (h *Handler) finds(r *http.Request) bool {
	class, one := single(r.Form, "class")
	return h.config.Discovery && one && class == ""
}

// back returns the return address of the request if it is safe, and "" if there
// is no other page to go to: these pages are none.
func (h *Handler) back(r *http.Request) string {
	address, ok := single(r.Form, "return_to")
	if !ok {
		return ""
	}
	return h.safe(address)
}

func (h *Handler) safe(address string) string {
	address, ok := middleware.ReturnTo(address)
	if !ok || strings.HasPrefix(address, h.config.prefix()) {
		return ""
	}
	return address
}

// target returns where to go after signing in.
func (h *Handler) target(returnTo string) string {
	if returnTo == "" {
		return h.config.home()
	}
	return returnTo
}

// start begins to sign in by what was typed in: field "method".
func (h *Handler) start(w http.ResponseWriter, r *http.Request) {
	page, ok := h.typed(w, r)
	if !ok {
		return
	}
	method, _ := single(r.PostForm, "method")
	discovers := page.Class == ""
	switch {
	case (method == "" || method == string(grimoireauth.MethodMagicLink)) && h.serves(grimoireauth.MethodMagicLink):
		h.startLink(w, r, page)
	case method == string(grimoireauth.MethodEmailCode) && h.serves(grimoireauth.MethodEmailCode):
		h.startCode(w, r, page)
	case method == string(grimoireauth.MethodPassword) && h.serves(grimoireauth.MethodPassword) && !discovers:
		h.signInByPassword(w, r, page)
	case method == methodReset && h.serves(grimoireauth.MethodPassword) && !discovers:
		h.startReset(w, r, page)
	default:
		page.Notice = "Please choose one of the ways to sign in."
		h.offer(w, r, http.StatusBadRequest, page)
	}
}

// typed reads the class and the address that were typed in. Without a class it is
// about finding one, if that is offered; otherwise the page asks for it, and typed
// returns false.
func (h *Handler) typed(w http.ResponseWriter, r *http.Request) (Page, bool) {
	email, one := single(r.PostForm, "email")
	page := Page{Class: h.wanted(r), Email: text.Trim(email), ReturnTo: h.back(r)}
	if !one || page.Class == "" && !h.finds(r) {
		page.Notice = "Which class is it? Its short name is in the address that your instructor gave you."
		h.offer(w, r, http.StatusBadRequest, page)
		return Page{}, false
	}
	return page, true
}

// sent answers what has been tried to e-mail, and reports whether to go on as if it
// had been: whoever may not have anything is told the same as everybody else, since
// the answer must not say who is in a class.
func (h *Handler) sent(w http.ResponseWriter, r *http.Request, page Page, err error) bool {
	errorType, asked := answered(err)
	limited, own := ours(err)
	switch {
	case err == nil:
	case errors.Is(err, grimoireauth.ErrInvalid) && !asked:
		h.notAnAddress(w, r, page, "sign-in")
		return false
	case own && limited != nil && limited.pending:
		h.note(r, "nothing e-mailed: a message is on its way", err)
	case own:
		h.tooMany(w, r, err, page, "sign-in")
		return false
	case outage(err), !asked, strings.Contains(errorType, "url"):
		// An outage, Stytch's own rate limit, or a redirect URL that is not registered:
		// nobody gets anything, so saying so tells nothing about anybody. Our limit has
		// kept an address from being refused by Stytch's only because it is known.
		h.fault(r, "nothing can be e-mailed", err)
		page.Notice = notNow + untilNext(err)
		retryAfter(w, err)
		h.offer(w, r, http.StatusServiceUnavailable, page)
		return false
	default:
		// Stytch refused this one: not invited, no such class, a class with other
		// ways to sign in, or locked out. To say so would say something about the
		// address.
		h.note(r, "nothing e-mailed", err)
	}
	return true
}

func (h *Handler) notAnAddress(w http.ResponseWriter, r *http.Request, page Page, again string) {
	page.Notice = "That is not an e-mail address. It looks like name@example.edu."
	if again == "sign-in" {
		h.offer(w, r, http.StatusBadRequest, page)
		return
	}
	h.show(w, http.StatusBadRequest, again, page)
}

// again returns the attempt that a form goes on with, for the same class: one that
// owes another way to sign in, or one that asked for the same before. Otherwise it is
// a new one.
func (h *Handler) again(r *http.Request, page Page, asks string) attempt {
	a, ok := h.named(r)
	now := time.Now()
	switch {
	case !ok:
	case h.half(a, page.Class) != nil, a.asks == asks && a.class == page.Class && !a.owes(now):
		a.class, a.returnTo = page.Class, page.ReturnTo
		a.verifier = grimoireauth.Secret{}
		return a
	}
	return newAttempt(page.Class, page.ReturnTo)
}

// startLink e-mails a link.
func (h *Handler) startLink(w http.ResponseWriter, r *http.Request, page Page) {
	err := h.send(r, ActionSendLink, page, func(ctx context.Context) error {
		if page.Class == "" {
			return h.client.SignIn.SendDiscoveryLink(ctx, grimoireauth.DiscoveryLink{
				Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
			})
		}
		return h.client.SignIn.SendMagicLink(ctx, grimoireauth.MagicLink{
			Class: grimoireauth.ClassID(page.Class), Email: page.Email, RedirectURL: h.callbackURL(), Expires: h.config.LinkExpires,
		})
	})
	if h.sent(w, r, page, err) {
		a := h.again(r, page, asksLink).ask(asksLink, page.Email, h.config.linkLife())
		redirect(w, h.address("sent", h.keep(w, r, a))+pendingQuery(err))
	}
}

// showSent says that an e-mail is on its way. It has an address of its own, so that
// it can be reloaded and come back to without a second e-mail.
func (h *Handler) showSent(w http.ResponseWriter, r *http.Request) {
	a, ok := h.asking(w, r, asksLink, asksReset)
	if !ok {
		return
	}
	page := a.back()
	page.Attempt, page.Method, page.Again = a.id, string(grimoireauth.MethodMagicLink), pendingFor(r)
	if a.asks == asksReset {
		page.Method = methodReset
	}
	h.show(w, http.StatusOK, "sent", page)
}

// asking returns the attempt that a request names, if it asks for one of these.
// Otherwise it has answered.
func (h *Handler) asking(w http.ResponseWriter, r *http.Request, asks ...string) (attempt, bool) {
	a, ok := h.named(r)
	if !ok || !slices.Contains(asks, a.asks) || !a.live(time.Now()) {
		h.lost(w, r, a, ok)
		return attempt{}, false
	}
	return a, true
}

// callbackURL is where Stytch sends browsers to.
func (h *Handler) callbackURL() string { return h.config.BaseURL + h.config.prefix() + "callback" }
