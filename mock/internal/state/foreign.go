package state

import "time"

// ForeignToken stands for a credential that another system issued and that this
// project exchanges for a session.
type ForeignToken struct {
	Kind     string    `json:"kind"`
	MemberID string    `json:"member_id"`
	IssuedAt time.Time `json:"issued_at"`
	Spent    bool      `json:"spent,omitempty"`
}

// The kinds of tokens of others, by the endpoint that takes them:
// sessions/exchange_access_token, sessions/attest and sessions/migrate.
const (
	AccessToken      = "access_token"       // of a Connected App with full_access
	TrustedAuthToken = "trusted_auth_token" // signed by a third party
	ExternalSession  = "session_token"      // of the system that the project migrates from
)
