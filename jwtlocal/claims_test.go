package jwtlocal

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/promptgrimoire/auth/grimoireauth"
)

// inserted puts members at the beginning of the object that begins right after the
// first occurrence of after, "" for the outermost one.
func inserted(payload, after, members string) string {
	i := strings.Index(payload, after) + len(after)
	i += strings.IndexByte(payload[i:], '{') + 1
	return payload[:i] + members + "," + payload[i:]
}

func TestClaims(t *testing.T) {
	now := time.Now()
	v := newVerifier(t)
	good := goodClaims(now).json()
	signed := func(payload string) string { return sign(mainKey(), goodHeader, payload) }
	session := func(change func(object) object) string {
		o := goodClaims(now)
		return signed(o.with(sessionClaim, change(o[sessionClaim].(object))).json())
	}
	class := func(change func(object) object) string {
		o := goodClaims(now)
		return signed(o.with(classClaim, change(o[classClaim].(object))).json())
	}
	utf16Text := string(utf16Bytes(good))

	cases := []refusalCase{
		{"J40", "null", signed(`null`), ReasonClaims},
		{"J40", "array", signed(`[]`), ReasonClaims},
		{"J40", "array around", signed(`[` + good + `]`), ReasonClaims},
		{"J40", "string", signed(`"x"`), ReasonClaims},
		{"J40", "number", signed(`1`), ReasonClaims},
		{"J40", "empty object", signed(`{}`), ReasonIssuer},
		{"J40", "white space", signed(` `), ReasonClaims},
		{"J40", "UTF-16", signed(utf16Text), ReasonClaims},
		{"J40", "BOM", signed("\ufeff" + good), ReasonClaims},
		{"J40", "two documents", signed(good + good), ReasonClaims},
		{"J40", "a bracket too many", signed(good + "}"), ReasonClaims},
		{"J40", "a NUL at the end", signed(good + "\x00"), ReasonClaims},
		{"J40", "a comma too many", signed(strings.TrimSuffix(good, "}") + ",}"), ReasonClaims},
		{"J40", "a comma too few", signed(strings.Replace(good, `,"exp"`, ` "exp"`, 1)), ReasonClaims},
		{"J40", "a colon too few", signed(strings.Replace(good, `"exp":`, `"exp" `, 1)), ReasonClaims},
		{"J40", "cut short", signed(good[:len(good)-1]), ReasonClaims},
		{"J40", "a comment", signed("/**/" + good), ReasonClaims},
		{"J40", "single quotes", signed(strings.ReplaceAll(good, `"sub"`, `'sub'`)), ReasonClaims},
		{"J40", "a raw line break in a string", signed(strings.Replace(good, "203.0.113", "203.0.\n113", 1)), ReasonClaims},
		{"J40", "a misspelt literal", signed(inserted(good, "", `"x":nul`)), ReasonClaims},
		{"J40", "a misspelt literal of the right length", signed(inserted(good, "", `"x":nuli`)), ReasonClaims},
		{"J40", "a number with a leading zero", signed(inserted(good, "", `"x":01`)), ReasonClaims},
		{"J40", "a number with a plus", signed(inserted(good, "", `"x":+1`)), ReasonClaims},
		{"J40", "a number that ends in a dot", signed(inserted(good, "", `"x":1.`)), ReasonClaims},
		{"J40", "a number without an exponent", signed(inserted(good, "", `"x":1e`)), ReasonClaims},
		{"J47", "a number that no float64 can hold", signed(inserted(good, "", `"x":[1e309]`)), ReasonClaims},
		{"J47", "as many digits", signed(inserted(good, "", `"x":-`+strings.Repeat("9", 310))), ReasonClaims},
		{"J40", "NaN", signed(inserted(good, "", `"x":NaN`)), ReasonClaims},
		{"J40", "an unknown escape", signed(inserted(good, "", `"x":"\q"`)), ReasonClaims},
		{"J40", "an escape cut short", signed(inserted(good, "", `"x":"\u12"`)), ReasonClaims},

		{"J44", "invalid UTF-8 in sub", signed(strings.Replace(good, testMember, testMember+"\xff", 1)), ReasonClaims},
		{"J44", "invalid UTF-8 in a custom claim", signed(inserted(good, "", `"x":"`+"\xc3\x28"+`"`)), ReasonClaims},
		{"J44", "invalid UTF-8 in a name", signed(inserted(good, "", `"`+"\xff"+`":1`)), ReasonClaims},
		{"J44", "overlong", signed(strings.Replace(good, testMember, testMember+"\xc0\xaf", 1)), ReasonClaims},
		{"J44", "an encoded surrogate", signed(strings.Replace(good, testMember, testMember+"\xed\xa0\x80", 1)), ReasonClaims},
		{"J44", "a lone high surrogate in sub", signed(strings.Replace(good, testMember, testMember+`\ud800`, 1)), ReasonClaims},
		{"J44", "a lone low surrogate in a role", signed(strings.Replace(good, `"tutor"`, `"tutor\udc00"`, 1)), ReasonClaims},
		{"J44", "two high surrogates", signed(inserted(good, "", `"x":"\ud800\ud800"`)), ReasonClaims},
		{"J44", "a lone surrogate in a custom claim's name", signed(inserted(good, "", `"\ud800":1`)), ReasonClaims},
		{"J44", "a lone surrogate deep in a custom claim", signed(inserted(good, "", `"x":[{"y":"\ud800"}]`)), ReasonClaims},
		{"J44", "NUL in sub", signed(strings.Replace(good, testMember, testMember+`\u0000`, 1)), ReasonSubject},
		{"J44", "a bidi control in sub", signed(strings.Replace(good, testMember, testMember+"\u202e", 1)), ReasonSubject},
		{"J44", "NUL in the organization id", signed(strings.Replace(good, testClass, testClass+`\u0000`, 1)), ReasonOrganization},
		{"J44", "a bidi control in the organization id", signed(strings.Replace(good, testClass, testClass+"\u2066", 1)), ReasonOrganization},
		{"J44", "NUL in the session id", signed(strings.Replace(good, testSession, testSession+`\u0000`, 1)), ReasonSession},
		{"J44", "NUL in a role", signed(strings.Replace(good, `"tutor"`, `"tutor\u0000"`, 1)), ReasonClaims},
		{"J44", "DEL in a role", signed(strings.Replace(good, `"tutor"`, `"tutor`+"\x7f"+`"`, 1)), ReasonClaims},
		{"J44", "a bidi control in a role", signed(strings.Replace(good, `"tutor"`, `"tutor`+"\u202e"+`"`, 1)), ReasonClaims},
		{"J44", "a zero-width joiner in a role", signed(strings.Replace(good, `"tutor"`, `"tu`+"\u200d"+`tor"`, 1)), ReasonClaims},
		{"J44", "a replacement character in a role", signed(strings.Replace(good, `"tutor"`, `"tutor`+"\ufffd"+`"`, 1)), ReasonClaims},
		{"J44", "a line separator in the slug", signed(strings.Replace(good, "laws1100", "laws\u20281100", 1)), ReasonClaims},
		{"J44", "a control in a factor's type", signed(strings.Replace(good, "magic_link", `magic\u0007link`, 1)), ReasonClaims},

		{"J45", "nine thousand deep", signed(inserted(good, "", `"x":`+strings.Repeat("[", 4500)+strings.Repeat("]", 4500))), ReasonClaims},
		{"J45", "a hundred thousand deep", signed(inserted(good, "", `"x":`+strings.Repeat("[", 50_000)+strings.Repeat("]", 50_000))), ReasonTooLong},
		{"J45", "unclosed", signed(strings.Repeat(`{"x":`, 1500)), ReasonClaims},
		{"J45", "seventeen deep", signed(inserted(good, "", `"x":`+strings.Repeat("[", 16)+strings.Repeat("]", 16))), ReasonClaims},
		{"J45", "257 members", signed(inserted(good, "", manyMembers(257-len(goodClaims(now))))), ReasonClaims},
		{"J45", "257 members of a custom claim", signed(inserted(good, "", `"x":{`+manyMembers(257)+`}`)), ReasonClaims},
		{"J45", "257 roles", session(func(o object) object { return o.with("roles", manyStrings(257)) }), ReasonClaims},
		{"J45", "65 factors", session(func(o object) object { return o.with("authentication_factors", make([]struct{}, 65)) }), ReasonClaims},
		{"J45", "a megabyte of text", signed(inserted(good, "", `"x":"`+strings.Repeat("x", 1<<20)+`"`)), ReasonTooLong},
		{"J45", "a number of five thousand digits for exp", signed(strings.Replace(good, `"exp":`, `"exp":`+strings.Repeat("1", 5000), 1)), ReasonClaims},
	}

	// J41 and J42: every name that means something, repeated or disguised, at its
	// own level.
	levels := []struct {
		after string
		names []string
	}{
		{"", []string{"iss", "aud", "sub", "exp", "iat", "nbf", sessionClaim, classClaim, "tutorial"}},
		{sessionClaim, []string{"id", "started_at", "last_accessed_at", "expires_at", "attributes", "authentication_factors", "roles"}},
		{classClaim, []string{"organization_id", "slug"}},
		{"authentication_factors", []string{"type", "delivery_method", "last_authenticated_at", "email_factor"}},
		{"email_factor", []string{"email_id"}},
	}
	for _, level := range levels {
		for _, name := range level.names {
			value := valueOf(t, good, level.after, name)
			cases = append(cases,
				refusalCase{"J41", name + " twice", signed(inserted(good, level.after, `"`+name+`":`+value)), ReasonClaims},
				refusalCase{"J43", name + " twice, once escaped", signed(inserted(good, level.after, `"`+escapedName(name)+`":`+value)), ReasonClaims})
			if level.after == "email_factor" || name == "email_factor" || name == "tutorial" {
				continue // not reserved: another spelling is another member
			}
			for _, disguised := range disguises(name) {
				cases = append(cases,
					refusalCase{"J42", disguised + " beside " + name, signed(inserted(good, level.after, `"`+disguised+`":`+value)), ReasonClaims},
					refusalCase{"J42", disguised + " for " + name, signed(renamed(good, level.after, name, disguised)), ReasonClaims})
			}
		}
	}
	cases = append(cases,
		refusalCase{"J41", "a member of a custom claim twice", signed(inserted(good, "", `"x":{"y":1,"y":1}`)), ReasonClaims},
		refusalCase{"J41", "far apart", signed(inserted(good, "", manyMembers(100)+`,"n5":1`)), ReasonClaims},
		refusalCase{"J65", "roles a string", session(func(o object) object { return o.with("roles", "tutor") }), ReasonClaims},
		refusalCase{"J65", "a number among the roles", session(func(o object) object { return o.with("roles", []any{"tutor", 1}) }), ReasonClaims},
		refusalCase{"J65", "a null among the roles", session(func(o object) object { return o.with("roles", []any{nil}) }), ReasonClaims},
		refusalCase{"J65", "roles an object", session(func(o object) object { return o.with("roles", object{"tutor": true}) }), ReasonClaims},
		refusalCase{"J65", "a list of lists", session(func(o object) object { return o.with("roles", [][]string{{"tutor"}}) }), ReasonClaims},
		refusalCase{"J65", "a role of 257 bytes", session(func(o object) object { return o.with("roles", []string{strings.Repeat("r", 257)}) }), ReasonClaims},
		refusalCase{"J65", "ten thousand roles", session(func(o object) object { return o.with("roles", manyStrings(10_000)) }), ReasonTooLong},
		refusalCase{"J63", "factors an object", session(func(o object) object { return o.with("authentication_factors", object{}) }), ReasonClaims},
		refusalCase{"J63", "a factor a string", session(func(o object) object { return o.with("authentication_factors", []string{"sso"}) }), ReasonClaims},
		refusalCase{"J63", "a factor's type a number", session(func(o object) object { return o.with("authentication_factors", []object{{"type": 1}}) }), ReasonClaims},
		refusalCase{"J63", "a factor's time garbage", session(func(o object) object {
			return o.with("authentication_factors", []object{{"type": "sso", "last_authenticated_at": "yesterday"}})
		}), ReasonClaims},
		refusalCase{"J64", "slug a number", class(func(o object) object { return o.with("slug", 1) }), ReasonClaims},
		refusalCase{"J64", "slug of 257 bytes", class(func(o object) object { return o.with("slug", strings.Repeat("s", 257)) }), ReasonClaims},
	)
	requireRefusals(t, v, cases)
}

