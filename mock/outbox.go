package mock

import "time"

// Message is what Stytch would have sent to a person.
type Message struct {
	Channel string // "email" or "sms"
	Kind    string // "login", "signup", "invite", "discovery", "password_reset", "email_update" or "mfa"
	To      string // an e-mail address or a phone number
	Link    string // what the button of an e-mail opens; empty where there is a Code
	Token   string // the token in the link, as it will arrive at the redirect URL
	Code    string // six digits, of an SMS or an e-mail that has no link
	SentAt  time.Time
}

// Outbox returns the messages so far, oldest first: at most the last 10,000.
func (s *Stytch) Outbox() []Message {
	s.configure()
	var out []Message
	for _, m := range s.core.Outbox() {
		out = append(out, Message(m))
	}
	return out
}
