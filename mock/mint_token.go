package mock

import (
	"fmt"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/mock/internal/api/sessions"
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// TOTPCode returns the code that the member's authenticator app shows next:
// that of this half minute, or of the coming one if this one was used, which
// Stytch takes as well. It panics if the member has no such app, confirmed or
// not, or has used both codes.
func (s *Stytch) TOTPCode(member grimoireauth.MemberID) string {
	var out string
	s.arrange("TOTPCode", func(c *core.Request) error {
		m, err := c.KnownMember(string(member))
		switch {
		case err != nil:
			return err
		case m.TOTP == nil:
			return wire.Error("totp_not_found")
		}
		step := max(c.Now.Unix()/state.TOTPStep, m.TOTP.LastStep+1)
		if step > c.Now.Unix()/state.TOTPStep+1 {
			return fmt.Errorf("the next code is good in %d seconds", step*state.TOTPStep-c.Now.Unix()-state.TOTPStep)
		}
		out = m.TOTP.Code(step)
		return nil
	})
	return out
}

// The kinds of tokens of others, by the endpoint that takes them:
// sessions/exchange_access_token, sessions/attest and sessions/migrate.
const (
	AccessToken      = state.AccessToken      // of a Connected App with full_access
	TrustedAuthToken = state.TrustedAuthToken // signed by a third party
	ExternalSession  = state.ExternalSession  // of the system that the project migrates from
)

// TrustedProfile is the profile_id that sessions/attest takes with a
// TrustedAuthToken.
const TrustedProfile = sessions.TrustedProfile

// ForeignToken returns a token of one of these kinds for a member. The mock issues
// no tokens to Connected Apps and fetches nothing; that it has been issued is all
// that is known about it. It panics if there is no such member or kind.
func (s *Stytch) ForeignToken(member grimoireauth.MemberID, kind string) grimoireauth.Secret {
	var token string
	s.arrange("ForeignToken", func(c *core.Request) error {
		m, err := c.KnownMember(string(member))
		if err != nil {
			return err
		}
		if kind != state.AccessToken && kind != state.TrustedAuthToken && kind != state.ExternalSession {
			return fmt.Errorf("there is no kind %q", kind)
		}
		token = s.core.RandomText("foreign_token", 33)
		state.Put(&c.State.ForeignTokens, token, &state.ForeignToken{Kind: kind, MemberID: m.ID, IssuedAt: c.Now})
		return nil
	})
	return grimoireauth.NewSecret(token)
}
