package state

import (
	"slices"
	"time"
)

// Impersonation is a one-time token with which a person of the workspace becomes a
// member for an hour.
type Impersonation struct {
	MemberID          string    `json:"member_id"`
	ImpersonatorID    string    `json:"impersonator_id"`
	ImpersonatorEmail string    `json:"impersonator_email_address"`
	ExpiresAt         time.Time `json:"expires_at"`
	Spent             bool      `json:"spent,omitempty"`
}

// ImpersonatedKind is the type of the factor of a session that another person than the
// member began.
const ImpersonatedKind = "impersonated"

// Impersonated reports whether a person of the workspace began the session.
func (s *Session) Impersonated() bool {
	return slices.ContainsFunc(s.Factors, func(f Factor) bool { return f.Kind == ImpersonatedKind })
}
