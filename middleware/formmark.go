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

// ErrOtherPersonsForm: this browser sends a form again that the Guard has refused before,
// with 401, 403, 404, 429 or 503, and another person may be signed in than then. The form
// does not reach its handler. The Guard answers 409, once: the same form passes when it is
// sent again. It matches [grimoireauth.ErrConflict].
var ErrOtherPersonsForm error = fmt.Errorf("the form may have been filled in by another person: %w", grimoireauth.ErrConflict)

// The marks of refused forms are in a cookie of their own. A browser that reloads the page
// of a refusal posts the form again, with the text that was typed before and the cookies of
// now. So the cookie keeps which forms were refused, and whose they were. It authenticates
// no request: a mark can only cause a 409.
//
// A form is identified by its method, its address and the length of its body: a reload
// repeats all three, while the next person's own form at the same address rarely has the
// same length, and two tabs with two forms have two marks. The body itself is not read,
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

// memberDigest returns the digest of a member. The digest of the empty id stands for a
// person who is not known.
func memberDigest(member grimoireauth.MemberID) string { return digestOf("member", string(member)) }

// otherPersonsForm is an [ErrOtherPersonsForm] with the digest of the member who is signed
// in now.
type otherPersonsForm struct{ member string }

func (e *otherPersonsForm) Error() string { return ErrOtherPersonsForm.Error() }
func (e *otherPersonsForm) Unwrap() error { return ErrOtherPersonsForm }

// isFormPost reports whether a browser's form made this request. A script shows no page that
// a person could reload.
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

// markForm adds the form that is refused now to the browser's marks. After
// ErrOtherPersonsForm the mark gets the present member, who confirms by sending the form
// again. Nothing else changes whose a marked form is.
func (g *Guard) markForm(h http.Header, r *http.Request, err error) {
	if g == nil || g.auth == nil || g.byBearer(r) || !isFormPost(r) {
		return
	}
	var confirms *otherPersonsForm
	mark := formMark{form: formOf(r)}
	switch status := refusalOf(err).status; {
	case errors.As(err, &confirms):
		mark.member = confirms.member
	case status == http.StatusUnauthorized, status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests,
		// A student's form must not be sent with an instructor's permission.
		status == http.StatusForbidden, status == http.StatusNotFound:
		mark.member = memberDigest(g.claimedMember(r))
	default:
		return
	}
	value := make([]string, 0, maxForms)
	for _, known := range g.formMarks(r) {
		if known.form == mark.form && confirms == nil {
			return
		}
		if known.form != mark.form {
			value = append(value, known.form+known.member)
		}
	}
	value = append(value, mark.form+mark.member)
	value = value[max(0, len(value)-maxForms):]
	// Host-only also if other hosts share the session, since they have other forms.
	cookies := sessionCookies{secure: g.cookie.secure}
	cookies.put(h, g.cookie.token+formsSuffix, strings.Join(value, "."), int(formsLife/time.Second))
	if !listsVary(h["Vary"], "Cookie") {
		h.Add("Vary", "Cookie")
	}
	h.Set("Cache-Control", "no-store")
}

// claimedMember returns the member id in the credentials of the request, verified or
// not, and "" if they have none.
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

// formMarks returns the marks that the browser sends. Those of a second cookie of the name,
// which another host may have planted, replace none.
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
