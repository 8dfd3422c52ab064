package jwtlocal

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/jwtlocal/internal/keys"
	"github.com/stretchr/testify/require"
)

// badAnswers are documents that must never replace good keys, by row.
func badAnswers() map[string]string {
	good := mainJWKS()
	key := jwkOf(testKID, &mainKey().PublicKey)
	answers := map[string]string{
		"K01/only a null":             `{"keys":[null]}`,
		"K01/only a number":           `{"keys":[1]}`,
		"K01/only a string":           `{"keys":["x"]}`,
		"K02/empty":                   ``,
		"K02/white space":             "\n",
		"K02/{}":                      `{}`,
		"K02/no keys":                 `{"keys":[]}`,
		"K02/null keys":               `{"keys":null}`,
		"K02/keys an object":          `{"keys":{}}`,
		"K02/keys a string":           `{"keys":"` + strings.Repeat("A", 40) + `"}`,
		"K02/an error":                `{"status_code":500,"error_type":"internal_server_error"}`,
		"K02/HTML":                    `<!doctype html><title>502</title>`,
		"K02/two documents":           good + good,
		"K02/a document and garbage":  good + "x",
		"K02/null":                    `null`,
		"K02/an array":                `[` + key.json() + `]`,
		"K02/a bare key":              key.json(),
		"K02/BOM":                     "\ufeff" + good,
		"K02/invalid UTF-8":           strings.Replace(good, "request-id", "request\xff", 1),
		"K12/too many keys":           `{"keys":[` + strings.Repeat(`{},`, keys.MaxKeys) + key.json() + `]}`,
		"K12/a hundred thousand keys": `{"keys":[` + strings.Repeat(`{},`, 100_000) + key.json() + `]}`,
		"K20/KEYS":                    strings.Replace(good, `"keys"`, `"KEYS"`, 1),
		"K20/Keys":                    strings.Replace(good, `"keys"`, `"Keys"`, 1),
		"K20/keys with a KELVIN SIGN": strings.Replace(good, `"keys"`, "\"\u212aeys\"", 1),
		"K20/keys and KEYS":           inserted(good, "", `"KEYS":[]`),
		"K20/keys twice":              inserted(good, "", `"keys":[`+key.json()+`]`),
		"K20/keys twice, once empty":  inserted(good, "", `"keys":[]`),
		"K20/keys twice, escaped":     inserted(good, "", `"\u006beys":[]`),
		"deep":                        `{"keys":` + strings.Repeat("[", 10_000),
	}
	for i := 0; i < len(good); i += 23 {
		answers["K02/cut short at "+strconv.Itoa(i)] = good[:i]
	}
	for name, k := range badKeys() {
		answers[name] = `{"keys":[` + k + `]}`
	}
	return answers
}

