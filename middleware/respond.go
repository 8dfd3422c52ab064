package middleware

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// refusal is the response to an error. Its texts are fixed: the error's own text is for the
// log.
type refusal struct {
	err    error
	status int
	code   string // stable, for programs
	title  string // for people
	detail string
}

// refusals is read from the top; the first one that the error matches counts. Temporary
// errors stand first, so that no other error beside one counts; after them special cases
// stand before the general ones.
//
// A wrong code or password is no 401: the cookies that came with it may be good,
// and a front end would conclude from a 401 that its session has ended.
var refusals = []refusal{
	{ErrMisconfigured, http.StatusInternalServerError, "server_error", "Something is wrong here", "The mistake is ours and has been noted. Please try again later."},
	{grimoireauth.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "Signing in does not work at the moment", "You are not signed out. Please try again in a moment."},
	// A watch that begins after EndWatches: another process replaces this one.
	{http.ErrServerClosed, http.StatusServiceUnavailable, "unavailable", "This server is being replaced", "You are not signed out. Please try again in a moment."},
	{grimoireauth.ErrLocked, http.StatusTooManyRequests, "locked", "Too many wrong attempts", "Please wait before you try again, or sign in in another way."},
	{grimoireauth.ErrOverShare, http.StatusTooManyRequests, "too_many_requests", "Too many requests from your network", "You are not signed out. Too much was asked from your network, or from others that cannot be told apart from it. Please try again in a moment."},
	// Stytch's rate limit is on this server and not on the person, so it is no 429.
	{grimoireauth.ErrRateLimited, http.StatusServiceUnavailable, "unavailable", "Signing in does not work at the moment", "You are not signed out. Please try again in a moment."},

	{grimoireauth.ErrSessionEnded, http.StatusUnauthorized, "session_ended", "Your session has ended", "Please sign in again."},
	{grimoireauth.ErrExpired, http.StatusUnauthorized, "session_expired", "Your session has expired", "Please sign in again."},
	{grimoireauth.ErrUnauthenticated, http.StatusUnauthorized, "sign_in_required", "Please sign in", "This page is for people who are signed in."},
	{grimoireauth.ErrNotRecent, http.StatusUnauthorized, "not_recent", "Please sign in again", "This asks that you have signed in a short while ago."},
	{grimoireauth.ErrStepUp, http.StatusUnauthorized, "sign_in_unfinished", "Your sign-in is not finished", "The class asks for one more step."},

	{grimoireauth.ErrWrongCode, http.StatusForbidden, "wrong_code", "That code is not right", "Please check it and try again."},
	{grimoireauth.ErrWrongPassword, http.StatusForbidden, "wrong_password", "That is not right", "The e-mail address and the password do not belong together."},
	{grimoireauth.ErrPasswordMustChange, http.StatusForbidden, "password_must_change", "This password cannot be used any more", "Please ask for a link to set a new one."},
	{grimoireauth.ErrWeakPassword, http.StatusUnprocessableEntity, "weak_password", "Please choose another password", "This one is too easy to guess, has been leaked, or is the old one."},

	{grimoireauth.ErrMethodNotAllowed, http.StatusForbidden, "sign_in_method_not_allowed", "Not in this way", "The class asks for another way to sign in."},
	{grimoireauth.ErrNotInvited, http.StatusForbidden, "not_invited", "You have not been invited", "The class does not know you. Please ask an instructor for an invitation."},
	{grimoireauth.ErrClassArchived, http.StatusForbidden, "class_archived", "This class is archived", "Nobody can sign in to it any more."},
	{grimoireauth.ErrSuspended, http.StatusForbidden, "suspended", "Suspended from this class", "A suspension stands in the way. Please ask an instructor of the class."},
	{grimoireauth.ErrLastInstructor, http.StatusForbidden, "last_instructor", "The class needs an instructor", "This would leave it without one. Please make somebody else an instructor first."},
	{grimoireauth.ErrOtherClass, http.StatusForbidden, "other_class", "This sign-in belongs to another class", "Please begin it there, or begin again here."},
	{grimoireauth.ErrOtherBrowser, http.StatusForbidden, "other_browser", "This sign-in began in another browser", "Please begin again in this one."},
	{ErrForeignOrigin, http.StatusForbidden, "foreign_origin", "Not from that page", "A page of another site has tried to open a connection in your name."},
	{grimoireauth.ErrForbidden, http.StatusForbidden, "forbidden", "Not permitted", "Your role in this class does not include this."},

	{grimoireauth.ErrSignInExpired, http.StatusGone, "sign_in_expired", "That took too long, or is finished already", "Please begin to sign in again."},
	{grimoireauth.ErrTokenSpent, http.StatusGone, "link_spent", "This link or code was used already, or is too old", "Please ask for a new one."},
	{grimoireauth.ErrTokenUnknown, http.StatusNotFound, "link_unknown", "This link or code is not known", "Please ask for a new one."},
	{grimoireauth.ErrNotFound, http.StatusNotFound, "not_found", "Not found", "There is nothing here, or nothing that you may see."},
	{ErrOtherPersonsForm, http.StatusConflict, "form_of_another_person", "Is this form yours?", "You may be signed in as another person than the one who filled it in."},
	{grimoireauth.ErrConflict, http.StatusConflict, "conflict", "It exists already", "Somebody has done this before."},
	{grimoireauth.ErrInvalid, http.StatusBadRequest, "invalid", "That cannot be right", "Please check what you entered."},
}

var otherwise = refusals[0]

