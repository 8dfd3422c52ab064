package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// askLogout has one button, so that a plain link can lead to it: a GET signs
// nobody out.
func (h *Handler) askLogout(w http.ResponseWriter, _ *http.Request) {
	h.show(w, http.StatusOK, "sign-out", Page{})
}

// logout ends the session at Stytch and here. Cookies go in any case, since the
// person asked for it; if Stytch could not be told, the page says so, with
// status 200: proxies that put their own page in the place of a 5xx would drop
// the deletion of the cookies.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	page := Page{}
	// Also if the browser is gone already: it wanted to sign out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), attemptTime)
	defer cancel()
	authentication, err := h.guard.Check(r.WithContext(ctx))
	switch {
	case err == nil:
		err = h.revoke(ctx, authentication.ID())
	case !unknown(err) && errors.Is(err, grimoireauth.ErrUnauthenticated):
		err = nil // there was no session to end
	}
	if err != nil {
		h.fault(r, "logout not complete", err)
		page.Notice = "This browser is signed out. The sign-in service could not be told, though, so there the session goes on until it ends by itself."
	}
	h.guard.ClearCookies(w)
	h.forgetSignIn(w, r)
	// Pages of the class must not come back from the cache of a shared computer.
	// Not "cookies", which would reach other hosts of the school's domain.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	h.show(w, http.StatusOK, "signed-out", page)
}
