package mock

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default, and what authenticator apps use
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// totp is an authenticator app (RFC 6238: SHA-1, 30 seconds, six digits).
type totp struct {
	ID        string    `json:"totp_id"`
	Secret    []byte    `json:"secret"`
	Confirmed bool      `json:"confirmed,omitempty"` // a code of it was right once
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	LastStep  int64     `json:"last_step,omitempty"` // of the last code that was used, which no other may repeat
	Recovery  []string  `json:"recovery_codes"`
}

const (
	totpStep      = 30 // seconds
	recoveryCodes = 10
)

// hasTOTP reports whether the member has an authenticator app that works.
func (m *member) hasTOTP() bool { return m.TOTP != nil && m.TOTP.Confirmed }

// code returns the code of a time step (RFC 4226, 5.3).
func (a *totp) code(step int64) string {
	mac := hmac.New(sha1.New, a.Secret)
	// Writing to a hash returns no error.
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff)%1_000_000)
}

// use takes a code of this step or the one before or after it.
// Source: https://stytch.com/docs/b2b/api/authenticate-totp
func (a *totp) use(value string, now time.Time) error {
	current := now.Unix() / totpStep
	for _, step := range []int64{current, current - 1, current + 1} {
		if !same(a.code(step), value) {
			continue
		}
		if step <= a.LastStep {
			return refuse("totp_code_already_authenticated")
		}
		a.LastStep = step
		return nil
	}
	return refuse("unable_to_authenticate_totp")
}

// newRecoveryCodes returns codes of the form a1b2-c3d4-e5f6.
func (s *server) newRecoveryCodes() []string {
	out := make([]string, recoveryCodes)
	for i := range out {
		text := strings.ToLower(base32.StdEncoding.EncodeToString(s.random.bytes("recovery-code", 10)))
		out[i] = text[0:4] + "-" + text[4:8] + "-" + text[8:12]
	}
	return out
}

var secretEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// TOTPCode returns the code that the member's authenticator app shows next:
// that of this half minute, or of the coming one if this one was used, which
// Stytch takes as well. It panics if the member has no such app, confirmed or
// not, or has used both codes.
func (s *Stytch) TOTPCode(member grimoireauth.MemberID) string {
	var out string
	s.arrange("TOTPCode", func(c *call) error {
		m, err := c.knownMember(member)
		switch {
		case err != nil:
			return err
		case m.TOTP == nil:
			return refuse("totp_not_found")
		}
		step := max(c.now.Unix()/totpStep, m.TOTP.LastStep+1)
		if step > c.now.Unix()/totpStep+1 {
			return fmt.Errorf("the next code is good in %d seconds", step*totpStep-c.now.Unix()-totpStep)
		}
		out = m.TOTP.code(step)
		return nil
	})
	return out
}
