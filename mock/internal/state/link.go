package state

import "time"

// Code is a one-time code of six digits by e-mail or SMS.
type Code struct {
	Value     string    `json:"code"`
	Kind      string    `json:"kind"`                    // "login", "signup", "discovery", "email_update" or "mfa"
	MemberID  string    `json:"member_id,omitempty"`     // empty for discovery
	Email     string    `json:"email_address,omitempty"` // what it proves; empty in an SMS
	EmailID   string    `json:"email_id,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
	Spent     bool      `json:"spent,omitempty"`
}

// Link is a magic link by e-mail.
type Link struct {
	Token       string    `json:"-"`                   // the key in the state
	Kind        string    `json:"kind"`                // "login", "signup", "invite", "discovery", "email_update" or "password_reset"
	MemberID    string    `json:"member_id,omitempty"` // empty for discovery
	EmailID     string    `json:"email_id"`            // of the address that it was sent to and that it proves
	Email       string    `json:"email_address"`
	RedirectURL string    `json:"redirect_url"`
	Challenge   string    `json:"pkce_code_challenge,omitempty"`
	ExpiresAt   time.Time `json:"expires_at"`
	Spent       bool      `json:"spent,omitempty"` // used or invalidated
}
