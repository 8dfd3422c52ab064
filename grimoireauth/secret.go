package grimoireauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every printing path of a [Secret] writes.
const redacted = "[secret]"

// Secret holds a value that must not be printed: a session token, a
// session_jwt, the project secret. It prints as "[secret]" under every fmt
// verb, in JSON and in slog; where fmt cannot call methods (an unexported field
// of another struct) it prints an address, never the value. [Secret.Reveal] is
// the only way out.
//
// The zero Secret is empty. A Secret is immutable and safe for concurrent use.
// Do not compare Secrets with ==, which compares addresses: use [Secret.Equal].
type Secret struct {
	// A pointer, because fmt prints the unexported fields of a struct without
	// asking the field's methods: it then shows an address.
	p *string
}

// NewSecret returns a Secret that holds value. An empty value gives the zero
// Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{p: &value}
}

// Reveal returns the value. The caller answers for where it goes.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// IsZero reports whether the Secret is empty.
func (s Secret) IsZero() bool { return s.p == nil }

// Equal reports whether both hold the same value, in a time that depends on
// their lengths only.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Format writes "[secret]" whatever the verb. It implements [fmt.Formatter].
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, redacted) }

// String returns "[secret]".
func (s Secret) String() string { return redacted }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], so that JSON, XML and the
// like write "[secret]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
