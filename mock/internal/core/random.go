package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/promptgrimoire/auth/mock/internal/state"
)

// NewID returns an id of Stytch's form, "<kind>-<env>-<uuid>".
func (s *Server) NewID(kind string) string { return kind + "-" + s.Env + "-" + s.NewUUID(kind) }

// newRecordID is NewID, or the id that a seed has for the record.
func (c *Request) newRecordID(kind string) string {
	if id := c.PinnedID; id != "" {
		c.PinnedID = ""
		return id
	}
	return c.NewID(kind)
}

// NewUUID returns the next UUID of a kind.
func (s *Server) NewUUID(kind string) string { return uuidOf(s.Random.Bytes(kind, 16)) }

// uuidOf makes a random UUID (RFC 9562, version 4) of 16 random bytes.
func uuidOf(b []byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// RandomText returns the next n bytes of a kind in base64url without padding.
func (s *Server) RandomText(kind string, n int) string {
	return base64.RawURLEncoding.EncodeToString(s.Random.Bytes(kind, n))
}

// NewSessionToken returns 44 characters without padding, and newOneTimeToken 44
// with padding: the two forms that Stytch's samples show.
func (s *Server) NewSessionToken() string { return s.RandomText("session_token", 33) }

func (s *Server) newOneTimeToken(kind string) string {
	return base64.URLEncoding.EncodeToString(s.Random.Bytes(kind, 32))
}

// NewImpersonationToken returns the next token with which a person of the workspace
// signs in as a member.
func (s *Server) NewImpersonationToken() string { return s.newOneTimeToken("impersonation_token") }

// NewBearerToken returns the next secret of a SCIM connection, 48 characters as in
// Stytch's samples.
func (s *Server) NewBearerToken() string { return s.RandomText("scim_bearer_token", 36) }

// WellFormed reports whether a token could be one of Stytch's: base64url, with
// or without padding, of 32 to 64 bytes. The real rule is not published;
// "invalid-token-for-test" is known to be refused as malformed, and it decodes.
func WellFormed(token string) bool {
	encoding := base64.RawURLEncoding
	if len(token) > 0 && token[len(token)-1] == '=' {
		encoding = base64.URLEncoding
	}
	b, err := decodeText(encoding, token)
	return err == nil && len(b) >= 32 && len(b) <= 64
}

// decodeText decodes base64 and takes one spelling only. Go's decoder skips line
// breaks even when it is strict.
func decodeText(encoding *base64.Encoding, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("line break in base64")
	}
	return encoding.Strict().DecodeString(text)
}

// newCode returns the next six random digits of a kind of code.
func (s *Server) newCode(kind string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(s.Random.Bytes("code "+kind, 8))%1_000_000)
}

// Randomness is where the ids, tokens, codes and salts of a Stytch come from.
// Without a seed that is crypto/rand. With one, each kind has a sequence of its
// own, and the n-th draw of a kind depends on the seed, the kind and n alone: how
// many request ids were drawn meanwhile does not change the id of the third member.
type Randomness struct {
	Seed uint64 // zero: crypto/rand. Set once, before first use.

	mu    sync.Mutex        // guards drawn: request ids are drawn without Stytch.mu
	drawn map[string]uint64 // how many draws of each kind there were
}

// Bytes returns the next n bytes of a kind.
func (r *Randomness) Bytes(kind string, n int) []byte {
	if r.Seed == 0 {
		b := make([]byte, n)
		_, _ = rand.Read(b) // it never fails: crypto/rand ends the program first
		return b
	}
	r.mu.Lock()
	if r.drawn == nil {
		r.drawn = make(map[string]uint64)
	}
	nth := r.drawn[kind]
	r.drawn[kind]++
	r.mu.Unlock()
	return seededBytes(r.Seed, kind, nth, n)
}

// counts returns how many draws of each kind there were, for a snapshot.
func (r *Randomness) counts() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.drawn)
}

// goBackTo makes the next draws those that followed these counts.
func (r *Randomness) goBackTo(counts map[string]uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drawn = maps.Clone(counts)
}

// seededBytes returns the first n bytes of the stream of one draw: SHA-256 in
// counter mode. It does not use math/rand/v2, so that programs in other languages
// can compute the same.
func seededBytes(seed uint64, kind string, nth uint64, n int) []byte {
	prefix := binary.BigEndian.AppendUint64([]byte("mock.Stytch "), seed)
	prefix = append(append(prefix, kind...), 0)
	prefix = binary.BigEndian.AppendUint64(prefix, nth)
	out := make([]byte, 0, n+sha256.Size)
	for block := uint64(0); len(out) < n; block++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(prefix[:len(prefix):len(prefix)], block))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// NewRecoveryCodes returns codes of the form a1b2-c3d4-e5f6.
func (s *Server) NewRecoveryCodes() []string {
	out := make([]string, state.RecoveryCodes)
	for i := range out {
		text := strings.ToLower(base32.StdEncoding.EncodeToString(s.Random.Bytes("recovery-code", 10)))
		out[i] = text[0:4] + "-" + text[4:8] + "-" + text[8:12]
	}
	return out
}
