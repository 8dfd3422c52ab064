package stytchclient

import (
	"github.com/promptgrimoire/auth/grimoireauth"
)

// Unfinished is a sign-in of a known member that owes a second factor: whose it
// is, and the proof of the first. It comes from [StepUpError.Unfinished], or from
// what an application kept of that for the next request.
type Unfinished struct {
	Person       grimoireauth.Person
	Intermediate grimoireauth.Intermediate
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

// owner says for whom a call about second factors is made, and with what proof.
type owner struct {
	person grimoireauth.Person
	proof  grimoireauth.Proof
}

func (u Unfinished) owner() owner { return owner{u.Person, u.Intermediate} }

// ownerOf is the owner of a live session, whose class is an Organization here.
func ownerOf(a grimoireauth.Authentication) owner {
	return owner{
		person: grimoireauth.Person{Member: a.Session.Member(), Class: grimoireauth.ClassID(a.Organization())},
		proof:  a.Credentials,
	}
}

func (o owner) faults() []error {
	return []error{classFault(o.person.Class), memberFault(o.person.Member)}
}

// secondFactors is the one implementation of both [SignIn]'s Resume methods and
// [Sessions]' AddFactor methods. They differ only in the proof.
type secondFactors struct{ c *Client }

func (c *Client) secondFactors() secondFactors { return secondFactors{c} }

// request checks what all calls with a code have in common.
func (f secondFactors) request(op string, who owner, in FactorCode) (request, error) {
	return f.c.request(op, SignInOptions{SessionOptions: in.SessionOptions, Continue: who.proof},
		append(who.faults(), needed("code", in.Code.Reveal()))...)
}

// enrollment is set_mfa_enrollment.
func (in FactorCode) enrollment() string {
	if in.AlwaysAsk {
		return "enroll"
	}
	return ""
}
