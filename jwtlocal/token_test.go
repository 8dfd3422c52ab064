package jwtlocal

import (
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// refusalCase is one bad token and why it must not pass. Its row is that of the
// list of attacks, so that a failing test leads to the attack.
type refusalCase struct {
	row, name, token string
	reason           Reason
}

// requireRefusals checks that every token is refused, for the stated reason, with
// an error that does not tell the reasons apart, and that a genuine token still
// passes afterwards.
func requireRefusals(t *testing.T, v *Verifier, cases []refusalCase) {
	t.Helper()
	good := goodToken(time.Now())
	_, err := verify(t, v, good)
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.row+"/"+c.name, func(t *testing.T) {
			_, err := verify(t, v, c.token)
			switch {
			case c.token == "":
				require.Equal(t, errNoCredentials, err)
			case c.reason == ReasonNotYet: // a genuine token, and no clock to tell its time by
				requireUnavailable(t, err)
				require.Equal(t, c.reason.String(), reasonOf(t, v, c.token).String())
			default:
				requireRefused(t, err)
				require.Equal(t, c.reason.String(), reasonOf(t, v, c.token).String())
				require.Contains(t, []error{errRejected, errExpired}, err)
			}
			_, err = verify(t, v, good)
			require.NoError(t, err, "a genuine token after a bad one")
		})
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// respelled returns the other spellings of the last character of a segment: those
// that differ only in bits which decode to nothing.
func respelled(segment string) (others []string) {
	stray := len(segment) % 4 // 2: four stray bits, 3: two, 0: none
	mask := map[int]int{0: 0, 2: 15, 3: 3}[stray]
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	for c := range 64 {
		if c != last && c&^mask == last&^mask {
			others = append(others, segment[:len(segment)-1]+alphabet[c:c+1])
		}
	}
	return others
}

func TestTokenText(t *testing.T) {
	v := newVerifier(t)
	now := time.Now()
	good := goodToken(now)
	segments := strings.Split(good, ".")
	header, payload, signature := segments[0], segments[1], segments[2]
	k := mainKey()
	claims := goodClaims(now).json()

	cases := []refusalCase{
		{"J01", "empty", "", 0},
		{"J01", "one segment", header, ReasonMalformed},
		{"J01", "two segments", header + "." + payload, ReasonMalformed},
		{"J01", "four segments", good + "." + signature, ReasonMalformed},
		{"J01", "five segments", good + "." + signature + "." + signature, ReasonMalformed},
		{"J01", "one dot", ".", ReasonMalformed},
		{"J01", "two dots", "..", ReasonMalformed},
		{"J01", "dots up to the cap", strings.Repeat(".", maxToken), ReasonMalformed},
		{"J01", "a million dots", strings.Repeat(".", 1_000_000), ReasonTooLong},
		{"J01", "a dot in the payload", signEncoded(k, header+"."+payload[:8]+"."+payload[8:]), ReasonMalformed},

		{"J02", "one byte over the cap", sign(k, goodHeader+" ", padded(now, goodHeader+" ", maxToken+1)), ReasonTooLong},
		{"J02", "a megabyte", good + strings.Repeat("A", 1<<20), ReasonTooLong},

		{"J05", "header of 1 mod 4", signEncoded(k, header+"A."+payload), ReasonMalformed},
		{"J05", "payload of 1 mod 4", signEncoded(k, header+"."+trimTo1Mod4(payload)), ReasonMalformed},
		{"J05", "signature of 1 mod 4", good[:len(good)-1], ReasonMalformed},
		{"J05", "padded header", signEncoded(k, base64.URLEncoding.EncodeToString([]byte(goodHeader+" "))+"."+payload), ReasonMalformed},
		{"J05", "padded payload", signEncoded(k, header+"."+paddedBase64(claims)), ReasonMalformed},
		{"J05", "padded signature", good + "==", ReasonMalformed},

		{"J06", "flattened JSON", `{"protected":"` + header + `","payload":"` + payload + `","signature":"` + signature + `"}`, ReasonMalformed},
		{"J06", "general JSON", `{"payload":"` + payload + `","signatures":[{"protected":"` + header + `","signature":"` + signature + `"}]}`, ReasonMalformed},
		{"J06", "two signatures", `{"payload":"` + payload + `","signatures":[{"protected":"` + header + `","signature":"` + signature + `"},{"protected":"` + header + `","signature":"` + signature + `"}]}`, ReasonMalformed},
		{"J06", "kid in the unprotected header", `{"payload":"` + payload + `","header":{"kid":"` + testKID + `"},"protected":"` + encode(`{"alg":"RS256"}`) + `","signature":"` + signature + `"}`, ReasonMalformed},
		{"J06", "JSON around a token", `{"a":".` + good + `."}`, ReasonMalformed},

		{"J07", "JWE compact", encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + "." + strings.Repeat("A", 342) + ".AAAA.AAAA.AAAA", ReasonAlgorithm},
		{"J07", "five parts under a known header", header + ".AAAA.AAAA.AAAA." + signature, ReasonMalformed},
		{"J07", "nested JWS", sign(k, `{"alg":"RS256","cty":"JWT","kid":"`+testKID+`","typ":"JWT"}`, good), ReasonHeader},
		{"J07", "nested JWS without cty", sign(k, goodHeader, good), ReasonClaims},

		{"J08", "detached payload", header + ".." + signature, ReasonMalformed},
		{"J08", "empty payload, signed", signEncoded(k, header+"."), ReasonMalformed},
		{"J08", "empty signature", header + "." + payload + ".", ReasonMalformed},
		{"J08", "empty header", "." + payload + "." + signature, ReasonMalformed},

		{"J09", "Bearer in front", "Bearer " + good, ReasonMalformed},
		{"J09", "Bearer twice", "Bearer Bearer " + good, ReasonMalformed},
		{"J09", "joined by a comma", good + "," + good, ReasonMalformed},
		{"J09", "joined by a comma and a space", good + ", Bearer " + good, ReasonMalformed},

		{"J10", "of another token", header + "." + payload + "." + strings.Split(goodToken(now.Add(-time.Second)), ".")[2], ReasonSignature},
		{"J10", "zeros", header + "." + payload + "." + strings.Repeat("A", len(signature)), ReasonSignature},
		{"J10", "ones", header + "." + payload + "." + strings.Repeat("_", len(signature)-1) + "w", ReasonSignature},
		{"J10", "of 255 bytes", header + "." + payload + "." + encode(strings.Repeat("x", 255)), ReasonMalformed},
		{"J10", "of 257 bytes, a leading zero", header + "." + payload + "." + encode("\x00"+string(rawSignature(good))), ReasonMalformed},
		{"J10", "by another key", sign(otherKey(), goodHeader, claims), ReasonSignature},
		{"J10", "s+n", nonCanonical(t, now), ReasonSignature},
		{"J10", "a changed payload", header + "." + encode(goodClaims(now).with("sub", "member-test-somebody-else").json()) + "." + signature, ReasonSignature},
		{"J10", "a changed header", encode(goodHeader+" ") + "." + payload + "." + signature, ReasonSignature},
	}

	for name, insert := range map[string]string{
		"space": " ", "tab": "\t", "CR": "\r", "LF": "\n", "CRLF": "\r\n", "NUL": "\x00", "plus": "+", "slash": "/", "equals": "=",
		"non-ASCII": "é", "full-width dot": "．", "BOM": "\ufeff", "high byte": "\xff", "comma": ",", "quote": `"`,
	} {
		// Outside, a sender may add it to any token; inside, only the signer can, and
		// base64 decoders skip line breaks.
		cases = append(cases,
			refusalCase{"J03", name + " in front", insert + good, ReasonMalformed},
			refusalCase{"J03", name + " at the end", good + insert, ReasonMalformed},
			refusalCase{"J03", name + " in the signature", good[:len(good)-5] + insert + good[len(good)-5:], ReasonMalformed},
			refusalCase{"J03", name + " for a character of the signature", good[:len(good)-5] + insert + good[len(good)-5+len(insert):], ReasonMalformed},
			refusalCase{"J03", name + " in the signed header", signEncoded(k, header[:7]+insert+header[7:]+"."+payload), ReasonMalformed},
			refusalCase{"J03", name + " in the signed payload", signEncoded(k, header+"."+payload[:7]+insert+payload[7:]), ReasonMalformed},
			refusalCase{"J03", name + " at the end of the signed payload", signEncoded(k, header+"."+payload+insert), ReasonMalformed},
		)
	}

	for _, s := range respelled(signature) {
		cases = append(cases, refusalCase{"J04", "signature " + s[len(s)-1:], header + "." + payload + "." + s, ReasonMalformed})
	}
	for i, s := range respelled(encode(goodHeader + " ")) {
		cases = append(cases, refusalCase{"J04", "header " + alphabet[i:i+1], signEncoded(k, s+"."+payload), ReasonMalformed})
	}
	for i, s := range respelled(oneOver(claims)) {
		cases = append(cases, refusalCase{"J04", "payload " + alphabet[i:i+1], signEncoded(k, header+"."+s), ReasonMalformed})
	}
	requireRefusals(t, v, cases)
}

// TestOneSpelling: whatever is done to a genuine token's text, at any place, only
// the token itself passes.
func TestOneSpelling(t *testing.T) {
	v := newVerifier(t)
	good := goodToken(time.Now())
	for i := range good {
		for _, insert := range []string{"\n", "\r", " ", "=", "A", "."} {
			_, err := verify(t, v, good[:i]+insert+good[i:])
			requireRefused(t, err)
		}
	}
	for c := range alphabet {
		for _, i := range []int{0, 40, 200, 900, len(good) - 1} {
			changed := good[:i] + alphabet[c:c+1] + good[i+1:]
			_, err := verify(t, v, changed)
			require.Equal(t, changed == good, err == nil, "%q at %d", alphabet[c], i)
		}
	}
	require.Equal(t, 1, v.Stats().CacheEntries)
}

// TestCapIsExact: the longest token that may pass does.
func TestCapIsExact(t *testing.T) {
	const limit = 16 << 10 // not maxToken, which is what is tested
	token := sign(mainKey(), goodHeader, padded(time.Now(), goodHeader, limit))
	require.Len(t, token, limit)
	v := newVerifier(t)
	_, err := verify(t, v, token)
	require.NoError(t, err)
	_, err = verify(t, v, token+"A")
	require.Error(t, err)
	require.EqualValues(t, 1, v.Stats().Refused[ReasonTooLong])
}

// padded returns good claims that make a token of exactly this length.
func padded(now time.Time, header string, length int) string {
	for n := 0; ; n++ {
		payload := goodClaims(now).with("padding", strings.Repeat("x", n)).json()
		switch l := len(encode(header)) + 1 + len(encode(payload)) + 1 + 342; {
		case l == length:
			return payload
		case l > length:
			panic("no payload has this length with this header")
		default:
			n += max(0, (length-l)/2)
		}
	}
}

func trimTo1Mod4(s string) string {
	for len(s)%4 != 1 {
		s = s[:len(s)-1]
	}
	return s
}

func paddedBase64(s string) string {
	for len(s)%3 == 0 {
		s += " "
	}
	return base64.URLEncoding.EncodeToString([]byte(s))
}

// oneOver encodes so that the last character has stray bits.
func oneOver(s string) string {
	for len(s)%3 != 1 {
		s += " "
	}
	return encode(s)
}

func rawSignature(token string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(token[strings.LastIndexByte(token, '.')+1:])
	if err != nil {
		panic(err)
	}
	return raw
}

// nonCanonical returns a token whose signature is s+n: equal modulo n, and of the
// right length.
func nonCanonical(t *testing.T, now time.Time) string {
	limit := new(big.Int).Lsh(big.NewInt(1), 2048)
	for i := range 1000 {
		token := sign(mainKey(), goodHeader, goodClaims(now).with("n", i).json())
		s := new(big.Int).SetBytes(rawSignature(token))
		if s.Add(s, mainKey().N).Cmp(limit) < 0 {
			return token[:strings.LastIndexByte(token, '.')+1] + encode(string(s.Bytes()))
		}
	}
	t.Fatal("no signature small enough was found")
	return ""
}
