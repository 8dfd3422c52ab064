package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// signedOut is what came of a logout, as it stands in the address of the page that says
// so. The zero value: it went well, in this browser.
type signedOut struct {
	word      string
	left, all int // classes, of saidLeft
}

// The words, and what they say.
const (
	saidNotTold    = "not-told" // also true where all sessions were meant
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

// signedOutOf reads the query of the page. What is not one of the words says nothing.
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

// endAll ends the sessions that the scope means and returns what has to be said
// about it. This one ends first and in every case, so that it is dead here whatever
// Stytch answers about the others.
func (h *Handler) endAll(ctx context.Context, r *http.Request, now grimoireauth.Authentication, scope string) signedOut {
	var who grimoireauth.SignedIn
	var unknownWho error
	if scope == scopeEverywhere {
		// Whose it is can only be asked while it lives.
		who, unknownWho = h.client.Sessions.Fetch(ctx, now.Credentials)
	}
	if err := h.revoke(ctx, now.Session); err != nil {
		h.fault(r, "logout not complete", err)
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
	if err := h.client.Sessions.RevokeAll(ctx, now.Session); err != nil && !gone(err) {
		h.fault(r, "logout not complete", err)
		return signedOut{word: saidHereOnly}
	}
	if scope == scopeEverywhere {
		// An address that is not proven could be another person's in other classes.
		if unknownWho != nil {
			h.fault(r, "logout not complete", unknownWho)
		}
		return signedOut{word: saidThisClass}
	}
	return signedOut{word: saidClass}
}

// gone reports that there is no member any more whose sessions could live.
func gone(err error) bool { return errors.Is(err, grimoireauth.ErrNotFound) && !unknown(err) }

// endEverywhere ends their sessions in all classes and says how it went.
func (h *Handler) endEverywhere(ctx context.Context, r *http.Request, email string) signedOut {
	report, err := h.client.Sessions.RevokeEverywhere(ctx, grimoireauth.Identity{Email: email})
	left := 0
	for _, class := range report {
		if class.Err != nil && !gone(class.Err) {
			left++
		}
	}
	switch {
	case err == nil, left == 0 && gone(err):
		return signedOut{word: saidEverywhere}
	case left == 0:
		h.fault(r, "logout not complete", err)
		return signedOut{word: saidUnknown}
	}
	h.fault(r, "logout not complete", err)
	return signedOut{saidLeft, left, len(report)}
}
