package mock

import (
	"slices"
	"time"
)

// Message is what Stytch would have sent to somebody.
type Message struct {
	Channel string    `json:"channel"`         // "email" or "sms"
	Kind    string    `json:"kind"`            // "login", "signup", "invite", "discovery", "password_reset", "email_update" or "mfa"
	To      string    `json:"to"`              // an e-mail address or a phone number
	Link    string    `json:"link,omitempty"`  // what the button of an e-mail opens; empty where there is a Code
	Token   string    `json:"token,omitempty"` // the token in the link, as it will arrive at the redirect URL
	Code    string    `json:"code,omitempty"`  // six digits, of an SMS or an e-mail that has no link
	SentAt  time.Time `json:"sent_at"`
}

// Outbox returns the messages so far, oldest first: at most the last 10,000.
func (s *Stytch) Outbox() []Message {
	s.configure()
	return s.core.outbox()
}

// outbox returns the messages so far, oldest first.
func (s *server) outbox() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.db.Outbox)
}

// sandboxEmail accepts messages that are not sent.
// Source: https://stytch.com/docs/b2b/guides/testing
const sandboxEmail = "sandbox@stytch.com"

func (c *call) send(message Message) {
	if sameEmail(message.To, sandboxEmail) && c.env == "test" {
		return
	}
	message.SentAt = c.now
	c.db.Outbox = keepLast(append(c.db.Outbox, message))
}
