package signin

import (
	"context"
	"errors"
	"fmt"
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
// Cookies go in any case, since the person asked for it; if Stytch could not be
// told, the page says so, with status 200: proxies that put their own page in the
// place of a 5xx would drop the deletion of the cookies.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	scope, one := single(r.PostForm, "scope")
	switch {
	case scope == "" && one:
		scope = scopeHere
	case !one, scope != scopeHere && scope != scopeClass && scope != scopeEverywhere:
		h.show(w, http.StatusBadRequest, "sign-out", Page{Notice: "Please say where you want to sign out."})
		return
	}
	page := Page{}
	// Also if the browser is gone already: it wanted to sign out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	now, err := h.guard.Check(r.WithContext(ctx))
	switch {
	case err == nil:
		page.Notice = h.endAll(ctx, r, now, scope)
	case unknown(err) || !errors.Is(err, grimoireauth.ErrUnauthenticated):
		h.fault(r, "logout not complete", err)
		page.Notice = notTold
	case !errors.Is(err, grimoireauth.ErrNoCredentials) && !errors.Is(err, grimoireauth.ErrSessionEnded):
		// A session_jwt that has expired and came alone, or a second cookie that was
		// planted beside it: it may live, and which it is nobody can say.
		h.note(r, "logout not complete", err)
		page.Notice = notTold
	case scope != scopeHere:
		// Whose other sessions to end, nobody can say any more.
		page.Notice = "You were not signed in here any more, so your other browsers could not be signed out: please sign in and try again."
	}
	h.guard.ClearCookies(w, r)
	h.dropAll(w, r)
	// Pages of the class must not come back from the cache of a shared computer.
	// Not "cookies", which would reach other hosts of the school's domain.
	w.Header().Set("Clear-Site-Data", `"cache"`)
	h.show(w, http.StatusOK, "signed-out", page)
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

// notTold is also true where all sessions were meant.
const notTold = "This browser is signed out. The sign-in service could not be told, though, so there the session goes on until it ends by itself."

// endAll ends the sessions that the scope means and returns what has to be said
// about it. This one ends first and in every case, so that it is dead here whatever
// Stytch answers about the others.
func (h *Handler) endAll(ctx context.Context, r *http.Request, now grimoireauth.Authentication, scope string) string {
	var who grimoireauth.SignedIn
	var unknownWho error
	if scope == scopeEverywhere {
		// Whose it is can only be asked while it lives.
		who, unknownWho = h.client.Sessions.Fetch(ctx, now.Credentials)
	}
	if err := h.revoke(ctx, now.Session); err != nil {
		h.fault(r, "logout not complete", err)
		if scope == scopeHere {
			return notTold
		}
	}
	switch {
	case scope == scopeHere:
		return ""
	case scope == scopeEverywhere && unknownWho == nil && who.Member.EmailVerified:
		return h.endEverywhere(ctx, r, who.Member.Email)
	}
	if err := h.client.Sessions.RevokeAll(ctx, now.Session); err != nil && !gone(err) {
		h.fault(r, "logout not complete", err)
		return "This browser is signed out. Your other browsers could not be: please sign in and try again in a moment."
	}
	if scope == scopeEverywhere {
		// An address that nobody has proven could be somebody else's in other classes.
		if unknownWho != nil {
			h.fault(r, "logout not complete", unknownWho)
		}
		return "You are signed out of this class in every browser. Which other classes are yours could not be found out: please sign out there as well."
	}
	return "You are signed out of this class in every browser."
}

// gone reports that there is nobody any more whose sessions could live.
func gone(err error) bool { return errors.Is(err, grimoireauth.ErrNotFound) && !unknown(err) }

// endEverywhere ends their sessions in all classes and says how it went.
func (h *Handler) endEverywhere(ctx context.Context, r *http.Request, email string) string {
	report, err := h.client.Sessions.RevokeEverywhere(ctx, grimoireauth.Identity{Email: email})
	left := 0
	for _, class := range report {
		if class.Err != nil && !gone(class.Err) {
			left++
		}
	}
	switch {
	case err == nil, left == 0 && gone(err):
		return "You are signed out everywhere, in every browser."
	case left == 0:
		h.fault(r, "logout not complete", err)
		return "This browser is signed out. It could not be found out which classes you are in, so other browsers may still be signed in: please sign in and try again in a moment."
	}
	h.fault(r, "logout not complete", err)
	return fmt.Sprintf("This browser is signed out. In %d of your %d classes the sessions could not be ended: please sign in and try again in a moment.", left, len(report))
}
