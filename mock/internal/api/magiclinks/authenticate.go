package magiclinks

import (
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// authenticateMagicLinkRequest is POST /v1/b2b/magic_links/authenticate.
type authenticateMagicLinkRequest struct {
	MagicLinksToken  string  `json:"magic_links_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	core.SignInRequest
}

// magicLinkResponse is its response.
type magicLinkResponse struct {
	core.SignInResponse
	MethodID      string `json:"method_id"`
	ResetSessions bool   `json:"reset_sessions"` // deprecated, always false
}

// Authenticate uses up the token of a link and signs its reader in.
// Source: https://stytch.com/docs/b2b/api/authenticate-magic-link
func Authenticate(c *core.Request, in authenticateMagicLinkRequest) (*magicLinkResponse, error) {
	l, err := redeemable(c, in.MagicLinksToken, "login", "signup", "invite", "email_update")
	if err != nil {
		return nil, err
	}
	a, err := c.Begin(c.State.Member(l.MemberID), in.SignInRequest)
	if err != nil {
		return nil, err
	}
	if err := core.CheckVerifier(l.Challenge, in.PKCECodeVerifier); err != nil {
		// A wrong verifier comes from another browser than the one that asked for the
		// link, so it uses the link up. The other errors are mistakes of a program.
		l.Spent = wire.AsError(err).Type == "pkce_mismatch"
		return nil, err
	}
	l.Spent = true
	if l.Kind == "email_update" {
		if err := c.CompleteEmailUpdate(c.State.Member(l.MemberID), l.Email, l.EmailID); err != nil {
			return nil, err
		}
	}
	c.VerifyEmail(c.State.Member(l.MemberID))
	signedIn, err := c.Finish(a, c.MagicLinkFactor(l.EmailID, l.Email))
	if err != nil {
		return nil, err
	}
	return &magicLinkResponse{SignInResponse: signedIn, MethodID: l.EmailID}, nil
}

// redeemable returns the link of a token if it still works and is of one of the
// kinds. A token of another kind is unknown to the call.
func redeemable(c *core.Request, token string, kinds ...string) (*state.Link, error) {
	if !core.WellFormed(token) {
		return nil, wire.Error("invalid_token")
	}
	if l, is, err := sandboxLink(c, token); is {
		return l, err
	}
	l := c.State.Links[token]
	switch {
	case l == nil || !slices.Contains(kinds, l.Kind):
		return nil, wire.Error("magic_link_not_found")
	case l.Spent || !c.Now.Before(l.ExpiresAt):
		return nil, wire.Error("unable_to_auth_magic_link")
	}
	return l, nil
}
