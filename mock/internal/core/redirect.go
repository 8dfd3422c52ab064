package core

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"

	"github.com/promptgrimoire/auth/mock/internal/state"
	"github.com/promptgrimoire/auth/mock/internal/wire"
)

// Redeem uses the grant up, if the verifier fits its challenge. A wrong verifier
// uses it up as well, as with links.
func Redeem(g *state.Grant, verifier *string) error {
	err := CheckVerifier(g.Challenge, verifier)
	g.Spent = err == nil || wire.AsError(err).Type == "pkce_mismatch"
	return err
}

// PublicProject checks the public token, all that a browser has.
func (c *Request) PublicProject() error {
	switch token := c.Query.Get("public_token"); {
	case token == "":
		return wire.Error("public_token_required")
	case token != c.PublicToken:
		return wire.Error("public_token_not_found")
	}
	return nil
}

// ReturnTo chooses where a browser returns to, with the error types of the
// family ("oauth" or "sso").
func (c *Request) ReturnTo(family, purpose string) (string, error) {
	asked := c.Query.Get(purpose + "_redirect_url")
	to, err := c.chooseRedirect(purpose, &asked)
	if err == nil {
		return to, nil
	}
	switch r := wire.AsError(err); r.Type {
	case "no_match_for_provided_magic_link_url":
		return "", wire.Error("no_match_for_provided_" + family + "_url")
	case "invalid_login_redirect_url", "invalid_signup_redirect_url":
		return "", wire.Error("invalid_" + purpose + "_" + family + "_url")
	default:
		return "", r
	}
}

// PKCE (RFC 7636) ties a link to the browser that asked for it: S256 only. The
// RFC asks for 43 to 128 characters in a verifier; Stytch's own test vector has
// 32.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{32,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// CheckChallenge returns an error for a text that is not an S256 challenge. It may be
// absent.
func CheckChallenge(challenge *string) error {
	if Given(challenge) != "" && !challengeForm.MatchString(*challenge) {
		return wire.Error("invalid_pkce_code_challenge")
	}
	return nil
}

// CheckVerifier compares a verifier with the challenge that the flow began with.
func CheckVerifier(challenge string, verifier *string) error {
	got := Given(verifier)
	switch {
	case challenge == "" && got == "":
		return nil
	case challenge == "":
		return wire.Error("pkce_did_not_expect_code_verifier")
	case got == "":
		return wire.Error("pkce_expected_code_verifier")
	case !verifierForm.MatchString(got):
		return wire.Error("invalid_pkce_code_verifier")
	}
	digest := sha256.Sum256([]byte(got))
	if !state.Same(base64.RawURLEncoding.EncodeToString(digest[:]), challenge) {
		return wire.Error("pkce_mismatch")
	}
	return nil
}

// chooseRedirect returns where a link of this purpose ("login", "signup",
// "invite", "discovery", "password_reset") leads: the given URL, if it is registered, or the default.
// Source: https://stytch.com/docs/b2b/guides/dashboard/redirect-urls
func (c *Request) chooseRedirect(purpose string, asked *string) (string, error) {
	registered, open := c.redirectURLs()
	if len(registered) == 0 {
		if purpose == "password_reset" {
			return "", wire.Error("no_password_reset_redirect_url")
		}
		return "", wire.Error("no_" + purpose + "_redirect_urls_set")
	}
	if Given(asked) == "" {
		return registered[0], nil
	}
	if !wire.IsWebURL(*asked) {
		return "", wire.Error("invalid_" + purpose + "_redirect_url")
	}
	if !open && !slices.ContainsFunc(registered, func(r string) bool { return redirectMatches(r, *asked) }) {
		return "", wire.Error("no_match_for_provided_magic_link_url")
	}
	return *asked, nil
}

// CheckRedirect returns an error for where a further link of a message would lead, if it
// is given: the messages of the mock have one link.
func (c *Request) CheckRedirect(purpose string, asked *string) error {
	if Given(asked) == "" {
		return nil
	}
	_, err := c.chooseRedirect(purpose, asked)
	return err
}

// redirectMatches compares a URL with a registered one: the same but for the
// parameters that are registered with the value {}. Stytch also has wildcards,
// which are not built; without them this is stricter.
func redirectMatches(registered, asked string) bool {
	r, err := url.Parse(registered)
	if err != nil {
		return false
	}
	a, err := url.Parse(asked)
	if err != nil || r.Scheme != a.Scheme || r.Host != a.Host || r.EscapedPath() != a.EscapedPath() {
		return false
	}
	want, got := r.Query(), a.Query()
	if len(want) != len(got) {
		return false
	}
	for name, values := range want {
		if !got.Has(name) || (!slices.Equal(values, []string{"{}"}) && !slices.Equal(values, got[name])) {
			return false
		}
	}
	return true
}
