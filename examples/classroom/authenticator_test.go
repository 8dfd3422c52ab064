package main

import (
	"encoding/base32"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAppRefusesWhatIsNoKey(t *testing.T) {
	_, arrive := open(t)
	for name, key := range map[string]string{
		"empty": "", "too short": "ABCDEFGH", "not base32": "0189 0189 0189 0189 0189", "another URI": "otpauth://totp/x?issuer=y",
	} {
		v := arrive()
		_, _, page := v.post("/authenticator", url.Values{"key": {key}})
		require.Contains(t, page, "That is no key.", name)
	}
}

func TestAppComputesTheCodesOfTheRFC(t *testing.T) {
	// RFC 6238, appendix B: the last six of its eight digits, with its SHA-1 key.
	key, err := readKey("otpauth://totp/RFC?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	require.NoError(t, err)
	for seconds, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		require.Equal(t, want, account{key: key}.code(seconds/codeLife), seconds)
	}
}

func FuzzReadKey(f *testing.F) {
	for _, seed := range []string{"", "GEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq", "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", "otpauth://", "%zz", "GEZDGNBVGY3TQOJQ===="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := readKey(text)
		if err != nil {
			require.Nil(t, key)
			return
		}
		require.GreaterOrEqual(t, len(key), 10)
		require.Regexp(t, `^\d{6}$`, account{key: key}.code(1))
		again, err := readKey(base32.StdEncoding.EncodeToString(key))
		require.NoError(t, err)
		require.Equal(t, key, again)
	})
}
