package scim

import (
	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// StartRotation makes the next bearer token, and shows it this once. Until the rotation
// is completed both tokens work. What Stytch does when a rotation is under way is not
// published; here its token is replaced.
// Source: https://stytch.com/docs/b2b/api/scim-rotate-token-start
func StartRotation(c *core.Request) (wire.Success, error) {
	_, n, err := named(c, "update")
	if err != nil {
		return nil, err
	}
	next := newToken(c)
	n.Next = &next
	note(c, core.ActionUpdate, n)
	return &startedResponse{Connection: connectionWithNextToken{
		common: commonOf(c, n), BearerTokenLastFour: n.Bearer.LastFour(),
		NextBearerToken: next.Value, NextBearerTokenExpiresAt: wire.Timestamp(next.ExpiresAt),
	}}, nil
}

// CompleteRotation makes the next token the only one.
// Source: https://stytch.com/docs/b2b/api/scim-rotate-token-complete
func CompleteRotation(c *core.Request) (wire.Success, error) {
	return endRotation(c, func(n *state.SCIMConnection) { n.Bearer = *n.Next })
}

// CancelRotation keeps the present token only.
// Source: https://stytch.com/docs/b2b/api/scim-rotate-token-cancel
func CancelRotation(c *core.Request) (wire.Success, error) {
	return endRotation(c, func(*state.SCIMConnection) {})
}

func endRotation(c *core.Request, end func(*state.SCIMConnection)) (wire.Success, error) {
	_, n, err := named(c, "update")
	if err != nil {
		return nil, err
	}
	if n.Next == nil {
		return nil, wire.Error("scim_connection_not_rotating_token")
	}
	end(n)
	n.Next = nil
	note(c, core.ActionUpdate, n)
	return responseOf(c, n), nil
}
