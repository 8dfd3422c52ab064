package jwtlocal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

func hs256(secret []byte, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + encode(string(mac.Sum(nil)))
}

// rsaSigned makes a token signed with another RSA algorithm.
func rsaSigned(t *testing.T, hash crypto.Hash, pss bool, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	h := hash.New()
	h.Write([]byte(input))
	var signature []byte
	var err error
	if pss {
		signature, err = rsa.SignPSS(rand.Reader, mainKey(), hash, h.Sum(nil), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		signature, err = rsa.SignPKCS1v15(nil, mainKey(), hash, h.Sum(nil))
	}
	require.NoError(t, err)
	return input + "." + encode(string(signature))
}

func TestHeader(t *testing.T) {
	now := time.Now()
	k, claims := mainKey(), goodClaims(now).json()
	signed := func(header string) string { return sign(k, header, claims) }
	// with puts more members into an otherwise good header.
	with := func(members string) string {
		return signed(`{"alg":"RS256",` + members + `,"kid":"` + testKID + `","typ":"JWT"}`)
	}
	algorithm := func(value string) string { return `{"alg":` + value + `,"kid":"` + testKID + `","typ":"JWT"}` }
	kid := func(value string) string { return signed(`{"alg":"RS256","kid":` + value + `,"typ":"JWT"}`) }

	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	// The set also publishes keys of other kinds: which algorithm is accepted must
	// not depend on it.
	point, err := ec.PublicKey.Bytes()
	require.NoError(t, err)
	keys := newKeyServer()
	keys.body = jwks(
		jwkOf(testKID, &k.PublicKey),
		jwkOf("noalg", &k.PublicKey).without("alg"),
		object{"kty": "oct", "kid": "oct", "alg": "HS256", "k": encode("a shared secret of thirty-two bytes")},
		object{"kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "x": encode(string(point[1:33])), "y": encode(string(point[33:]))},
	)
	v := newVerifier(t, func(c *Config) { c.Transport = keys; c.KeyCooldown = time.Hour })

	pkix, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	require.NoError(t, err)
	pkcs1 := x509.MarshalPKCS1PublicKey(&k.PublicKey)

	cases := []refusalCase{
		{"J21", "HS256, PKIX PEM", hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), algorithm(`"HS256"`), claims), ReasonAlgorithm},
		{"J21", "HS256, PKCS#1 PEM", hs256(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), algorithm(`"HS256"`), claims), ReasonAlgorithm},
		{"J21", "HS384, DER", hs256(pkix, algorithm(`"HS384"`), claims), ReasonAlgorithm},
		{"J21", "HS512, modulus", hs256(k.N.Bytes(), algorithm(`"HS512"`), claims), ReasonAlgorithm},
		{"J21", "HS256, the JWK", hs256([]byte(jwkOf(testKID, &k.PublicKey).json()), algorithm(`"HS256"`), claims), ReasonAlgorithm},
		{"J21", "HS256, no secret", hs256(nil, algorithm(`"HS256"`), claims), ReasonAlgorithm},
		{"J21", "RS256 by name, HMAC by content", hs256(pkix, goodHeader, claims), ReasonMalformed},

		{"J22", "HS256 with a published oct key", hs256([]byte("a shared secret of thirty-two bytes"), `{"alg":"HS256","kid":"oct","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J22", "RS256 by name with a published oct key", sign(k, `{"alg":"RS256","kid":"oct","typ":"JWT"}`, claims), ReasonUnknownKey},
		{"J22", "ES256 with a published EC key", es256(t, ec, `{"alg":"ES256","kid":"ec","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J22", "RS256 by name with a published EC key", es256(t, ec, `{"alg":"RS256","kid":"ec","typ":"JWT"}`, claims), ReasonUnknownKey},

		{"J23", "RS384", rsaSigned(t, crypto.SHA384, false, `{"alg":"RS384","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "RS512", rsaSigned(t, crypto.SHA512, false, `{"alg":"RS512","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "PS256", rsaSigned(t, crypto.SHA256, true, `{"alg":"PS256","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "PS384", rsaSigned(t, crypto.SHA384, true, `{"alg":"PS384","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "PS512", rsaSigned(t, crypto.SHA512, true, `{"alg":"PS512","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "EdDSA", sign(k, `{"alg":"EdDSA","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "ML-DSA", sign(k, `{"alg":"ML-DSA-65","kid":"noalg","typ":"JWT"}`, claims), ReasonAlgorithm},
		{"J23", "RS256 by name, RS512 by content", rsaSigned(t, crypto.SHA512, false, `{"alg":"RS256","kid":"noalg","typ":"JWT"}`, claims), ReasonSignature},
		{"J23", "RS256 by name, PS256 by content", rsaSigned(t, crypto.SHA256, true, `{"alg":"RS256","kid":"noalg","typ":"JWT"}`, claims), ReasonSignature},

		{"J24", "ES256 of zeros", encode(`{"alg":"ES256","kid":"ec","typ":"JWT"}`) + "." + encode(claims) + "." + strings.Repeat("A", 86), ReasonAlgorithm},

		{"J26", "alg twice", signed(`{"alg":"RS256","alg":"RS256","kid":"` + testKID + `","typ":"JWT"}`), ReasonHeader},
		{"J26", "alg twice, none first", signed(`{"alg":"none","alg":"RS256","kid":"` + testKID + `","typ":"JWT"}`), ReasonAlgorithm},
		{"J26", "kid twice", signed(`{"alg":"RS256","kid":"` + testKID + `","kid":"` + testKID + `","typ":"JWT"}`), ReasonHeader},
		{"J26", "kid twice, once escaped", signed(`{"alg":"RS256","kid":"` + testKID + `","\u006bid":"` + testKID + `","typ":"JWT"}`), ReasonHeader},
		{"J26", "an unknown member twice", with(`"x":1,"x":1`), ReasonHeader},
		{"J26", "Alg beside alg", with(`"Alg":"none"`), ReasonHeader},
		{"J26", "KID beside kid", with(`"KID":"` + testKID + `"`), ReasonHeader},
		{"J26", "kid with a KELVIN SIGN beside kid", with(`"` + "\u212a" + `id":"` + testKID + `"`), ReasonHeader},
		{"J26", "ALG for alg", signed(`{"ALG":"RS256","kid":"` + testKID + `","typ":"JWT"}`), ReasonHeader},

		{"J31", "cty", with(`"cty":"JWT"`), ReasonHeader},
		{"J31", "zip", with(`"zip":"DEF"`), ReasonHeader},
		{"J31", "enc", with(`"enc":"A256GCM"`), ReasonHeader},
		{"J31", "p2c", with(`"p2c":2147483647`), ReasonHeader},
		{"J31", "p2s", with(`"p2s":"AAAA"`), ReasonHeader},
		{"J31", "epk", with(`"epk":{}`), ReasonHeader},

		{"J32", "array", signed(`["RS256","` + testKID + `"]`), ReasonHeader},
		{"J32", "string", signed(`"RS256"`), ReasonHeader},
		{"J32", "null", signed(`null`), ReasonHeader},
		{"J32", "empty object", signed(`{}`), ReasonAlgorithm},
		{"J32", "trailing bytes", signed(goodHeader + "x"), ReasonHeader},
		{"J32", "a second document", signed(goodHeader + goodHeader), ReasonHeader},
		{"J32", "BOM", signed("\ufeff" + goodHeader), ReasonHeader},
		{"J32", "NUL at the end", signed(goodHeader + "\x00"), ReasonHeader},
		{"J32", "over one kilobyte", with(`"x":"` + strings.Repeat("x", 1024) + `"`), ReasonMalformed},
		{"J32", "too deep", with(`"x":{"y":{}}`), ReasonHeader},
		{"J32", "invalid UTF-8", with(`"x":"` + "\xff" + `"`), ReasonHeader},
		{"J32", "cut short", signed(goodHeader[:len(goodHeader)-1]), ReasonHeader},
		{"J32", "unquoted name", signed(`{alg:"RS256","kid":"` + testKID + `"}`), ReasonHeader},
	}
	for _, value := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `null`, `256`, `[]`, `["RS256"]`, `{}`, `""`, `"rs256"`, `"RS256 "`, `" RS256"`, `"RS-256"`, `true`} {
		cases = append(cases,
			refusalCase{"J20", value + ", signed", signed(algorithm(value)), ReasonAlgorithm},
			refusalCase{"J20", value + ", unsigned", encode(algorithm(value)) + "." + encode(claims) + ".", ReasonAlgorithm})
	}
	cases = append(cases, refusalCase{"J20", "missing", signed(`{"kid":"` + testKID + `","typ":"JWT"}`), ReasonAlgorithm})

	for name, c := range map[string]struct {
		value  string
		reason Reason
	}{
		"empty": {`""`, ReasonHeader}, "null": {`null`, ReasonHeader}, "number": {`1`, ReasonHeader}, "object": {`{}`, ReasonHeader},
		"array": {`["` + testKID + `"]`, ReasonHeader}, "129 bytes": {`"` + strings.Repeat("k", 129) + `"`, ReasonHeader},
		"100 kB": {`"` + strings.Repeat("k", 100_000) + `"`, ReasonTooLong},
		"a path": {`"../../dev/null"`, ReasonUnknownKey}, "SQL": {`"' OR '1'='1"`, ReasonHeader}, "NUL": {`"` + testKID + `\u0000"`, ReasonHeader},
		"CRLF": {`"` + testKID + `\r\n"`, ReasonHeader}, "a space": {`"` + testKID + ` "`, ReasonHeader}, "non-ASCII": {`"jwk-tést"`, ReasonHeader},
		"upper case": {`"` + strings.ToUpper(testKID) + `"`, ReasonUnknownKey}, "128 bytes": {`"` + strings.Repeat("k", 128) + `"`, ReasonUnknownKey},
	} {
		cases = append(cases, refusalCase{"J25", name, kid(c.value), c.reason})
	}
	cases = append(cases, refusalCase{"J25", "missing", signed(`{"alg":"RS256","typ":"JWT"}`), ReasonHeader})

	for _, member := range []string{`"jwk":` + jwkOf(testKID, &otherKey().PublicKey).json(), `"jku":"https://attacker.example/jwks"`, `"x5u":"https://attacker.example/cert"`, `"x5c":["AAAA"]`, `"x5t":"AAAA"`, `"x5t#S256":"AAAA"`, `"JWK":{}`} {
		cases = append(cases, refusalCase{"J27", strings.Split(member, ":")[0], with(member), ReasonHeader})
	}
	for _, value := range []string{`["exp"]`, `["b64"]`, `[]`, `null`, `"exp"`, `["https://example.com/unknown"]`} {
		cases = append(cases, refusalCase{"J28", value, with(`"crit":` + value), ReasonHeader})
	}
	for _, members := range []string{`"b64":false`, `"b64":true`, `"b64":false,"crit":["b64"]`} {
		cases = append(cases, refusalCase{"J29", members, with(members), ReasonHeader})
	}
	for _, value := range []string{`"at+jwt"`, `"logout+jwt"`, `"dpop+jwt"`, `"jwt"`, `"application/jwt"`, `1`, `null`, `""`, `["JWT"]`} {
		cases = append(cases, refusalCase{"J30", value, signed(`{"alg":"RS256","kid":"` + testKID + `","typ":` + value + `}`), ReasonHeader})
	}
	requireRefusals(t, v, cases)
	// Whatever a header names, only one place was ever asked.
	for _, path := range keys.paths {
		require.Equal(t, "https://test.stytch.com/v1/b2b/sessions/jwks/"+testProject, path)
	}
	require.LessOrEqual(t, keys.count(), 1)
}

// TestHeaderKeeps are the headers that Stytch does not write today and that are
// harmless.
func TestHeaderKeeps(t *testing.T) {
	v := newVerifier(t)
	for name, header := range map[string]string{
		"J30/no typ":                   `{"alg":"RS256","kid":"` + testKID + `"}`,
		"J33/a member of Stytch's own": `{"alg":"RS256","kid":"` + testKID + `","typ":"JWT","stytch":{"region":"eu"}}`,
		"J33/another order":            `{"typ":"JWT","kid":"` + testKID + `","alg":"RS256"}`,
		"J33/white space":              ` { "alg" : "RS256" , "kid" : "` + testKID + `" , "typ" : "JWT" } `,
		"J33/escapes":                  `{"\u0061lg":"RS25\u0036","kid":"` + strings.Replace(testKID, "j", `\u006a`, 1) + `","typ":"JWT"}`,
	} {
		t.Run(name, func(t *testing.T) {
			token := sign(mainKey(), header, goodClaims(time.Now()).json())
			for range 2 {
				s, err := verify(t, v, token)
				require.NoError(t, err)
				require.Equal(t, grimoireauth.SessionID(testSession), s.ID())
			}
		})
	}
}

func es256(t *testing.T, k *ecdsa.PrivateKey, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
	require.NoError(t, err)
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return input + "." + encode(string(raw))
}