// passes reports that the same request may succeed in a moment.
func (r refusal) passes() bool {
	return r.status == http.StatusServiceUnavailable || r.err == grimoireauth.ErrOverShare
}

func refusalOf(err error) refusal {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r
		}
	}
	return otherwise
}

// DefaultRespond returns the function that a Guard uses if Config.Respond is nil. It writes
// JSON for programs (RFC 9457, "application/problem+json", with a stable member "code") and
// a small page for browsers. A browser that opens a page without a session is redirected
// (303) to signInURL, with the address of the page as the parameter return_to; if signInURL
// is empty it gets the page. A posted form is never redirected, which would lose its
// content. Its page says that nothing was saved, has a link that opens signInURL in another
// tab, and asks to reload this one afterwards, which sends the form again.
//
// 401 carries WWW-Authenticate. 503 carries Retry-After, as does 429 for
// grimoireauth.ErrOverShare and if Stytch said how long to wait. No response may be cached.
// Every sentinel of grimoireauth has a status, a code and a sentence; an error that matches
// none is a 500.
func DefaultRespond(signInURL string) func(w http.ResponseWriter, r *http.Request, err error) {
	return func(w http.ResponseWriter, r *http.Request, err error) { respond(w, r, err, signInURL) }
}

func respond(w http.ResponseWriter, r *http.Request, err error, signInURL string) {
	refusal := refusalOf(err)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if refusal.status == http.StatusUnauthorized {
		if target, ok := signInRedirect(r, signInURL); ok && !wantsBearer(h) {
			h.Del("WWW-Authenticate")
			h.Set("Location", target)
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		if h["Www-Authenticate"] == nil {
			h.Set("WWW-Authenticate", cookieChallenge(err))
		}
	}
	// How long a member stays locked out only Stytch knows, so there is no default for it.
	if _, said := grimoireauth.RetryAfter(err); refusal.passes() || said && refusal.status == http.StatusTooManyRequests {
		h.Set("Retry-After", strconv.Itoa(retrySeconds(err)))
	}
	h.Set("X-Content-Type-Options", "nosniff")
	if readByPerson(r) {
		writePage(w, r, refusal, signInURL)
		return
	}
	body, fault := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}{"about:blank", refusal.title, refusal.status, refusal.detail, refusal.code})
	if fault != nil {
		w.WriteHeader(refusal.status)
		return
	}
	h.Set("Content-Type", "application/problem+json")
	write(w, r, refusal.status, body)
}

// write sends a whole body. An error means that the client has gone, and is ignored.
func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// retrySeconds returns how long to wait: as long as the error says, up to an hour, or 5
// seconds.
func retrySeconds(err error) int {
	wait, ok := grimoireauth.RetryAfter(err)
	if !ok {
		return 5
	}
	wait = min(wait, time.Hour)
	return max(1, int((wait+time.Second-1)/time.Second))
}

// readByPerson reports whether a browser will show the response as a page: it accepts HTML
// and the request comes from no script (Sec-Fetch-Mode; browsers before 2023 send none).
func readByPerson(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return false
	}
	for _, line := range r.Header["Accept"] {
		for accepted := range strings.SplitSeq(line, ",") {
			mediaType, _, _ := strings.Cut(accepted, ";")
			if strings.EqualFold(strings.TrimSpace(mediaType), "text/html") {
				return true
			}
		}
	}
	return false
}

// challenge writes into a 401 which credentials the guard reads (RFC 9110, 11.6.1): a bearer
// token (RFC 6750, 3), cookies, or both. No registered scheme means "a cookie", and Basic
// would make browsers ask for a password.
func (g *Guard) challenge(h http.Header, r *http.Request, err error) {
	bearer, cookie := false, true
	if g != nil && g.auth != nil {
		bearer = g.config.CredentialSource != CookiesOnly
		cookie = g.config.CredentialSource != BearerOnly && !g.byBearer(r)
	}
	h.Del("WWW-Authenticate")
	parameters := challengeParameters(err)
	if bearer {
		scheme := "Bearer"
		// RFC 6750, 3.1: no error for a client that sent no credentials.
		if parameters == "" && !cookie && !errors.Is(err, grimoireauth.ErrNoCredentials) {
			parameters = `error="invalid_token"`
		}
		if parameters != "" {
			scheme += " " + parameters
		}
		h.Add("WWW-Authenticate", scheme)
	}
	if cookie {
		h.Add("WWW-Authenticate", cookieChallenge(err))
	}
}

func cookieChallenge(err error) string {
	const scheme = `Cookie realm="sign-in"`
	if parameters := challengeParameters(err); parameters != "" {
		return scheme + ", " + parameters
	}
	return scheme
}

// challengeParameters returns the parameters for ErrNotRecent (RFC 9470, 3), and "" for
// other errors.
func challengeParameters(err error) string {
	if !errors.Is(err, grimoireauth.ErrNotRecent) {
		return ""
	}
	parameters := `error="insufficient_user_authentication", error_description="A more recent sign-in is needed"`
	var wanted *NotRecentError
	if errors.As(err, &wanted) {
		parameters += `, max_age="` + strconv.FormatInt(int64(wanted.MaxAge/time.Second), 10) + `"`
	}
	return parameters
}

// wantsBearer reports whether the guard reads nothing but a bearer token, so that a sign-in
// page would not help.
func wantsBearer(h http.Header) bool {
	lines := h["Www-Authenticate"]
	return len(lines) == 1 && strings.HasPrefix(lines[0], "Bearer")
}
