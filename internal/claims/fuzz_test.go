package claims

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const goodHeader = `{"alg":"RS256","kid":"jwk-test-11111111-2222-4333-8444-555555555555","typ":"JWT"}`

const goodClaims = `{"aud":["project-test-1"],"exp":1750000300,"https://stytch.com/organization":{"organization_id":"organization-test-1","slug":"laws1100"},` +
	`"https://stytch.com/session":{"attributes":{"ip_address":"203.0.113.17","user_agent":"x"},"authentication_factors":[{"created_at":"2025-06-15T15:00:00Z",` +
	`"delivery_method":"email","email_factor":{"email_address":"student@example.edu","email_id":"email-test-1"},"last_authenticated_at":"2025-06-15T15:00:00Z","type":"magic_link"}],` +
	`"expires_at":"2025-06-15T16:00:00Z","id":"session-test-1","last_accessed_at":"2025-06-15T15:06:40Z","roles":["stytch_member","tutor"],"started_at":"2025-06-15T15:00:00Z"},` +
	`"iat":1750000000,"iss":"stytch.com/project-test-1","nbf":1750000000,"sub":"member-test-1","tutorial":"T3"}`

// odd are pieces that have confused JSON readers.
var odd = []string{
	"", "{}", "[]", "null", "{", `{"a"`, `{"a":`, `{"a":1,}`, `{"a":1}{"a":1}`, "\ufeff{}", `{"sub":"a","sub":"b"}`, `{"Sub":"a"}`, `{"\u0073ub":"a","sub":"b"}`,
	`{"ſub":"a"}`, `{"aud":[null]}`, `{"aud":["a","b"]}`, `{"aud":["a",""," ","a"]}`, `{"aud":["` + strings.Repeat(`a","`, 16) + `"]}`, `{"exp":1e3}`, `{"exp":"1"}`, `{"exp":1.5}`, `{"exp":-0}`, `{"x":"\ud83d\ude00"}`, `{"x":"\ud83d"}`, "{\"x\":\"\xff\"}", "{\"x\":\"\x00\"}",
	`{"x":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}`, `{"https://stytch.com/session":{"id":1}}`, `{"https://stytch.com/session":{"roles":[1]}}`, `{"https:\/\/stytch.com\/session":{}}`,
	` { "a" : [ 1 , 2.5e-3 , true , false , null ] } `, `{"":{"":{}}}`, `{"x":01}`, `{"x":1.}`, `{"x":.1}`, `{"x":+1}`, `{"x":0x1}`, `{"x":1_0}`, `{"x":1e309}`, `{"alg":"RS256","kid":"k","x":[1E400]}`, `{"x":'1'}`, "{\"x\":\u2028\"\"}",
}

// FuzzHeader: what the strict reader takes for a header means the same to
// encoding/json, and names no key, extension or encryption.
func FuzzHeader(f *testing.F) {
	f.Add([]byte(goodHeader))
	for _, s := range append(odd, strings.Replace(goodHeader, "RS256", "none", 1), strings.Replace(goodHeader, `"typ"`, `"crit":["exp"],"typ"`, 1), strings.Replace(goodHeader, "alg", "Alg", 1)) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		h, err := ReadHeader(header)
		if err != nil {
			return
		}
		var m map[string]any
		if err := json.Unmarshal(header, &m); err != nil {
			t.Fatalf("%q: accepted, but %v", header, err)
		}
		if m["alg"] != "RS256" || m["kid"] != h.KeyID || h.KeyID == "" || (m["typ"] != nil && m["typ"] != "JWT") {
			t.Fatalf("%q: read as %+v", header, h)
		}
		for name := range m {
			for _, n := range headerNames[3:] {
				if strings.EqualFold(name, string(n)) {
					t.Fatalf("%q: accepted with %q", header, name)
				}
			}
		}
		requireUnique(t, header)
	})
}

// FuzzClaims: what the strict reader takes for claims means the same to
// encoding/json, in every field.
func FuzzClaims(f *testing.F) {
	f.Add([]byte(goodClaims))
	for _, s := range odd {
		f.Add([]byte(s))
		f.Add([]byte(strings.Replace(goodClaims, `"tutorial":"T3"`, `"x":`+s, 1)))
		f.Add([]byte(goodClaims + s))
	}
	for i := 0; i < len(goodClaims); i += 31 {
		f.Add([]byte(goodClaims[:i]))
		f.Add([]byte(goodClaims[:i] + " " + goodClaims[i:]))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := Read(payload, nil)
		if err != nil {
			return
		}
		if !utf8.Valid(payload) {
			t.Fatalf("%q: accepted, and not UTF-8", payload)
		}
		requireUnique(t, payload)
		requireSameMeaning(t, payload, c)
		requireCustom(t, payload, c.Custom)
	})
}

