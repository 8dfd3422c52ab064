// Package passwords answers /v1/b2b/passwords.
package passwords

import (
	"slices"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/passhash"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// NewPassword keeps a password, salted. The memory of a test needs no slow hash.
func NewPassword(c *core.Request, text string) *state.Password {
	salt := c.Random.Bytes("salt", 16)
	return &state.Password{ID: c.NewID("member-password"), Salt: salt, Sum: state.SaltedSum(salt, text)}
}

// SetPassword gives the member a password, and with CrossOrgPasswords all
// members with the same address.
func SetPassword(c *core.Request, m *state.Member, p *state.Password) {
	m.Password = p
	c.MemberChanged(m)
	if c.CrossOrgPasswords {
		setCrossOrgPassword(c, m.Email, p)
	}
}

func setCrossOrgPassword(c *core.Request, email string, p *state.Password) {
	state.Put(&c.State.Passwords, wire.FoldEmail(email), p)
	for _, other := range membersAt(c, email) {
		other.Password = p.Copied()
		c.MemberChanged(other)
	}
}

// checkStrength refuses a password that could be guessed or has been leaked.
func checkStrength(text, email string) error {
	switch {
	case slices.Contains(passhash.BreachedPasswords, strings.ToLower(text)):
		return wire.Error("breached_password")
	case passhash.Strength(text, email) < passhash.ValidScore:
		return wire.Error("weak_password")
	}
	return nil
}

// checkPassword checks a password and counts wrong ones. A missing and a wrong
// password are two errors, as at Stytch.
func checkPassword(c *core.Request, m *state.Member, p *state.Password, text string) error {
	if err := c.CheckLock(m); err != nil {
		return err
	}
	if p == nil {
		return wire.Error("member_password_not_found")
	}
	right, err := p.Is(text)
	switch {
	case err != nil:
		return err
	case !right:
		return c.CountFailure(m, wire.Error("unauthorized_credentials"))
	case p.MustReset || slices.Contains(passhash.BreachedPasswords, strings.ToLower(text)):
		return wire.Error("member_reset_password")
	}
	if m != nil {
		m.Failures = 0
	}
	return nil
}

// passwordFactor has no detail object at Stytch.
func passwordFactor(c *core.Request) state.Factor { return c.NewFactor("password", "knowledge", "") }

// recent reports whether a factor of the session is at most this old.
func recent(s *state.Session, now time.Time, age time.Duration) bool {
	return slices.ContainsFunc(s.Factors, func(f state.Factor) bool { return now.Sub(f.Last) <= age })
}
