package grimoireauth

import (
	"log/slog"
)

// MemberStatus is where a member stands, in Stytch's words.
type MemberStatus string

// The statuses of a member.
const (
	StatusActive  MemberStatus = "active"
	StatusInvited MemberStatus = "invited" // has an invitation that was not taken up yet
	StatusPending MemberStatus = "pending" // began to sign up and has not finished
	StatusDeleted MemberStatus = "deleted" // removed from the class
)

// Member is one line of a class's roster.
type Member struct {
	Person
	Email         string
	EmailVerified bool   // they have proven that the address is theirs
	Name          string // as the roster has it; may be empty
	// ExternalID is the person's id in another system, such as a student number.
	// Empty: none.
	ExternalID string
	Status     MemberStatus
	// Suspended says that they are on the roster and cannot sign in: see
	// stytchclient.Roster.Suspend.
	Suspended bool
	Role      Role
	// Roles are the Stytch role ids behind Role, from every source. A session can
	// carry fewer: see [Session.Roles].
	Roles []string

	// MFAEnrolled says that they are asked for a second factor at every sign-in,
	// whatever the class asks for.
	MFAEnrolled bool
	// Phone is the number for codes by SMS. Empty: none.
	Phone string
	// App reports whether an authenticator app is enrolled.
	App bool
	// DefaultSecondFactor is the one that is asked for first. Empty: none chosen.
	DefaultSecondFactor SecondFactor
	// Breakglass members may sign in in every way, whatever the class allows: for
	// the day its identity provider is down.
	Breakglass bool
	Metadata   Metadata // without the keys of this package; nil if there is none
}

// LogValue shows ids only: rosters are student data. It implements
// [slog.LogValuer].
func (m Member) LogValue() slog.Value {
	return slog.GroupValue(slog.String("member", string(m.Member)), slog.String("class", string(m.Class)))
}
