package middleware

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// ErrOtherPersonsForm: this browser sends a form again that the Guard has refused
// before, with 401, 403, 404, 429 or 503, and the person who is signed in now is not the one who was
// then, or that is not known. Nothing was done with it. It is answered with 409, once:
// the same form passes when it is sent again. It matches [grimoireauth.ErrConflict].
var ErrOtherPersonsForm error = fmt.Errorf("the form may have been filled in by another person: %w", grimoireauth.ErrConflict)

// The mark of refused forms is a cookie of its own. A browser that reloads the page of
// a refusal posts the form again, with what was typed, and the cookies that are there
// by then. So the mark says which forms were refused, and whose they were. It decides
// only whether there is a question, and nobody is served because of it.
//
// A form is known by its method, its address and the length of its body: a reload
// repeats all three to the letter, while the next person's own form at the same address
// rarely does, and two tabs with two forms have two marks. The body itself is not read,
// since a handler may want to stream it.
const (
	formsSuffix = "_forms" // after the name of the session_token's cookie
	formsLife   = time.Hour
	maxForms    = 8
)

// formMark is one refused form and whose it is, as digests.
type formMark struct{ form, member string }

// digestSize is the length of a digest in a mark.
const digestSize = 16

func digestOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:digestSize*3/4])
}

func formOf(r *http.Request) string {
	return digestOf("form", r.Method, addressOf(r), strconv.FormatInt(r.ContentLength, 10))
}

// memberDigest returns the digest of a member. That of the empty id, which no member
// has, stands for a person who is not known.
func memberDigest(member grimoireauth.MemberID) string { return digestOf("member", string(member)) }

// otherPersonsForm is an [ErrOtherPersonsForm] that says who is asked.
type otherPersonsForm struct{ member string }

func (e *otherPersonsForm) Error() string { return ErrOtherPersonsForm.Error() }
func (e *otherPersonsForm) Unwrap() error { return ErrOtherPersonsForm }

// posts reports whether a browser's form made this request: a script reads the refusal
// itself, and no page of it is ever reloaded.
func isFormPost(r *http.Request) bool { return unsafeMethod(r.Method) && readByPerson(r) }

func unsafeMethod(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// checkForm returns an error if the request is a form again that was refused while
// another person was signed in.
func (g *Guard) checkForm(r *http.Request, a *requestAuth) error {
	if !unsafeMethod(r.Method) || a.credentials.bearer {
		return nil
	}
	marks := g.formMarks(r)
	if len(marks) == 0 || !readByPerson(r) {
		return nil
	}
	form, member := formOf(r), memberDigest(a.authentication.Member())
	marked := false
	for _, mark := range marks {
		switch {
		case mark.form != form:
		case mark.member == member:
			return nil
		default:
			marked = true
		}
	}
	if marked {
		return &otherPersonsForm{member}
	}
	return nil
}

// markForm remembers a form that is being refused in the browser that sent it. Whoever
// was asked whether to send another person's form has answered by sending it again, so
// the form is theirs from then on. Nothing else changes whose it is.
func (g *Guard) markForm(h http.Header, r *http.Request, err error) {
	if g == nil || g.auth == nil || g.byBearer(r) || !isFormPost(r) {
		return
	}
	var asked *otherPersonsForm
	mark := formMark{form: formOf(r)}
	switch status := refusalOf(err).status; {
	case errors.As(err, &asked):
		mark.member = asked.member
	case status == http.StatusUnauthorized, status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests,
		// The next person may be one who may: a student's form is not to be an instructor's.
		status == http.StatusForbidden, status == http.StatusNotFound:
		mark.member = memberDigest(g.claimedMember(r))
	default:
		return
	}
	value := make([]string, 0, maxForms)
	for _, known := range g.formMarks(r) {
		if known.form == mark.form && asked == nil {
			return
		}
		if known.form != mark.form {
			value = append(value, known.form+known.member)
		}
	}
	value = append(value, mark.form+mark.member)
	value = value[max(0, len(value)-maxForms):]
	// Host-only also where the session is shared with other hosts: their forms are
	// others.
	cookies := sessionCookies{secure: g.cookie.secure}
	cookies.put(h, g.cookie.token+formsSuffix, strings.Join(value, "."), int(formsLife/time.Second))
	if !varies(h["Vary"], "Cookie") {
		h.Add("Vary", "Cookie")
	}
	h.Set("Cache-Control", "no-store")
}

// claimedMember returns whom the request names, proved or not, and "" if that cannot
// be told.
func (g *Guard) claimedMember(r *http.Request) grimoireauth.MemberID {
	if session, ok := grimoireauth.SessionFromContext(r.Context()); ok {
		return session.Member()
	}
	var rc requestCredentials
	err := g.read(r, &rc)
	if err != nil {
		return ""
	}
	c, ok := claimsOf(rc.jwt)
	if !ok || rc.session != "" && rc.session != string(c.SessionID) {
		return ""
	}
	return grimoireauth.MemberID(c.Subject)
}

// formMarks returns the marks that the browser sends. Those of a second cookie of the
// name, which another host may have planted, are added and replace none.
func (g *Guard) formMarks(r *http.Request) []formMark {
	name := g.cookie.token + formsSuffix
	var marks []formMark
	for _, line := range r.Header["Cookie"] {
		if !strings.Contains(line, name) {
			continue
		}
		for pair := range strings.SplitSeq(line, ";") {
			value, ok := valueOf(strings.TrimLeft(pair, " "), name)
			if !ok || len(value) > maxForms*(2*digestSize+1) {
				continue
			}
			for mark := range strings.SplitSeq(value, ".") {
				if len(mark) == 2*digestSize && tokenLike(mark, 2*digestSize) {
					marks = append(marks, formMark{mark[:digestSize], mark[digestSize:]})
				}
			}
		}
	}
	return marks
}
