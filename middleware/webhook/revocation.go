package webhook

import (
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// revocation returns what a message revokes, and whether it revokes anything.
//
// What was created takes nothing away. Every other action does, also one that is not known
// here: a change can be a demotion, and a revocation that was not needed costs one refresh
// of each session.
func (m message) revocation() (grimoireauth.Revocation, bool) {
	if m.action == "create" {
		return grimoireauth.Revocation{}, false
	}
	switch m.object {
	case "member":
		return grimoireauth.Revocation{Member: grimoireauth.MemberID(m.id)}, true
	case "organization", "saml_connection", "oidc_connection", "scim_connection", "scim_group":
		// A connection and its groups give roles to members of their Organization.
		return grimoireauth.Revocation{Class: m.class}, m.class != ""
	}
	return grimoireauth.Revocation{}, false
}

// revokedAt returns the time of the revocation: tokens issued until then are stale.
//
// A token that was issued between the change and the arrival of its webhook carries the new
// state, so the time of the event is exact, and by the clock that has issued the tokens.
// One that is old or in the future is not used: then everything until now is stale.
func (m message) revokedAt(now time.Time, tolerance time.Duration) time.Time {
	if m.at.After(now) || now.Sub(m.at) > tolerance {
		return now
	}
	return m.at
}
