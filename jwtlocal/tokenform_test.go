package jwtlocal

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// FuzzTokenForm: whatever may be asked about has one spelling, and nothing in it that
// could mean something to a log, a header or a URL.
func FuzzTokenForm(f *testing.F) {
	for _, seed := range []string{testToken, "", "=", "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=", "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94", "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU95=",
		strings.Repeat("A", 43), strings.Repeat("A", 512), strings.Repeat("A", 513), testToken + "\n", testToken + "==", "../" + testToken} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !hasTokenForm(grimoireauth.NewSecret(text)) {
			return
		}
		require.LessOrEqual(t, len(text), maxSessionToken)
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(b), minSessionTokenBytes)
		require.Contains(t, []string{base64.RawURLEncoding.EncodeToString(b), base64.URLEncoding.EncodeToString(b)}, text)
	})
}
