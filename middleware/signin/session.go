package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
)

// sessionStatus is the JSON of GET session: ids and times, no token, no name and no
// address.
type sessionStatus struct {
	SignedIn  bool                        `json:"signed_in"`
	Member    grimoireauth.MemberID       `json:"member_id,omitempty"`
	Class     grimoireauth.OrganizationID `json:"class_id,omitempty"`
	Slug      string                      `json:"class_slug,omitempty"`
	Role      string                      `json:"role,omitempty"`
	ExpiresAt *time.Time                  `json:"expires_at,omitempty"`
	Source    string                      `json:"source,omitempty"`
}

// lowestRole is a role that every member of a class has.
const lowestRole = grimoireauth.Role(1)

// status says who is signed in. It is served inside the guard's Load, which renews the
// cookies. During an outage it answers 503 and never "signed out".
func (h *Handler) status(w http.ResponseWriter, r *http.Request) {
	status := sessionStatus{}
	switch now, err := h.guard.Check(r); {
	case err == nil:
		status = sessionStatus{
			SignedIn: true, Member: now.Member(), Class: now.Organization(), Slug: now.OrganizationSlug(), Source: now.Source.String(),
		}
		if ends := now.ExpiresAt(); !ends.IsZero() {
			ends = ends.UTC()
			status.ExpiresAt = &ends
		}
		// If classes are not Organizations, there is no role to show. A role that could
		// not be found out is left out as well.
		_, role, err := h.guard.CheckInClass(r, grimoireauth.ClassID(now.Organization()), lowestRole)
		switch {
		case err == nil:
			status.Role = role.String()
		case !errors.Is(err, grimoireauth.ErrForbidden) && !errors.Is(err, grimoireauth.ErrNotFound):
			if explained := (*grimoireauth.Error)(nil); errors.As(err, &explained) && explained.Err != nil && explained.Status == 0 {
				err = &applicationError{"RoleFunc", explained.Err}
			}
			h.logFault(r, "the role was not found out", err)
		}
	case isUndecided(err) || !errors.Is(err, grimoireauth.ErrUnauthenticated):
		h.guard.Respond(w, r, err)
		return
	}
	body, err := json.Marshal(status)
	if err != nil {
		h.guard.Respond(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that is gone is not an error
}

// The scopes of a logout, field "scope".
const (
	scopeHere       = "here"       // this session; the default
	scopeClass      = "class"      // all sessions of the member in this class
	scopeEverywhere = "everywhere" // all sessions of the person in every class
)

// askLogout shows one button, so that a plain link can lead to it: a GET signs no
// person out.
func (h *Handler) askLogout(w http.ResponseWriter, _ *http.Request) {
	h.show(w, http.StatusOK, "sign-out", Page{})
}

// logout ends the session, or all sessions of the person, at Stytch and here. It
// deletes the cookies in any case, since the person asked for it. The result is in the
// address of the next page, which can be reloaded: sending the form again would sign
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
	// The logout goes on if the browser is gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), redemptionTime)
	defer cancel()
	now, err := h.guard.Check(r.WithContext(ctx))
	switch {
	case err == nil:
		said = h.endAll(ctx, r, now, scope)
	case isUndecided(err) || !errors.Is(err, grimoireauth.ErrUnauthenticated):
		h.logFault(r, "logout not complete", err)
		said.word = saidNotTold
	case !errors.Is(err, grimoireauth.ErrNoCredentials) && !errors.Is(err, grimoireauth.ErrSessionEnded):
		// An expired session_jwt came without a session_token, or a second cookie was
		// planted. The session may be alive, and it is not known which one it is.
		h.logInfo(r, "logout not complete", err)
		said.word = saidNotTold
	case scope != scopeHere:
		// It is no longer known whose other sessions to end.
		said.word = saidNoSession
	}
	h.guard.ClearCookies(w, h.withPublicHost(r))
	h.dropAll(w, r)
	forgetCache(w)
	redirect(w, h.config.prefix()+"signed-out"+said.query())
}

// forgetCache clears the browser's cache, so that a shared computer does not show pages
// of the class again. It does not clear "cookies", since that would delete those of
// other hosts in the school's domain.
func forgetCache(w http.ResponseWriter) { w.Header().Set("Clear-Site-Data", `"cache"`) }

// showSignedOut says how a logout went. A browser with a session is redirected to the
// page "sign-out".
func (h *Handler) showSignedOut(w http.ResponseWriter, r *http.Request) {
	if _, err := h.guard.Check(r); err == nil {
		redirect(w, h.config.prefix()+"logout")
		return
	}
	forgetCache(w)
	h.show(w, http.StatusOK, "signed-out", Page{Notice: signedOutOf(r.URL.RawQuery).notice()})
}

// forgetPages is the style sheet of the page "signed-out", and has no styles. A browser
// keeps the page that it has just left, to show it again on "back", and stores it after
// it has read the headers of the next page. So clearing the cache in the response of
// logout is too early, and in this one it is not. Source:
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Clear-Site-Data
func forgetPages(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		w.Header().Set("Clear-Site-Data", `"cache"`)
	}
	// A page of another site could use it to slow this one down, so it gets no header.
}

