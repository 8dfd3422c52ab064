package state

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// TOTP is an authenticator app (RFC 6238: SHA-1, 30 seconds, six digits).
type TOTP struct {
	ID        string    `json:"totp_id"`
	Secret    []byte    `json:"secret"`
	Confirmed bool      `json:"confirmed,omitempty"` // a code of it was right once
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	LastStep  int64     `json:"last_step,omitempty"` // of the last code that was used, which no other may repeat
	Recovery  []string  `json:"recovery_codes"`
}

const (
	TOTPStep      = 30 // seconds
	RecoveryCodes = 10 // that a member gets with an app
)

// HasTOTP reports whether the member has an authenticator app that works.
func (m *Member) HasTOTP() bool { return m.TOTP != nil && m.TOTP.Confirmed }

// Code returns the code of a time step (RFC 4226, 5.3).
func (a *TOTP) Code(step int64) string {
	mac := hmac.New(sha1.New, a.Secret)
	// Writing to a hash returns no error.
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff)%1_000_000)
}

// Use takes a code of this step or the one before or after it.
// Source: https://stytch.com/docs/b2b/api/authenticate-totp
func (a *TOTP) Use(value string, now time.Time) error {
	current := now.Unix() / TOTPStep
	for _, step := range []int64{current, current - 1, current + 1} {
		if !Same(a.Code(step), value) {
			continue
		}
		if step <= a.LastStep {
			return wire.Error("totp_code_already_authenticated")
		}
		a.LastStep = step
		return nil
	}
	return wire.Error("unable_to_authenticate_totp")
}
