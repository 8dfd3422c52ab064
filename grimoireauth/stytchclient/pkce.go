package stytchclient

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// Start is where a browser begins to sign in at another provider's page: a provider
// such as Google, or the school's identity provider.
type Start struct {
	// URL is where to send the browser. It holds no secret.
	URL string
	// Verifier has to come back with the token that the browser brings: keep it for
	// this browser, in an HttpOnly cookie, until then. It proves that the browser
	// which ends the sign-in is the one that began it.
	Verifier grimoireauth.Secret
}

// verifierBytes is the entropy of a verifier, as RFC 7636, section 7.1, has it.
const verifierBytes = 32

// NewVerifier returns a fresh PKCE verifier (RFC 7636), to tie an e-mailed link to
// the browser that asks for it: see [MagicLink.SameBrowser]. The start URLs make
// their own if they are given none.
func NewVerifier() grimoireauth.Secret {
	random := make([]byte, verifierBytes)
	// crypto/rand.Read never fails: it crashes the program first.
	_, _ = rand.Read(random)
	return grimoireauth.NewSecret(base64.RawURLEncoding.EncodeToString(random))
}

// verifierForm is RFC 7636, section 4.1.
var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

var (
	errNoVerifier  = errors.New("the verifier is missing: it is what the start of this sign-in returned, kept for this browser")
	errBadVerifier = errors.New("the verifier is not 43 to 128 letters, digits and \"-._~\": make it with NewVerifier")
)

// checkVerifier refuses what is no verifier. None is fine where the sign-in can
// begin without one.
func checkVerifier(verifier grimoireauth.Secret) error {
	if !verifier.IsZero() && !verifierForm.MatchString(verifier.Reveal()) {
		return errBadVerifier
	}
	return nil
}

// neededVerifier is checkVerifier where every sign-in begins with one. A callback
// without it comes from a browser that did not begin, which is how a person is
// signed in to an account that is not theirs.
func neededVerifier(verifier grimoireauth.Secret) error {
	if verifier.IsZero() {
		return errNoVerifier
	}
	return checkVerifier(verifier)
}

// challenge returns what is sent instead of the verifier at the start: method
// S256, the only one that Stytch takes (RFC 7636, section 4.2). Empty stays empty.
func challenge(verifier grimoireauth.Secret) string {
	if verifier.IsZero() {
		return ""
	}
	digest := sha256.Sum256([]byte(verifier.Reveal()))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
