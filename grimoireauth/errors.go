package grimoireauth

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// sentinel is an error that decides. One that has a parent is a special case of
// it: errors.Is(ErrSessionEnded, ErrUnauthenticated) is true.
type sentinel struct {
	text   string
	parent error
}

func (s *sentinel) Error() string { return s.text }
func (s *sentinel) Unwrap() error { return s.parent }

// The errors that decide, for [errors.Is]. Every error of this module that can
// reach a caller matches one of them.
var (
	// ErrUnauthenticated: the credentials are rejected. Ask to sign in (401).
	ErrUnauthenticated error = &sentinel{text: "not signed in"}
	// ErrNoCredentials: none were presented. It is an ErrUnauthenticated.
	ErrNoCredentials error = &sentinel{"no credentials were presented", ErrUnauthenticated}
	// ErrExpired: the session_jwt is genuine and has expired, and there was no
	// session_token to refresh it with. It is an ErrUnauthenticated.
	ErrExpired error = &sentinel{"the session_jwt has expired", ErrUnauthenticated}
	// ErrSessionEnded: Stytch, or a revocation, says that the session is over. It is
	// the only error on which cookies may be deleted. It is an ErrUnauthenticated.
	ErrSessionEnded error = &sentinel{"the session has ended", ErrUnauthenticated}

	// ErrNotRecent: signed in, but too long ago for this, or without the factor
	// that it asks for. Ask to sign in again (401, RFC 9470); no session has ended.
	ErrNotRecent error = &sentinel{text: "signed in too long ago for this: sign in again"}

	// ErrForbidden: signed in, and not allowed (403).
	ErrForbidden error = &sentinel{text: "not permitted"}
	// ErrMethodNotAllowed: the class does not allow this way to sign in. It is an
	// ErrForbidden.
	ErrMethodNotAllowed error = &sentinel{"the class does not allow this way to sign in", ErrForbidden}
	// ErrNotSessionOrganization: a permission was asked about a class that is not the
	// session's Organization, and stytchclient.Client.Can knows nothing about others. An application
	// that keeps its classes in tables of its own needs a [CanFunc] of its own.
	ErrNotSessionOrganization error = &sentinel{"this class is not the session's Organization", ErrForbidden}
	// ErrNotInvited: the class admits only members and invited people, and this address
	// is not among them. It is an ErrForbidden.
	ErrNotInvited error = &sentinel{"the class does not know this person: ask an instructor for an invitation", ErrForbidden}

	// ErrClassArchived: the class is archived, so every sign-in is rejected. It is an
	// ErrForbidden.
	ErrClassArchived error = &sentinel{"the class is archived", ErrForbidden}
	// ErrSuspended: the member is suspended from the class. It is an ErrForbidden.
	ErrSuspended error = &sentinel{"this member is suspended from the class", ErrForbidden}
	// ErrLastInstructor: the class would be left without an instructor. It is an
	// ErrForbidden.
	ErrLastInstructor error = &sentinel{"the class would be left without an instructor", ErrForbidden}

	// ErrOtherClass: a link, or a token from an identity provider, belongs to
	// another class than it was presented for. It is an ErrForbidden.
	ErrOtherClass error = &sentinel{"this sign-in belongs to another class: begin it there", ErrForbidden}
	// ErrOtherBrowser: the sign-in began in another browser than the one that would
	// end it. The link or token is used up by the attempt. It is an ErrForbidden.
	ErrOtherBrowser error = &sentinel{"this sign-in began in another browser: begin again in this one", ErrForbidden}

	// ErrNotFound: no such class, member or connection.
	ErrNotFound error = &sentinel{text: "not found"}
	// ErrConflict: what the call would create, or its name, address or number, exists already.
	ErrConflict error = &sentinel{text: "exists already"}
	// ErrInvalid: the input, or the configuration, is not acceptable.
	ErrInvalid error = &sentinel{text: "invalid"}

	// ErrTokenSpent: a link or code was used before, or has expired; Stytch does
	// not tell the two apart. Ask for a new one.
	ErrTokenSpent error = &sentinel{text: "the link or code was already used or has expired: ask for a new one"}
	// ErrTokenUnknown: Stytch never issued this link or code, or issued it too
	// long ago to remember.
	ErrTokenUnknown error = &sentinel{text: "the link or code is not known: ask for a new one"}

	// ErrSignInExpired: a pending sign-in is older than ten minutes, or was finished
	// already. It is an ErrTokenSpent.
	ErrSignInExpired error = &sentinel{"the sign-in took too long, or is finished already: begin again", ErrTokenSpent}
	// ErrWrongCode: a code by e-mail, by SMS, of an authenticator app, or a
	// recovery code is not the right one. Asking again is fine.
	ErrWrongCode error = &sentinel{text: "the code is not right: check it and try again"}
	// ErrWrongPassword: the address and the password do not belong together. It does
	// not say which of them is wrong, nor whether the address is known.
	ErrWrongPassword error = &sentinel{text: "the e-mail address or the password is not right"}
	// ErrWeakPassword: a new password is too easy to guess, known from a leak, or
	// the old one.
	ErrWeakPassword error = &sentinel{text: "choose another password: this one is too easy to guess, was leaked, or is the old one"}
	// ErrPasswordMustChange: the password is right and may not be used any more,
	// because it was leaked or the rules have changed. Start a reset.
	ErrPasswordMustChange error = &sentinel{text: "this password cannot be used any more: ask for a link to set a new one"}

	// ErrStepUp: the sign-in is pending; stytchclient.StepUpError says which step is missing.
	ErrStepUp error = &sentinel{text: "the sign-in is not finished"}

	// ErrRateLimited: too many requests; wait as [Error.RetryAfter] says (429).
	ErrRateLimited error = &sentinel{text: "too many requests: wait a moment"}
	// ErrLocked: too many failed attempts, so that the member cannot sign in for a
	// while. It is an ErrRateLimited.
	ErrLocked error = &sentinel{"too many failed attempts: wait before you try again", ErrRateLimited}
	// ErrOverShare: no call to Stytch was made for the request, because its client address
	// has used up its share of the calls with unverified credentials; all unknown addresses
	// have one share together: see [ContextWithClientAddress]. It says nothing about the
	// credentials and is never a logout; wait as [Error.RetryAfter] says (429). It is an
	// ErrRateLimited; the others are Stytch's limits on this program.
	ErrOverShare error = &sentinel{"too many requests from this network: wait a moment", ErrRateLimited}
	// ErrUnavailable: a temporary error. It says nothing about the
	// credentials and is never a logout (503).
	ErrUnavailable error = &sentinel{text: "the sign-in service cannot be reached at the moment"}
)