// badKeys are keys that must never verify a session_jwt, by row. All have the id of
// the main key, and most its material.
func badKeys() map[string]string {
	public := &mainKey().PublicKey
	good := jwkOf(testKID, public)
	modulus := func(n *big.Int) string { return good.with("n", encode(string(n.Bytes()))).json() }
	exponent := func(e string) string {
		n, _ := new(big.Int).SetString(e, 10)
		return good.with("e", encode(string(n.Bytes()))).json()
	}
	keys := map[string]string{
		"K13/oct":                 object{"kty": "oct", "kid": testKID, "k": "AAAA", "alg": "HS256"}.json(),
		"K13/EC":                  object{"kty": "EC", "crv": "P-256", "kid": testKID, "x": "AAAA", "y": "AAAA"}.json(),
		"K13/OKP":                 object{"kty": "OKP", "crv": "Ed25519", "kid": testKID, "x": encode(strings.Repeat("x", 32))}.json(),
		"K13/unknown kty":         good.with("kty", "XYZ").json(),
		"K13/kty in lower case":   good.with("kty", "rsa").json(),
		"K13/kty missing":         good.without("kty").json(),
		"K13/kty null":            good.with("kty", nil).json(),
		"K14/n missing":           good.without("n").json(),
		"K14/n empty":             good.with("n", "").json(),
		"K14/n a number":          good.with("n", 17).json(),
		"K14/n not base64":        good.with("n", "!!!").json(),
		"K14/e missing":           good.without("e").json(),
		"K14/e empty":             good.with("e", "").json(),
		"K14/e a number":          good.with("e", 65537).json(),
		"K14/kid missing":         good.without("kid").json(),
		"K14/kid empty":           good.with("kid", "").json(),
		"K14/kid a number":        good.with("kid", 1).json(),
		"K14/kid with a space":    good.with("kid", testKID+" ").json(),
		"K14/kid of 129 bytes":    good.with("kid", strings.Repeat("k", 129)).json(),
		"K14/key_ops a string":    good.with("key_ops", "verify").json(),
		"K14/a member twice":      inserted(good.json(), "", `"use":"sig"`),
		"K14/deep":                inserted(good.json(), "", `"x":[[[[[[[[[]]]]]]]]]`),
		"K15/d":                   good.with("d", "AAAA").json(),
		"K15/p":                   good.with("p", "AAAA").json(),
		"K15/q":                   good.with("q", "AAAA").json(),
		"K15/dp":                  good.with("dp", "AAAA").json(),
		"K15/dq":                  good.with("dq", "AAAA").json(),
		"K15/qi":                  good.with("qi", "AAAA").json(),
		"K15/oth":                 good.with("oth", []object{{"r": "AAAA"}}).json(),
		"K15/k":                   good.with("k", "AAAA").json(),
		"K15/d null":              good.with("d", nil).json(),
		"K16/1024 bits":           jwkOf(testKID, &rsaKey("weak", 1024).PublicKey).json(),
		"K16/2047 bits":           modulus(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(1))),
		"K16/4104 bits":           modulus(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 4104), big.NewInt(1))),
		"K16/16384 bits":          modulus(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 16384), big.NewInt(1))),
		"K16/even n":              modulus(new(big.Int).Add(public.N, big.NewInt(1))),
		"K16/n 0":                 good.with("n", "AA").json(),
		"K16/ROCA":                modulus(rocaModulus()),
		"K16/e 0":                 good.with("e", "AA").json(),
		"K16/e 1":                 exponent("1"),
		"K16/e 2":                 exponent("2"),
		"K16/e 3":                 exponent("3"),
		"K16/e even":              exponent("65538"),
		"K16/e of 32 bits":        exponent("2147483649"),
		"K16/e 2^32+65537":        exponent("4295032833"),
		"K16/e 2^64+65537":        exponent("18446744073709617153"),
		"K17/for encryption":      good.with("use", "enc").json(),
		"K17/use empty":           good.with("use", "").json(),
		"K17/use in upper case":   good.with("use", "SIG").json(),
		"K17/use null":            good.with("use", nil).json(),
		"K17/key_ops sign":        good.with("key_ops", []string{"sign"}).json(),
		"K17/key_ops none":        good.with("key_ops", []string{}).json(),
		"K17/alg RS512":           good.with("alg", "RS512").json(),
		"K17/alg PS256":           good.with("alg", "PS256").json(),
		"K17/alg RSA-OAEP":        good.with("alg", "RSA-OAEP").json(),
		"K17/alg empty":           good.with("alg", "").json(),
		"K17/alg null":            good.with("alg", nil).json(),
		"K18/n padded":            good.with("n", base64.URLEncoding.EncodeToString(public.N.Bytes())).json(),
		"K18/n in the other form": good.with("n", otherAlphabet(public.N)).json(),
		"K18/n with a line break": good.with("n", good["n"].(string)[:40]+"\n"+good["n"].(string)[40:]).json(),
		"K18/n with stray bits":   good.with("n", respelled(good["n"].(string))[0]).json(),
		"K18/e padded":            good.with("e", "AQAB====").json(),
		"K18/e with a line break": good.with("e", "AQ\nAB").json(),
		"K18/e with stray bits":   good.with("e", "AAEAAR").json(),
	}
	for i, example := range []string{"ofgWCuLjybRlzo0tZWJj", "0vx7agoebGcQSuuPiLJX", "n4EPtAOCc9AlkeQHPzHS", "u1SU1LfVLPHCozMxH2Mo"} {
		n := example + good["n"].(string)[len(example):]
		keys["S10/printed "+strconv.Itoa(i)] = good.with("n", n).json()
		keys["S10/printed with a leading zero "+strconv.Itoa(i)] = good.with("n", encode("\x00"+decoded(n))).json()
	}
	for _, name := range []string{"kty", "use", "key_ops", "alg", "kid", "n", "e"} {
		keys["K20/"+strings.ToUpper(name)+" for "+name] = strings.Replace(good.json(), `"`+name+`":`, `"`+strings.ToUpper(name)+`":`, 1)
		keys["K20/"+strings.ToUpper(name)+" beside "+name] = inserted(good.json(), "", `"`+strings.ToUpper(name)+`":"x"`)
	}
	return keys
}

