package stytchclient

import (
	"errors"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// FactorOwner is the member whose second factors a call is about, and what they have
// proven already: the first factor of a sign-in ([StepUpError.Owner], or what an
// application kept of it for the next request), or a live session ([OwnerOf]). Stytch
// compares the two. The zero value is rejected with [grimoireauth.ErrInvalid].
type FactorOwner struct {
	Person grimoireauth.Person // the member, and the class by its id; required
	Proof  grimoireauth.Proof  // of this member; required
}

// OwnerOf returns the member of a live session, whose class is an Organization here.
func OwnerOf(a grimoireauth.Authentication) FactorOwner {
	return FactorOwner{
		Person: grimoireauth.Person{Member: a.Session.Member(), Class: grimoireauth.ClassID(a.Organization())},
		Proof:  a.Credentials,
	}
}

// FactorCode is the code of a second factor that was typed in.
type FactorCode struct {
	// Code is the code, from the SMS, the app, or the list of recovery codes.
	// Required.
	Code grimoireauth.Secret
	// AlwaysAsk asks this member for a second factor at every sign-in from now on,
	// also if the class does not. Recovery codes leave that as it is.
	AlwaysAsk bool
	// MakeDefault makes this the factor that the member is asked for first. Recovery
	// codes cannot be it.
	MakeDefault bool
	SessionOptions
}

// faults refuses an owner without a proof, too: a call without one would have the power
// of the project.
func (o FactorOwner) faults() []error {
	var unproven error
	if o.Proof == nil {
		unproven = errors.New("the Proof is missing")
	}
	return []error{classFault(o.Person.Class), memberFault(o.Person.Member), unproven}
}

// SecondFactors finishes sign-ins with a second factor, and adds one to a live session:
// which of the two, the [FactorOwner] says. It is part of a [Client].
type SecondFactors struct{ c *Client }

// request checks what all calls with a code have in common.
func (f SecondFactors) request(op string, who FactorOwner, in FactorCode) (request, error) {
	return f.c.request(op, SignInOptions{SessionOptions: in.SessionOptions, Continue: who.Proof},
		append(who.faults(), needed("code", in.Code.Reveal()))...)
}

// enrollment is set_mfa_enrollment.
func (in FactorCode) enrollment() string {
	if in.AlwaysAsk {
		return "enroll"
	}
	return ""
}
