package magiclinks

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// sandboxLink answers the sandbox tokens: the good one is a fresh link each time
// for the sandbox member. The second result tells whether the token is one.
func sandboxLink(c *core.Request, token string) (*state.Link, bool, error) {
	if c.Env != "test" {
		return nil, false, nil
	}
	switch token {
	case state.SandboxTokenGood:
		org := c.SandboxOrganization()
		m := c.MemberByEmail(org, core.SandboxEmail)
		if m == nil {
			m = c.NewMember(org, core.SandboxEmail, state.StatusActive)
			c.StoreMember(m)
		}
		return &state.Link{Kind: "login", MemberID: m.ID, EmailID: m.EmailID, Email: m.Email, ExpiresAt: c.Now.Add(core.DefaultSession)}, true, nil
	case state.SandboxTokenSpent:
		return nil, true, wire.Error("unable_to_auth_magic_link")
	case state.SandboxTokenUnknown:
		return nil, true, wire.Error("magic_link_not_found")
	}
	return nil, false, nil
}