// requireSameMeaning compares with what encoding/json makes of the same text.
func requireSameMeaning(t *testing.T, payload []byte, c Claims) {
	var want struct {
		Iss, Sub      string
		Aud           any
		Exp, Iat, Nbf *json.Number
		Session       *struct {
			ID      string
			Roles   []string
			Factors []struct {
				Type   string
				Method string `json:"delivery_method"`
			} `json:"authentication_factors"`
			Started *time.Time `json:"started_at"`
			Ends    *time.Time `json:"expires_at"`
		} `json:"https://stytch.com/session"`
		Organization *struct {
			ID   string `json:"organization_id"`
			Slug string
		} `json:"https://stytch.com/organization"`
	}
	if err := json.Unmarshal(payload, &want); err != nil {
		t.Fatalf("%q: accepted, but %v", payload, err)
	}
	same := string(c.Issuer) == want.Iss && string(c.Subject) == want.Sub
	switch aud := want.Aud.(type) {
	case nil:
		same = same && c.Audience == nil && c.MoreAudiences == nil
	case string:
		same = same && string(c.Audience) == aud && c.MoreAudiences == nil
	case []any:
		all := append([][]byte{c.Audience}, c.MoreAudiences...)
		same = same && len(aud) == len(all) && len(all) <= maxAudiences
		for i := 0; same && i < len(all); i++ {
			same = string(all[i]) == aud[i]
		}
	default:
		same = false
	}
	same = same && sameDate(c.Expires, want.Exp) && sameDate(c.IssuedAt, want.Iat) && sameDate(c.NotBefore, want.Nbf)
	same = same && c.HasSession == (want.Session != nil) && c.HasOrganization == (want.Organization != nil)
	if s := want.Session; same && s != nil {
		same = string(c.SessionID) == s.ID && strings.Join(c.Roles, "\x00") == strings.Join(s.Roles, "\x00") && len(c.Factors) == len(s.Factors)
		for i := range c.Factors {
			same = same && c.Factors[i].Type == s.Factors[i].Type && c.Factors[i].DeliveryMethod == s.Factors[i].Method
		}
		same = same && sameTime(c.StartedAt, s.Started) && sameTime(c.EndsAt, s.Ends)
	}
	if o := want.Organization; same && o != nil {
		same = string(c.OrganizationID) == o.ID && string(c.Slug) == o.Slug
	}
	if !same {
		t.Fatalf("%q: read as %+v, by encoding/json as %+v", payload, c, want)
	}
}

func sameDate(d Date, n *json.Number) bool {
	if n == nil || !d.Present {
		return (n == nil) == !d.Present
	}
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return false
	}
	floor := new(big.Int).Quo(r.Num(), r.Denom())
	return floor.IsInt64() && floor.Int64() == d.Seconds && r.IsInt() == !d.Fraction
}

func sameTime(t time.Time, want *time.Time) bool {
	if want == nil {
		return t.IsZero()
	}
	return t.Equal(*want)
}

// requireCustom checks that the custom claims are the members that are not
// Stytch's, with the values they had.
func requireCustom(t *testing.T, payload, custom []byte) {
	// golang-jwt reads every number as a float64.
	if err := json.Unmarshal(payload, new(map[string]any)); err != nil {
		t.Fatalf("%q: accepted, but %v", payload, err)
	}
	var all, got map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	for name := range all {
		if strings.HasPrefix(name, stytchPrefix) {
			delete(all, name)
		}
	}
	for _, name := range []string{"iss", "aud", "sub", "exp", "iat", "nbf"} {
		delete(all, name)
	}
	if len(custom) == 0 {
		if len(all) != 0 {
			t.Fatalf("%q: custom claims are missing", payload)
		}
		return
	}
	if err := json.Unmarshal(custom, &got); err != nil {
		t.Fatalf("%q: custom claims %q: %v", payload, custom, err)
	}
	if len(got) != len(all) {
		t.Fatalf("%q: custom claims %q", payload, custom)
	}
	for name, value := range all {
		if !bytes.Equal(got[name], value) {
			t.Fatalf("%q: custom claim %q is %q", payload, name, got[name])
		}
	}
}

// requireUnique checks with the tokens of encoding/json that no object repeats a
// name.
func requireUnique(t *testing.T, text []byte) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil for an array
		name  bool            // the next token is one
	}
	var levels []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		top := len(levels) - 1
		if top >= 0 && levels[top].name {
			if name, ok := token.(string); ok {
				if levels[top].names[name] {
					t.Fatalf("%q: accepted with %q twice", text, name)
				}
				levels[top].names[name] = true
				levels[top].name = false
				continue
			}
		} else if top >= 0 && levels[top].names != nil {
			levels[top].name = true
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{map[string]bool{}, true})
		case json.Delim('['):
			levels = append(levels, level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
	}
}