// signedOut is the result of a logout, which is in the address of the page
// "signed-out". The zero value: this browser is signed out.
type signedOut struct {
	word      string
	left, all int // numbers of classes, for saidLeft
}

// The values of signedOut.word, and their sentences.
const (
	saidNotTold    = "not-told" // also if all sessions were to end
	saidNoSession  = "no-session"
	saidHereOnly   = "here-only"
	saidClass      = "class"
	saidThisClass  = "class-only"
	saidEverywhere = "everywhere"
	saidUnknown    = "classes-unknown"
	saidLeft       = "left"
)

var signedOutNotices = map[string]string{
	saidNotTold:    "This browser is signed out. The sign-in service could not be told, though, so there the session goes on until it ends by itself.",
	saidNoSession:  "You were not signed in here any more, so your other browsers could not be signed out: please sign in and try again.",
	saidHereOnly:   "This browser is signed out. Your other browsers could not be: please sign in and try again in a moment.",
	saidClass:      "You are signed out of this class in every browser.",
	saidThisClass:  "You are signed out of this class in every browser. Which other classes are yours could not be found out: please sign out there as well.",
	saidEverywhere: "You are signed out everywhere, in every browser.",
	saidUnknown:    "This browser is signed out. It could not be found out which classes you are in, so other browsers may still be signed in: please sign in and try again in a moment.",
}

func (s signedOut) query() string {
	if s.word == "" {
		return ""
	}
	query := url.Values{"said": {s.word}}
	if s.word == saidLeft {
		query.Set("left", strconv.Itoa(s.left))
		query.Set("of", strconv.Itoa(s.all))
	}
	return "?" + query.Encode()
}

// signedOutOf reads the query of the page. Unknown words have no sentence.
func signedOutOf(rawQuery string) signedOut {
	query, _ := url.ParseQuery(rawQuery)
	word, _ := single(query, "said")
	left, err := strconv.ParseUint(query.Get("left"), 10, 16)
	all, errAll := strconv.ParseUint(query.Get("of"), 10, 16)
	switch {
	case word == saidLeft && err == nil && errAll == nil:
		return signedOut{word, int(left), int(all)}
	case word == saidLeft:
		return signedOut{}
	}
	return signedOut{word: word}
}

func (s signedOut) notice() string {
	if s.word == saidLeft {
		return fmt.Sprintf("This browser is signed out. In %d of your %d classes the sessions could not be ended: please sign in and try again in a moment.", s.left, s.all)
	}
	return signedOutNotices[s.word]
}

// endAll ends the sessions of the scope and returns the result. It ends the present
// session first and in every case, so that it is revoked here whatever Stytch answers
// about the others.
func (h *Handler) endAll(ctx context.Context, r *http.Request, now grimoireauth.Authentication, scope string) signedOut {
	var who stytchclient.SignedIn
	var unknownWho error
	if scope == scopeEverywhere {
		// The address of the person can be looked up only before the session ends.
		who, unknownWho = h.client.Sessions.Fetch(ctx, now.Credentials)
	}
	if err := h.revoke(ctx, now.Session); err != nil {
		h.logFault(r, "logout not complete", err)
		if scope == scopeHere {
			return signedOut{word: saidNotTold}
		}
	}
	switch {
	case scope == scopeHere:
		return signedOut{}
	case scope == scopeEverywhere && unknownWho == nil && who.Member.EmailVerified:
		return h.endEverywhere(ctx, r, who.Member.Email)
	}
	if err := h.client.Sessions.RevokeAll(ctx, now.Session); err != nil && !memberGone(err) {
		h.logFault(r, "logout not complete", err)
		return signedOut{word: saidHereOnly}
	}
	if scope == scopeEverywhere {
		// An address that is not verified may belong to another person in other
		// classes.
		if unknownWho != nil {
			h.logFault(r, "logout not complete", unknownWho)
		}
		return signedOut{word: saidThisClass}
	}
	return signedOut{word: saidClass}
}

// memberGone reports whether the member does not exist any more, so that there are no
// sessions to end.
func memberGone(err error) bool { return errors.Is(err, grimoireauth.ErrNotFound) && !isUndecided(err) }

// endEverywhere ends the person's sessions in all classes and returns the result.
func (h *Handler) endEverywhere(ctx context.Context, r *http.Request, email string) signedOut {
	report, err := h.client.Sessions.RevokeEverywhere(ctx, stytchclient.Identity{Email: email})
	left := 0
	for _, class := range report {
		if class.Err != nil && !memberGone(class.Err) {
			left++
		}
	}
	switch {
	case err == nil, left == 0 && memberGone(err):
		return signedOut{word: saidEverywhere}
	case left == 0:
		h.logFault(r, "logout not complete", err)
		return signedOut{word: saidUnknown}
	}
	h.logFault(r, "logout not complete", err)
	return signedOut{saidLeft, left, len(report)}
}