func decoded(s string) string {
	octets, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(octets)
}

// otherAlphabet is standard base64, of a number that shows the difference.
func otherAlphabet(n *big.Int) string {
	for octets := n.Bytes(); ; octets[len(octets)-1] += 2 {
		if s := base64.RawStdEncoding.EncodeToString(octets); strings.ContainsAny(s, "+/") {
			return s
		}
	}
}

// rocaModulus returns a product of two numbers of the form that the generator of
// CVE-2017-15361 gave its primes: k*M + (65537^a mod M), with M a primorial.
func rocaModulus() *big.Int {
	smallPrimes := []int64{
		2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
		103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	}
	m := big.NewInt(1)
	for _, p := range smallPrimes {
		m.Mul(m, big.NewInt(p))
	}
	factor := func(k, a int64) *big.Int {
		f := new(big.Int).Exp(big.NewInt(65537), big.NewInt(a), m)
		big := new(big.Int).Lsh(big.NewInt(k), uint(1023-m.BitLen()))
		return f.Add(f, big.Mul(big, m))
	}
	n := new(big.Int)
	for k := int64(2); n.BitLen() != 2048; k++ {
		n.Mul(factor(k, 12345), factor(k+1, 54321))
	}
	return n
}

func TestRocaModulus(t *testing.T) {
	n := rocaModulus()
	require.Equal(t, 2048, n.BitLen())
	require.EqualValues(t, 1, n.Bit(0))
	accepted := func(n *big.Int) bool {
		_, err := keys.Parse([]byte(jwks(jwkOf(testKID, &rsa.PublicKey{N: n, E: 65537}))))
		return err == nil
	}
	require.False(t, accepted(n))
	require.True(t, accepted(mainKey().N))
	for range 20 {
		n.Add(n, big.NewInt(2))
		require.True(t, accepted(n))
	}
}

// TestBadKeySpoilsNothing: beside a good key each bad one is ignored, whichever
// comes first, and never verifies anything.
func TestBadKeySpoilsNothing(t *testing.T) {
	good := jwkOf(otherKID, &otherKey().PublicKey).json()
	entries := badKeys()
	for name, element := range map[string]string{"K01/null": "null", "K01/number": "1", "K01/string": `"x"`, "K01/array": "[]", "K01/bool": "true", "K14/empty": "{}"} {
		entries[name] = element
	}
	for name, bad := range entries {
		t.Run(name, func(t *testing.T) {
			for _, list := range []string{good + "," + bad, bad + "," + good} {
				p, err := keys.Parse([]byte(`{"keys":[` + list + `]}`))
				require.NoError(t, err)
				require.Len(t, p.Keys, 1)
				require.True(t, p.Keys[otherKID].Public.Equal(&otherKey().PublicKey))
				require.Equal(t, 1, p.Ignored)
				require.Equal(t, strings.HasPrefix(name, "K15/"), p.Private)
			}
		})
	}
}

// TestGoodKeys are the legitimate variants.
func TestGoodKeys(t *testing.T) {
	public := &mainKey().PublicKey
	good := jwkOf(testKID, public)
	for name, k := range map[string]object{
		"K17/alg missing":        good.without("alg"),
		"K17/use missing":        good.without("use"),
		"K17/key_ops missing":    good.without("key_ops"),
		"K17/more operations":    good.with("key_ops", []string{"encrypt", "verify"}),
		"K18/leading zeros":      good.with("n", encode("\x00\x00"+string(public.N.Bytes()))).with("e", encode("\x00\x00\x01\x00\x01")),
		"K19/x5c of another key": good.with("x5c", []string{"MIIB"}).with("x5t", "AAAA").with("x5tS256", "AAAA").with("x5u", "https://attacker.example/"),
		"new members":            good.with("stytch_region", "eu").with("exp", 1),
		"a long exponent":        jwkOf(testKID, &rsa.PublicKey{N: public.N, E: 1<<31 - 1}),
		"4096 bits":              jwkOf(testKID, &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 4096), big.NewInt(3)), E: 65537}),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := keys.Parse([]byte(jwks(k)))
			require.NoError(t, err)
			require.Contains(t, p.Keys, testKID)
			require.Zero(t, p.Ignored)
			require.False(t, p.Private)
		})
	}
}