// TestClaimsKeeps are the legitimate variants of a genuine token.
func TestClaimsKeeps(t *testing.T) {
	now := time.Now()
	v := newVerifier(t)
	good := goodClaims(now)
	session := func(change func(object) object) string {
		return good.with(sessionClaim, change(good[sessionClaim].(object))).json()
	}
	for name, payload := range map[string]string{
		"J43/escaped names":          strings.Replace(strings.Replace(good.json(), `"sub"`, `"\u0073ub"`, 1), `"roles"`, `"\u0072ole\u0073"`, 1),
		"J43/escaped slashes":        strings.ReplaceAll(good.json(), "https://stytch.com/", `https:\/\/stytch.com\/`),
		"J45/sixteen deep":           inserted(good.json(), "", `"x":`+strings.Repeat("[", 15)+strings.Repeat("]", 15)),
		"J45/256 members":            inserted(good.json(), "", manyMembers(256-len(good))),
		"J47/large numbers":          inserted(good.json(), "", `"x":[1e308,-1.7976931348623157e308,1e-400,`+strings.Repeat("9", 308)+`]`),
		"J46/__proto__":              inserted(good.json(), "", `"__proto__":{"admin":true},"constructor":1`),
		"J46/an empty name":          inserted(good.json(), "", `"":1`),
		"J46/a long name":            inserted(good.json(), "", `"`+strings.Repeat("n", 8000)+`":1`),
		"J51/fractional times":       good.with("exp", json.Number(fmt.Sprintf("%d.25", now.Unix()+300))).with("iat", json.Number(fmt.Sprintf("%d.0", now.Unix()))).json(),
		"J53/no nbf":                 good.without("nbf").json(),
		"J55/no session end":         session(func(o object) object { return o.without("expires_at") }),
		"J55/fractions of a second":  session(func(o object) object { return o.with("started_at", "2020-08-28T00:41:58.935673Z") }),
		"J55/an offset":              session(func(o object) object { return o.with("expires_at", "2099-01-01T00:00:00+10:00") }),
		"J61/aud a string":           good.with("aud", testProject).json(),
		"J63/the other session id":   session(func(o object) object { return o.with("id", "session-test-"+testUUID) }),
		"J63/no factors":             session(func(o object) object { return o.without("authentication_factors") }),
		"J63/factors null":           session(func(o object) object { return o.with("authentication_factors", nil) }),
		"J63/a factor without times": session(func(o object) object { return o.with("authentication_factors", []object{{"type": "sso"}}) }),
		"J63/attributes of any kind": session(func(o object) object { return o.with("attributes", nil) }),
		"J64/no slug":                good.with(classClaim, object{"organization_id": testClass}).json(),
		"J65/no roles":               session(func(o object) object { return o.without("roles") }),
		"J65/roles null":             session(func(o object) object { return o.with("roles", nil) }),
		"J65/no role in the list":    session(func(o object) object { return o.with("roles", []string{}) }),
		"J65/256 roles":              session(func(o object) object { return o.with("roles", manyStrings(256)) }),
		"J65/odd roles": session(func(o object) object {
			return o.with("roles", []string{"a,b", "c d", "*", "stytch_admin2", "tutor", "tutor"})
		}),
		"J66/a claim named scope":  good.with("scope", "tutorial").json(),
		"J66/a claim named client": good.with("client_id", "x").json(),
		"white space":              " \n\t\r" + strings.ReplaceAll(good.json(), `,"`, " , \n\t\"") + "\n",
		"a new claim of Stytch's":  good.with("https://stytch.com/region", "eu").json(),
		"jti":                      good.with("jti", testUUID).json(),
	} {
		t.Run(name, func(t *testing.T) {
			token := sign(mainKey(), goodHeader, payload)
			for range 2 {
				s, err := verify(t, v, token)
				require.NoError(t, err)
				require.Equal(t, grimoireauth.MemberID(testMember), s.Member())
				require.Equal(t, grimoireauth.OrganizationID(testClass), s.Organization())
			}
		})
	}
	t.Run("J65/unknown roles grant nothing", func(t *testing.T) {
		s, err := verify(t, v, sign(mainKey(), goodHeader, session(func(o object) object { return o.with("roles", []string{"stytch_admin2", "Tutor", "tutor "}) })))
		require.NoError(t, err)
		require.Equal(t, grimoireauth.RoleNone, grimoireauth.DefaultRoleTable().Role(s.Roles()...))
	})
}

