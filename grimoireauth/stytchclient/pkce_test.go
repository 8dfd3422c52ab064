package stytchclient

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func TestChallenge(t *testing.T) {
	// RFC 7636, appendix B.
	require.Equal(t, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", challenge(grimoireauth.NewSecret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")))
	// The vector of Stytch's own browser SDK.
	require.Equal(t, "hODA6vqpWjTCk_J4rFLkXOU3urXnUqAOaVmhOuEDtlo", challenge(grimoireauth.NewSecret(strings.Repeat("0", 32))))
	require.Empty(t, challenge(grimoireauth.Secret{}))
}

func TestNewVerifier(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		verifier := NewVerifier()
		require.NoError(t, neededVerifier(verifier))
		require.Len(t, verifier.Reveal(), 43)
		require.False(t, seen[verifier.Reveal()])
		seen[verifier.Reveal()] = true
	}
}

func TestCheckVerifier(t *testing.T) {
	tests := map[string]struct {
		verifier string
		want     error // of neededVerifier
	}{
		"shortest":    {strings.Repeat("a", 43), nil},
		"longest":     {strings.Repeat("~", 128), nil},
		"none":        {"", errNoVerifier},
		"too short":   {strings.Repeat("a", 42), errBadVerifier},
		"too long":    {strings.Repeat("a", 129), errBadVerifier},
		"a space":     {strings.Repeat("a", 43) + " ", errBadVerifier},
		"a line more": {strings.Repeat("a", 43) + "\n", errBadVerifier},
		"padding":     {strings.Repeat("a", 43) + "=", errBadVerifier},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, neededVerifier(grimoireauth.NewSecret(test.verifier)))
			if test.verifier == "" {
				require.NoError(t, checkVerifier(grimoireauth.Secret{}))
			}
		})
	}
}

func TestProvisioningURI(t *testing.T) {
	tests := map[string]struct{ issuer, account, want string }{
		"plain":   {"LAWS1100", "sam@example.edu", "otpauth://totp/LAWS1100:sam@example.edu?secret=JBSW&issuer=LAWS1100"},
		"spaces":  {"Contracts, 2026 S1", "sam@example.edu", "otpauth://totp/Contracts%2C%202026%20S1:sam@example.edu?secret=JBSW&issuer=Contracts%2C%202026%20S1"},
		"a colon": {"LAWS: 1100", "sam@example.edu", "otpauth://totp/LAWS%20%201100:sam@example.edu?secret=JBSW&issuer=LAWS%20%201100"},
		"no name": {"", "sam@example.edu", "otpauth://totp/sam@example.edu?secret=JBSW"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, provisioningURI(test.issuer, test.account, "JBSW")) })
	}
}

// Whatever a class is called, an app reads the secret and the account that were
// meant.
func FuzzProvisioningURI(f *testing.F) {
	f.Add("LAWS1100", "sam@example.edu")
	f.Add("a?secret=evil&x=#%", "a+b@example.edu")
	f.Add("法律: & friends", "\"odd name\"@example.edu")
	f.Fuzz(func(t *testing.T, issuer, account string) {
		if !utf8.ValidString(issuer) || !utf8.ValidString(account) || account == "" {
			return
		}
		u, err := url.Parse(provisioningURI(issuer, account, "JBSWY3DP"))
		require.NoError(t, err)
		require.Equal(t, "otpauth", u.Scheme)
		require.Equal(t, "totp", u.Host)
		require.Equal(t, []string{"JBSWY3DP"}, u.Query()["secret"])
		require.Empty(t, u.Fragment)
		require.True(t, strings.HasSuffix(u.Path, account), "%q", u.Path)
		require.LessOrEqual(t, len(u.Query()["issuer"]), 1)
	})
}
