package signin

import (
	"context"
	"errors"
	"net/http"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// The scopes of a logout, field "scope".
const (
	scopeHere       = "here"       // this session; also if nothing is said
	scopeClass      = "class"      // all of their sessions in this class
	scopeEverywhere = "everywhere" // all of their sessions in every class
)

// askLogout has one button, so that a plain link can lead to it: a GET signs
// nobody out.
func (h *Handler) askLogout(w http.ResponseWriter, _ *http.Request) {
	h.show(w, http.StatusOK, "sign-out", Page{})
}

// logout ends the session, or all of somebody's sessions, at Stytch and here.
// Cookies go in any case, since the person asked for it. What came of it stands in the
// address of the next page, which can be reloaded: a form that is sent again would sign
// the next person out.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	scope, one := single(r.PostForm, "scope")
	switch {
	case scope == "" && one:
		scope = scopeHere
	case !one, scope != scopeHere && scope != scopeClass && scope != scopeEverywhere:
		h.show(w, http.StatusBadRequest, "sign-out", Page{Notice: "Please say where you want to sign out."})
		return
	}
	said := signedOut{}
	// Also if the browser is gone already: it wanted to sign out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	now, err := h.guard.Check(r.WithContext(ctx))
	switch {
	case err == nil:
		said = h.endAll(ctx, r, now, scope)
	case unknown(err) || !errors.Is(err, grimoireauth.ErrUnauthenticated):
		h.fault(r, "logout not complete", err)
		said.word = saidNotTold
	case !errors.Is(err, grimoireauth.ErrNoCredentials) && !errors.Is(err, grimoireauth.ErrSessionEnded):
		// A session_jwt that has expired and came alone, or a second cookie that was
		// planted beside it: it may live, and which it is nobody can say.
		h.note(r, "logout not complete", err)
		said.word = saidNotTold
	case scope != scopeHere:
		// Whose other sessions to end, nobody can say any more.
		said.word = saidNoSession
	}
	h.guard.ClearCookies(w, h.addressed(r))
	h.dropAll(w, r)
	forgetCache(w)
	redirect(w, h.config.prefix()+"signed-out"+said.query())
}

// forgetCache keeps pages of the class from coming back from the cache of a shared
// computer. Not "cookies", which would reach other hosts of the school's domain.
func forgetCache(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"cache"`) }

// showSignedOut says what came of a logout. It is not said to a browser with a session.
func (h *Handler) showSignedOut(w http.ResponseWriter, r *http.Request) {
	if _, err := h.guard.Check(r); err == nil {
		redirect(w, h.config.prefix()+"logout")
		return
	}
	forgetCache(w)
	h.show(w, http.StatusOK, "signed-out", Page{Notice: signedOutOf(r.URL.RawQuery).notice()})
}

// forgetPages is the style sheet of the page that says "signed out", and has no
// styles. A browser keeps the page that it has just left whole, to show it again on
// "back" without asking, and puts it there after it has read the headers of the
// next page: too late for what logout says, and in time for this.
// Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Clear-Site-Data
func forgetPages(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		w.Header().Set("Clear-Site-Data", `"cache"`)
	}
	// A page of another site could only make this one slow, and shall not.
}
