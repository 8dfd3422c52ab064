package mock

import (
	"regexp"
	"time"
)

// code is a one-time code of six digits by e-mail or SMS.
type code struct {
	Value     string    `json:"code"`
	Kind      string    `json:"kind"`                    // "login", "signup", "discovery", "email_update" or "mfa"
	MemberID  string    `json:"member_id,omitempty"`     // empty for discovery
	Email     string    `json:"email_address,omitempty"` // what it proves; empty in an SMS
	EmailID   string    `json:"email_id,omitempty"`
	ExpiresAt time.Time `json:"expires_at"`
	Spent     bool      `json:"spent,omitempty"`
}

var codeForm = regexp.MustCompile(`^[0-9]{6}$`)

// keptCodes is how many codes for one purpose are remembered, so that an old one
// is told from a wrong one.
const keptCodes = 20

// sendCode sends a code. Of the codes for one purpose only the newest works.
func (c *call) sendCode(purpose, channel, to string, k *code) {
	k.Value = c.newCode(k.Kind)
	kept := append(c.db.Codes[purpose], k)
	if len(kept) > keptCodes {
		kept = kept[len(kept)-keptCodes:]
	}
	put(&c.db.Codes, purpose, kept)
	c.send(Message{Channel: channel, Kind: k.Kind, To: to, Code: k.Value})
}

// redeemCode returns the code for a purpose if it is right and still works. It
// is not used up yet. A wrong code and one that has had its day are two errors.
func (c *call) redeemCode(purpose, value string) (*code, error) {
	if !codeForm.MatchString(value) {
		return nil, refuse("invalid_code")
	}
	sent := c.db.Codes[purpose]
	for n := len(sent) - 1; n >= 0; n-- {
		k := sent[n]
		if !same(k.Value, value) {
			continue
		}
		if n < len(sent)-1 || k.Spent || !c.now.Before(k.ExpiresAt) || (k.MemberID != "" && c.db.member(k.MemberID).Status == statusDeleted) {
			return nil, refuse("unable_to_auth_otp_code")
		}
		return k, nil
	}
	return nil, refuse("otp_code_not_found")
}

// dropCodes makes the codes that match worthless.
func (c *call) dropCodes(worthless func(*code) bool) {
	for _, sent := range c.db.Codes {
		for _, k := range sent {
			if worthless(k) {
				k.Spent = true
			}
		}
	}
}