// TestSeveralKeys: K11 and K12.
func TestSeveralKeys(t *testing.T) {
	a, b := &mainKey().PublicKey, &otherKey().PublicKey
	parse := func(published ...object) []string {
		p, err := keys.Parse([]byte(jwks(published...)))
		require.NoError(t, err)
		var ids []string
		for id := range p.Keys {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return ids
	}
	require.Equal(t, []string{"z"}, parse(jwkOf("x", a), jwkOf("x", b), jwkOf("z", a)), "K11: one id, two keys")
	require.Equal(t, []string{"z"}, parse(jwkOf("x", a), jwkOf("x", b), jwkOf("x", a), jwkOf("z", a)), "K11: and again the first")
	require.Equal(t, []string{"x", "z"}, parse(jwkOf("x", a), jwkOf("x", a), jwkOf("z", a)), "K11: one key twice")
	require.Equal(t, []string{"x", "y"}, parse(jwkOf("x", a), jwkOf("y", a)), "K12: one key, two ids")
	require.Equal(t, []string{"X", "x"}, parse(jwkOf("x", a), jwkOf("X", b)), "ids are compared exactly")
	many := make([]object, keys.MaxKeys)
	for i := range many {
		many[i] = jwkOf("k"+strconv.Itoa(i), a)
	}
	require.Len(t, parse(many...), keys.MaxKeys, "K12")
	_, err := keys.Parse([]byte(jwks(jwkOf("x", a), jwkOf("x", b))))
	require.ErrorIs(t, err, keys.ErrNoKeys, "K11: nothing else in the set")
}

// TestKnownHeaders: the header that is recognized without being decoded is one that
// the strict reader accepts, for every id that a key can have.
func TestKnownHeaders(t *testing.T) {
	for _, id := range []string{testKID, "k", "<>&'/+~!#$%()*,-.:;=?@[]^_`{|}", strings.Repeat("k", 128)} {
		got, reason := keyID(keys.EncodedHeader(id))
		require.Zero(t, reason, id)
		require.Equal(t, id, got)
	}
	require.Equal(t, encode(goodHeader), keys.EncodedHeader(testKID))
	require.Less(t, len(keys.EncodedHeader(strings.Repeat("k", 128))), maxHeader)
}

// TestFollow: what happens to keys and remembered tokens from one set to the next.
func TestFollow(t *testing.T) {
	now := time.Now()
	parse := func(published ...object) keys.Document {
		p, err := keys.Parse([]byte(jwks(published...)))
		require.NoError(t, err)
		return p
	}
	memory := func() *tokenCache { return newTokenCache(1) }
	a, b := &mainKey().PublicKey, &otherKey().PublicKey
	first := (*keys.Set[*tokenCache])(nil).Next(parse(jwkOf("a", a)), now, memory)
	require.Empty(t, first.Retired)

	same := first.Next(parse(jwkOf("a", a)), now, memory)
	require.Same(t, first.Cache, same.Cache, "nothing changed")
	added := first.Next(parse(jwkOf("a", a), jwkOf("b", b)), now, memory)
	require.Same(t, first.Cache, added.Cache, "a key was added")
	require.Empty(t, added.Retired)
	removed := added.Next(parse(jwkOf("b", b)), now, memory)
	require.NotSame(t, added.Cache, removed.Cache, "a key was removed")
	require.True(t, removed.Retired["a"].Public.Equal(a))
	require.NotContains(t, removed.ByID, "a")
	require.NotContains(t, removed.ByHeader, keys.EncodedHeader("a"))
	later := removed.Next(parse(jwkOf("b", b)), now, memory)
	require.Same(t, removed.Cache, later.Cache)
	require.Contains(t, later.Retired, "a", "still known to have been one")
	back := removed.Next(parse(jwkOf("a", a), jwkOf("b", b)), now, memory)
	require.Empty(t, back.Retired, "published again")
	altered := first.Next(parse(jwkOf("a", b)), now, memory)
	require.NotSame(t, first.Cache, altered.Cache, "other material under the same id")
	require.Empty(t, altered.Retired, "whose old material proves nothing any more")

	const maxRetired = 32
	set := first
	for i := range 3 * maxRetired {
		set = set.Next(parse(jwkOf("k"+strconv.Itoa(i), a)), now, memory)
	}
	require.Len(t, set.Retired, maxRetired)
	require.Contains(t, set.Retired, "k"+strconv.Itoa(3*maxRetired-2), "the newest is among them")
}
