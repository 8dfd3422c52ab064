package mock

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
)

// PKCE (RFC 7636) ties a link to the browser that asked for it: S256 only. The
// RFC asks for 43 to 128 characters in a verifier; Stytch's own test vector has
// 32.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{32,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// checkChallenge refuses what is no S256 challenge. Absent is fine.
func checkChallenge(challenge *string) error {
	if given(challenge) != "" && !challengeForm.MatchString(*challenge) {
		return refuse("invalid_pkce_code_challenge")
	}
	return nil
}

// checkVerifier compares a verifier with the challenge that the flow began with.
func checkVerifier(challenge string, verifier *string) error {
	got := given(verifier)
	switch {
	case challenge == "" && got == "":
		return nil
	case challenge == "":
		return refuse("pkce_did_not_expect_code_verifier")
	case got == "":
		return refuse("pkce_expected_code_verifier")
	case !verifierForm.MatchString(got):
		return refuse("invalid_pkce_code_verifier")
	}
	digest := sha256.Sum256([]byte(got))
	if !same(base64.RawURLEncoding.EncodeToString(digest[:]), challenge) {
		return refuse("pkce_mismatch")
	}
	return nil
}