// Error explains what a sentinel decided. Its text carries ids and Stytch's
// error_type, never a token, an address or what Stytch wrote in prose, which
// may quote the input.
type Error struct {
	Op         string        // what was tried: "redeem magic link"
	Kind       error         // the sentinel
	Status     int           // HTTP status of Stytch's answer, 0 if there was none
	Type       string        // Stytch's error_type, "" if there was none
	RequestID  string        // Stytch's request_id, to quote to their support
	RetryAfter time.Duration // how long to wait, 0 if Stytch did not say
	Detail     string        // the cause in words of this module, printed with the error; "" if there is none
	Err        error         // the cause, for errors.Is and errors.As; what Stytch wrote is reached in no other way

	// Unanswered says that an earlier attempt of the same call got no answer, so that
	// it may have been carried out whatever the last attempt was told.
	Unanswered bool
	Outage     *OutageError // why it got no answer, if that was an outage; nil if not
}

// Error returns one line: what was tried, the decision, and how to find it at
// Stytch.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("grimoireauth: ")
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.Kind != nil {
		b.WriteString(e.Kind.Error())
	} else {
		b.WriteString("failed")
	}
	switch {
	case e.Type != "":
		fmt.Fprintf(&b, " (%d %.100q, request %.100q)", e.Status, e.Type, e.RequestID)
	case e.Status != 0:
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

// Unwrap returns the sentinel, the cause, and the outage if there is one.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 3)
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	if e.Outage != nil {
		errs = append(errs, e.Outage)
	}
	return errs
}

// RetryAfter returns how long an error asks to wait, and whether it asks.
func RetryAfter(err error) (time.Duration, bool) {
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return e.RetryAfter, true
	}
	return 0, false
}
