package signin

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/middleware"
)

// classForm is what an organization_id or a slug can look like. Stytch takes
// either wherever it asks for an organization_id.
var classForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{2,128}$`)

// showForm is the sign-in page.
func (h *Handler) showForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		h.show(w, http.StatusBadRequest, "sign-in", Page{Notice: "That address is not complete. Please start here."})
		return
	}
	h.show(w, http.StatusOK, "sign-in", Page{Class: h.wanted(r), ReturnTo: h.back(r)})
}

// wanted returns the class of the request if it can be one.
func (h *Handler) wanted(r *http.Request) string {
	class := strings.TrimSpace(string(h.class(r)))
	if !classForm.MatchString(class) {
		return ""
	}
	return class
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

// start sends the link. Whoever may not have one is told the same as everybody
// else: the answer must not say who is in a class.
func (h *Handler) start(w http.ResponseWriter, r *http.Request) {
	email, one := single(r.PostForm, "email")
	email = strings.TrimSpace(email)
	page := Page{Class: h.wanted(r), Email: email, ReturnTo: h.back(r)}
	if !one || page.Class == "" {
		page.Notice = "Which class is it? Its short name is in the address that your instructor gave you."
		h.show(w, http.StatusBadRequest, "sign-in", page)
		return
	}
	err := h.client.SignIn.SendMagicLink(r.Context(), grimoireauth.MagicLink{
		Class:       grimoireauth.ClassID(page.Class),
		Email:       email,
		RedirectURL: h.config.BaseURL + h.config.prefix() + "callback",
		Expires:     h.config.LinkExpires,
	})
	var explained *grimoireauth.Error
	answered := errors.As(err, &explained) && explained.Status != 0
	switch {
	case err == nil:
	case errors.Is(err, grimoireauth.ErrInvalid) && !answered:
		page.Notice = "That is not an e-mail address. It looks like name@example.edu."
		h.show(w, http.StatusBadRequest, "sign-in", page)
		return
	case unknown(err) && !errors.Is(err, grimoireauth.ErrRateLimited), !answered, strings.Contains(explained.Type, "url"):
		// An outage, or a redirect URL that is not registered: nobody gets a link,
		// so saying so tells nothing about anybody.
		h.fault(r, "no link can be sent", err)
		page.Notice = "Signing in does not work at the moment. Please try again soon."
		h.unavailable(w, err, "sign-in", page)
		return
	default:
		// Stytch refused this one: not invited, no such class, a class with other
		// ways to sign in, or one link a second for one address, of which the first
		// is on its way. To say so would say something about the address.
		h.note(r, "no link sent", err)
	}
	h.remember(w, r, page.ReturnTo)
	h.show(w, http.StatusOK, "sent", page)
}
