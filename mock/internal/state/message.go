package state

import "time"

// Message is what Stytch would have sent to a person.
type Message struct {
	Channel string    `json:"channel"`         // "email" or "sms"
	Kind    string    `json:"kind"`            // "login", "signup", "invite", "discovery", "password_reset", "email_update" or "mfa"
	To      string    `json:"to"`              // an e-mail address or a phone number
	Link    string    `json:"link,omitempty"`  // what the button of an e-mail opens; empty where there is a Code
	Token   string    `json:"token,omitempty"` // the token in the link, as it will arrive at the redirect URL
	Code    string    `json:"code,omitempty"`  // six digits, of an SMS or an e-mail that has no link
	SentAt  time.Time `json:"sent_at"`
}
