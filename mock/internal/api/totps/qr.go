package totps

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/promptgrimoire/auth/mock/internal/core"
	"github.com/promptgrimoire/auth/mock/internal/state"
	"rsc.io/qr"
)

// A QR code of the level used here holds 2,331 bytes, and an escaped character
// is up to twelve, so what is only shown in the app is cut.
const (
	issuerLength  = 24 // characters, and the issuer is there twice
	accountLength = 64 // characters
)

// keyURI is what an authenticator app reads from the QR code. Stytch does not say
// which names it shows; the class and the address tell entries apart.
// Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func keyURI(c *core.Request, m *state.Member, secret []byte) string {
	issuer, account := uriText(c.State.Org(m.OrganizationID).Name, issuerLength), uriText(m.Email, accountLength)
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=%d",
		issuer, account, secretEncoding.EncodeToString(secret), issuer, state.TOTPStep)
}

// uriText cuts and escapes a text. Apps show a plus sign as it is, so that a
// space has to be %20.
func uriText(text string, length int) string {
	if runes := []rune(text); len(runes) > length {
		text = string(runes[:length])
	}
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// qrCode is the picture of a text as Stytch sends it: a data URL, with a space
// after the comma.
func qrCode(text string) string {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		// Not with the text: it holds the secret.
		panic(fmt.Sprintf("mock: %d bytes do not fit a QR code: %v", len(text), err))
	}
	return "data:image/png;base64, " + base64.StdEncoding.EncodeToString(code.PNG())
}
