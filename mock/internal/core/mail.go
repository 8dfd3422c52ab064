package core

import (
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// CodeForm is the form of a one-time code.
var CodeForm = regexp.MustCompile(`^[0-9]{6}$`)

// SendCode sends a code. Of the codes for one purpose only the newest works.
func (c *Request) SendCode(purpose, channel, to string, k *state.Code) {
	k.Value = c.newCode(k.Kind)
	c.State.AddCode(purpose, k)
	c.send(state.Message{Channel: channel, Kind: k.Kind, To: to, Code: k.Value})
}

// RedeemCode returns the code for a purpose if it is right and still works. It
// is not used up yet. A wrong code and an expired one are two errors.
func (c *Request) RedeemCode(purpose, value string) (*state.Code, error) {
	if !CodeForm.MatchString(value) {
		return nil, wire.Error("invalid_code")
	}
	sent := c.State.Codes[purpose]
	for n := len(sent) - 1; n >= 0; n-- {
		k := sent[n]
		if !state.Same(k.Value, value) {
			continue
		}
		if n < len(sent)-1 || k.Spent || !c.Now.Before(k.ExpiresAt) || (k.MemberID != "" && c.State.Member(k.MemberID).Status == state.StatusDeleted) {
			return nil, wire.Error("unable_to_auth_otp_code")
		}
		return k, nil
	}
	return nil, wire.Error("otp_code_not_found")
}

// tokenTypeMagicLink is the stytch_token_type of login, signup and invitation.
const tokenTypeMagicLink = "multi_tenant_magic_links"

// Mail sends a link. Earlier links still work: at Stytch a newer message invalidates
// codes only.
func (c *Request) Mail(l *state.Link) {
	l.Token = c.newOneTimeToken("link")
	if l.Email == "" {
		l.EmailID, l.Email = c.State.Member(l.MemberID).EmailID, c.State.Member(l.MemberID).Email
	}
	c.State.AddLink(l)
	query := url.Values{
		"public_token":      {c.PublicToken},
		"stytch_token_type": {TokenType(l)},
		"token":             {l.Token},
	}
	c.send(state.Message{
		Channel: "email",
		Kind:    l.Kind,
		To:      l.Email,
		Link:    c.Base + "/v1/b2b/magic_links/redirect?" + query.Encode(),
		Token:   l.Token,
	})
}

// TokenType is the stytch_token_type that a browser arrives with.
func TokenType(l *state.Link) string {
	switch l.Kind {
	case "discovery":
		return tokenTypeDiscovery
	case "password_reset":
		return tokenTypePassword
	}
	return tokenTypeMagicLink
}

// Arrive sends the browser to the project's own page with a token. What its URL
// says already is kept.
func Arrive(to *url.URL, tokenType, token string, org *state.Organization) *wire.Redirect {
	query := to.Query()
	query.Set("stytch_token_type", tokenType)
	query.Set("token", token)
	if org != nil {
		query.Set("slug", org.Slug)
	}
	to.RawQuery = query.Encode()
	return &wire.Redirect{Location: to.String()}
}

// tokenTypeDiscovery is the stytch_token_type of a discovery link.
const tokenTypeDiscovery = "discovery"

// How long links work, in minutes.
const (
	minLinkMinutes     = 5
	MaxLinkMinutes     = 10080
	DefaultLinkMinutes = 60
)

// EmailLocales are the languages of e-mails.
var EmailLocales = []string{"en", "es", "pt-br", "fr"}

// Draft is a link that lacks only its member.
func (c *Request) Draft(kind string, redirectURL *string, minutes *int, usual int, locale *string) (*state.Link, error) {
	to, err := c.chooseRedirect(kind, redirectURL)
	if err != nil {
		return nil, err
	}
	if minutes != nil {
		if *minutes < minLinkMinutes || *minutes > MaxLinkMinutes {
			return nil, wire.Error("invalid_expiration")
		}
		usual = *minutes
	}
	if locale != nil && !slices.Contains(EmailLocales, *locale) {
		return nil, wire.Error("invalid_locale")
	}
	return &state.Link{Kind: kind, RedirectURL: to, ExpiresAt: c.Now.Add(time.Duration(usual) * time.Minute)}, nil
}

// EmailPurpose is the key of the codes for an address in an organization.
func EmailPurpose(org *state.Organization, email string) string {
	return "email " + org.ID + " " + wire.FoldEmail(email)
}

// smsLife is how long a code by SMS works.
// Source: https://stytch.com/docs/b2b/api/otp-sms-send
const smsLife = 2 * time.Minute

// SendSMS sends a code to the member's number.
func (c *Request) SendSMS(m *state.Member) {
	c.SendCode("sms "+m.ID, "sms", m.Phone, &state.Code{Kind: "mfa", MemberID: m.ID, ExpiresAt: c.Now.Add(smsLife)})
}

// Outbox returns the messages so far, oldest first.
func (s *Server) Outbox() []state.Message {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return slices.Clone(s.State.Outbox)
}

// SandboxEmail accepts messages that are not sent.
// Source: https://stytch.com/docs/b2b/guides/testing
const SandboxEmail = "sandbox@stytch.com"

func (c *Request) send(message state.Message) {
	if wire.SameEmail(message.To, SandboxEmail) && c.Env == "test" {
		return
	}
	message.SentAt = c.Now
	c.State.Outbox = KeepLast(append(c.State.Outbox, message))
}

// tokenTypePassword is the stytch_token_type of a link to reset a password.
const tokenTypePassword = "multi_tenant_passwords"
