package mock

import "slices"

// authenticateMagicLinkRequest is POST /v1/b2b/magic_links/authenticate.
type authenticateMagicLinkRequest struct {
	MagicLinksToken  string  `json:"magic_links_token"`
	PKCECodeVerifier *string `json:"pkce_code_verifier"`
	signInRequest
}

// magicLinkAnswer is its answer.
type magicLinkAnswer struct {
	signInAnswer
	MethodID      string `json:"method_id"`
	ResetSessions bool   `json:"reset_sessions"` // deprecated, always false
}

// authenticateMagicLink uses up the token of a link and signs its reader in.
// Source: https://stytch.com/docs/b2b/api/authenticate-magic-link
func authenticateMagicLink(c *call, in authenticateMagicLinkRequest) (*magicLinkAnswer, error) {
	l, err := c.redeemable(in.MagicLinksToken, "login", "signup", "invite", "email_update")
	if err != nil {
		return nil, err
	}
	a, err := c.begin(c.db.member(l.MemberID), in.signInRequest)
	if err != nil {
		return nil, err
	}
	if err := checkVerifier(l.Challenge, in.PKCECodeVerifier); err != nil {
		// A wrong verifier is a guess by somebody who has the link and did not ask for
		// it: there is no second one. The other faults are a program's.
		l.Spent = asRefusal(err).kind == "pkce_mismatch"
		return nil, err
	}
	l.Spent = true
	if l.Kind == "email_update" {
		if err := c.completeEmailUpdate(c.db.member(l.MemberID), l.Email, l.EmailID); err != nil {
			return nil, err
		}
	}
	c.prove(c.db.member(l.MemberID))
	signedIn, err := c.finish(a, c.magicLinkFactor(l.EmailID, l.Email))
	if err != nil {
		return nil, err
	}
	return &magicLinkAnswer{signInAnswer: signedIn, MethodID: l.EmailID}, nil
}

// redeemable returns the link of a token if it still works and is of one of the
// kinds. A token of another kind is unknown to the call.
func (c *call) redeemable(token string, kinds ...string) (*link, error) {
	if !wellFormed(token) {
		return nil, refuse("invalid_token")
	}
	if l, is, err := c.sandboxLink(token); is {
		return l, err
	}
	l := c.db.Links[token]
	switch {
	case l == nil || !slices.Contains(kinds, l.Kind):
		return nil, refuse("magic_link_not_found")
	case l.Spent || !c.now.Before(l.ExpiresAt):
		return nil, refuse("unable_to_auth_magic_link")
	}
	return l, nil
}
