package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/promptgrimoire/auth/mock/internal/passhash"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Same compares two secrets in constant time.
func Same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Password is a member's password or, with CrossOrgPasswords, an address's.
type Password struct {
	ID        string         `json:"password_id"`
	Salt      []byte         `json:"salt,omitempty"`
	Sum       []byte         `json:"sum,omitempty"`
	Migrated  *passhash.Hash `json:"migrated,omitempty"` // instead of a sum: a hash from elsewhere
	MustReset bool           `json:"must_reset,omitempty"`
}

// SaltedSum is the HMAC-SHA-256 of a password with its salt.
func SaltedSum(salt []byte, text string) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(text)) // a hash's Write returns no error
	return mac.Sum(nil)
}

// Is reports whether the text is the password. The error is for a hash that
// cannot be checked, which is not the same as a wrong password.
func (p *Password) Is(text string) (bool, error) {
	if p.Migrated != nil {
		right, err := p.Migrated.Is(text)
		return right, HashError(err)
	}
	return hmac.Equal(SaltedSum(p.Salt, text), p.Sum), nil
}

// HashError is the API error for a hash that cannot be read or checked.
func HashError(err error) error {
	var wrong passhash.Error
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Detail != "":
		return wire.FieldError(wrong.Type, wrong.Detail)
	}
	return wire.Error(wrong.Type)
}

// Copied is a copy for another record.
func (p *Password) Copied() *Password {
	if p == nil {
		return nil
	}
	out := *p
	return &out
}
