// Package seal encrypts what waits in the cookie of a browser and is not for the browser:
// a session_token of a sign-in that is not finished. Every process of a deployment can
// open what another one has sealed, so nothing has to be kept on a server.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"regexp"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// A Box seals texts and opens them, with AES-256-GCM and a random nonce. It is safe for
// concurrent use. The zero Box seals every text as nothing, and opens none.
type Box struct{ aead cipher.AEAD }

// New returns the Box of a project. Its key is derived from the project secret, by way of
// one mark: marks are a pseudorandom function of the secret. So it is the same in every
// process that has the secret, and after a rotation of the secret what was sealed before
// cannot be opened. Without marks it returns the zero Box.
func New(marks grimoireauth.SessionMarks) (Box, error) {
	// No session_token has this form, so no cookie has this mark.
	mark := marks.Mark(grimoireauth.NewSecret("middleware/signin: seal of attempts"), "1")
	if mark == "" {
		return Box{}, nil
	}
	key, err := hkdf.Key(sha256.New, []byte(mark), nil, "github.com/promptgrimoire/auth seal of attempts 1", 32)
	if err != nil {
		return Box{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return Box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Box{aead}, err
}

// sealedForm is the form of a sealed text: base64url.
var sealedForm = regexp.MustCompile(`^[A-Za-z0-9_-]{40,1000}$`)

// IsSealed reports whether a text has the form of a sealed one.
func IsSealed(text string) bool { return sealedForm.MatchString(text) }

// Seal returns the sealed text. It can be opened with the same label only.
func (b Box) Seal(text grimoireauth.Secret, label string) grimoireauth.Secret {
	if b.aead == nil || text.IsZero() {
		return grimoireauth.Secret{}
	}
	return grimoireauth.NewSecret(base64.RawURLEncoding.EncodeToString(b.aead.Seal(nil, nil, []byte(text.Reveal()), []byte(label))))
}

// Open returns the text, and false if it was not sealed by this project with this label.
func (b Box) Open(sealed grimoireauth.Secret, label string) (grimoireauth.Secret, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed.Reveal())
	if b.aead == nil || err != nil || len(raw) == 0 {
		return grimoireauth.Secret{}, false
	}
	text, err := b.aead.Open(nil, nil, raw, []byte(label))
	if err != nil {
		return grimoireauth.Secret{}, false
	}
	return grimoireauth.NewSecret(string(text)), true
}