// TestCustomClaims: they come out as they went in, digits and all, and never with
// Stytch's own.
func TestCustomClaims(t *testing.T) {
	v := newVerifier(t)
	custom := `"big":9007199254740993,"negative zero":-0,"huge":1e308,"deep":{"a":[1,{"b":null}]},"escaped \u006eame":"\ud83d\ude00","":0,"jti":"x"`
	payload := inserted(goodClaims(time.Now()).without("tutorial").with("https://stytch.com/region", "eu").json(), "", custom)
	s, err := verify(t, v, sign(mainKey(), goodHeader, payload))
	require.NoError(t, err, "J47")
	var raw json.RawMessage
	require.NoError(t, s.CustomClaims(&raw))
	require.Equal(t, `{`+custom+`}`, string(raw))
	var decoded map[string]json.RawMessage
	require.NoError(t, s.CustomClaims(&decoded))
	require.Equal(t, "9007199254740993", string(decoded["big"]))
	require.Equal(t, `"\ud83d\ude00"`, string(decoded["escaped name"]))
	require.Len(t, decoded, 7)

	s, err = verify(t, v, sign(mainKey(), goodHeader, goodClaims(time.Now()).without("tutorial").json()))
	require.NoError(t, err)
	untouched := map[string]any{"x": 1}
	require.NoError(t, s.CustomClaims(&untouched))
	require.Equal(t, map[string]any{"x": 1}, untouched)
}

