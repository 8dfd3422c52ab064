package mock

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"
)

// password is a member's password or, with CrossOrgPasswords, an address's.
type password struct {
	ID        string        `json:"password_id"`
	Salt      []byte        `json:"salt,omitempty"`
	Sum       []byte        `json:"sum,omitempty"`
	Migrated  *passwordHash `json:"migrated,omitempty"` // instead of a sum: a hash from elsewhere
	MustReset bool          `json:"must_reset,omitempty"`
}

// newPassword keeps a password, salted. The memory of a test needs no slow hash.
func (c *call) newPassword(text string) *password {
	salt := c.random.bytes("salt", 16)
	return &password{ID: c.newID("member-password"), Salt: salt, Sum: saltedSum(salt, text)}
}

func saltedSum(salt []byte, text string) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(text)) // a hash's Write returns no error
	return mac.Sum(nil)
}

// is reports whether the text is the password. The error is for a hash that
// cannot be checked, which is not the same as a wrong password.
func (p *password) is(text string) (bool, error) {
	if p.Migrated != nil {
		right, err := p.Migrated.is(text)
		return right, hashRefusal(err)
	}
	return hmac.Equal(saltedSum(p.Salt, text), p.Sum), nil
}

// setPassword gives the member a password, and with CrossOrgPasswords everybody
// of the same address.
func (c *call) setPassword(m *member, p *password) {
	m.Password, m.UpdatedAt = p, c.now
	if c.crossOrgPasswords {
		c.setCrossOrgPassword(m.Email, p)
	}
}

func (c *call) setCrossOrgPassword(email string, p *password) {
	put(&c.db.Passwords, foldEmail(email), p)
	for _, other := range c.everybodyAt(email) {
		other.Password, other.UpdatedAt = p.copied(), c.now
	}
}

// hashRefusal is the API error for a hash that cannot be read or checked.
func hashRefusal(err error) error {
	var wrong hashError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Detail != "":
		return refuseField(wrong.Type, wrong.Detail)
	}
	return refuse(wrong.Type)
}

// copied is a copy for another record.
func (p *password) copied() *password {
	if p == nil {
		return nil
	}
	out := *p
	return &out
}

// checkStrength refuses a password that could be guessed or has been leaked.
func checkStrength(text, email string) error {
	switch {
	case slices.Contains(breachedPasswords, strings.ToLower(text)):
		return refuse("breached_password")
	case strength(text, email) < validScore:
		return refuse("weak_password")
	}
	return nil
}

// checkPassword checks a password and counts wrong ones. What is missing and what is
// wrong are two errors, as Stytch has them.
func (c *call) checkPassword(m *member, p *password, text string) error {
	if err := c.unlocked(m); err != nil {
		return err
	}
	if p == nil {
		return refuse("member_password_not_found")
	}
	right, err := p.is(text)
	switch {
	case err != nil:
		return err
	case !right:
		return c.failed(m, refuse("unauthorized_credentials"))
	case p.MustReset || slices.Contains(breachedPasswords, strings.ToLower(text)):
		return refuse("member_reset_password")
	}
	if m != nil {
		m.Failures = 0
	}
	return nil
}

// passwordFactor has no detail object at Stytch.
func (c *call) passwordFactor() factor { return c.newFactor("password", "knowledge", "") }

// recent reports whether a factor of the session is at most this old.
func (s *session) recent(now time.Time, age time.Duration) bool {
	return slices.ContainsFunc(s.Factors, func(f factor) bool { return now.Sub(f.Last) <= age })
}