// TestCostOfHostileClaims (J45): a signed token of the worst shape costs little
// more than any other.
func TestCostOfHostileClaims(t *testing.T) {
	v := newVerifier(t, func(c *Config) { c.CacheSize = -1 })
	good := goodClaims(time.Now()).json()
	for name, payload := range map[string]string{
		"deep":    inserted(good, "", `"x":`+strings.Repeat("[", 5000)),
		"wide":    inserted(good, "", `"x":{`+manyMembers(250)+`},"y":{`+manyMembers(250)+`},"z":{`+manyMembers(250)+`}`),
		"escaped": inserted(good, "", `"x":"`+strings.Repeat(`\u0000`, 1500)+`"`),
		"roles":   strings.Replace(good, `"tutor"`, `"tutor"`+strings.Repeat(`,"tutor"`, 254), 1),
	} {
		token := grimoireauth.NewSecret(sign(mainKey(), goodHeader, payload))
		require.LessOrEqual(t, len(token.Reveal()), maxToken, name)
		bytes, allocs := allocated(20, func() { _, _ = v.Verify(t.Context(), token) })
		require.LessOrEqual(t, bytes, 6*maxToken, name)
		require.LessOrEqual(t, allocs, 300, name)
	}
}

func utf16Bytes(s string) (out []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		out = append(out, byte(c>>8), byte(c))
	}
	return out
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"n%d":0`, i)
	}
	return strings.Join(members, ",")
}

func manyStrings(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = "r" + strconv.Itoa(i)
	}
	return s
}

// valueOf returns the text of a member's value in the object after after.
func valueOf(t *testing.T, payload, after, name string) string {
	i := strings.Index(payload, after)
	i += strings.Index(payload[i:], `"`+name+`":`)
	require.Positive(t, i, name)
	decoder := json.NewDecoder(strings.NewReader(payload[i+len(name)+3:]))
	var raw json.RawMessage
	require.NoError(t, decoder.Decode(&raw), name)
	return string(raw)
}

func renamed(payload, after, name, other string) string {
	i := strings.Index(payload, after)
	return payload[:i] + strings.Replace(payload[i:], `"`+name+`":`, `"`+other+`":`, 1)
}

func escapedName(name string) string { return fmt.Sprintf(`\u%04x`, name[0]) + name[1:] }

// disguises are names that only folding makes equal to name.
func disguises(name string) []string {
	d := []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}
	if strings.Contains(name, "s") {
		d = append(d, strings.Replace(name, "s", "ſ", 1))
	}
	if strings.Contains(name, "k") {
		d = append(d, strings.Replace(name, "k", "\u212a", 1))
	}
	return d
}
