package signin

import (
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

var someTime = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func someUnfinished(change func(*unfinished)) unfinished {
	u := unfinished{
		owed: owedFactor,
		intermediate: grimoireauth.Intermediate{
			Token: grimoireauth.NewSecret("SeiGwdj5lKkrEVgcEY3QNJXt6srxS3IK2Nwkar6mXD4="), ExpiresAt: someTime.Add(9 * time.Minute),
		},
		class:     "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931",
		slug:      "secure.systems~1",
		className: "Sichere Systeme: Übung \n",
		member:    "member-test-32fc5024-9c09-4da3-bd2e-c9ce4da9375f",
		methods:   []grimoireauth.SignInMethod{grimoireauth.MethodMagicLink, grimoireauth.MethodSSO},
		allowed:   []grimoireauth.SecondFactor{grimoireauth.SecondFactorSMS, grimoireauth.SecondFactorApp},
		enrolled:  []grimoireauth.SecondFactor{grimoireauth.SecondFactorApp},
		sent:      true,
	}
	if change != nil {
		change(&u)
	}
	return u
}

func TestUnfinishedCookie(t *testing.T) {
	for name, change := range map[string]func(*unfinished){
		"a second factor":  nil,
		"a primary factor": func(u *unfinished) { u.owed = owedPrimary },
		"all facts":        func(u *unfinished) { u.discovered, u.numbered, u.pending = true, true, true },
		"nothing besides":  func(u *unfinished) { u.slug, u.className, u.methods, u.allowed, u.enrolled = "", "", nil, nil, nil },
		"a class to choose": func(u *unfinished) {
			*u = unfinished{owed: owedClass, intermediate: u.intermediate, discovered: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := someUnfinished(change)
			got, ok := unfinishedOf(want.cookie(), someTime)
			require.True(t, ok)
			require.True(t, want.intermediate.Token.Equal(got.intermediate.Token))
			require.True(t, want.intermediate.ExpiresAt.Equal(got.intermediate.ExpiresAt))
			got.intermediate = want.intermediate
			require.Equal(t, want, got)
		})
	}
}

// L08: at most ten minutes, and nothing that is not exactly as it was written.
func TestL08_UnfinishedCookieThatIsNone(t *testing.T) {
	good := someUnfinished(nil).cookie()
	replaced := func(field int, value string) string {
		parts := strings.Split(good, ":")
		parts[field] = value
		return strings.Join(parts, ":")
	}
	for name, value := range map[string]string{
		"empty":                           "",
		"a session_jwt":                   "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtIn0.c2ln",
		"a session_token":                 "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q",
		"truncated":                       good[:len(good)-1],
		"one field less":                  good[:strings.LastIndex(good, ":")],
		"one field more":                  good + ":",
		"owes nothing":                    replaced(0, ""),
		"owes something else":             replaced(0, "session"),
		"a class to choose, and a class":  replaced(0, "class"),
		"time in another form":            replaced(1, "+1772443740"),
		"no time":                         replaced(1, ""),
		"over":                            someUnfinished(func(u *unfinished) { u.intermediate.ExpiresAt = someTime }).cookie(),
		"longer than ten minutes":         someUnfinished(func(u *unfinished) { u.intermediate.ExpiresAt = someTime.Add(11 * time.Minute) }).cookie(),
		"in the year 292277026596":        replaced(1, "9223372036854775807"),
		"no token":                        replaced(2, ""),
		"a token that is none":            replaced(2, "short"),
		"facts in another order":          replaced(3, "sd"),
		"an unknown fact":                 replaced(3, "sx"),
		"a fact twice":                    replaced(3, "ss"),
		"no class":                        replaced(4, ""),
		"a class of another form":         replaced(4, "secure-systems"),
		"a slug that is markup":           replaced(5, "<b>"),
		"no member":                       replaced(6, ""),
		"a member of another form":        replaced(6, "ada@example.edu"),
		"a method that is markup":         replaced(7, "<b>"),
		"an empty method":                 replaced(7, "sso~"),
		"twenty methods":                  replaced(7, strings.Repeat("sso~", 20)+"sso"),
		"an unknown second factor":        replaced(8, "email_otp"),
		"three second factors":            replaced(8, "totp~totp~totp"),
		"an unknown enrolled factor":      replaced(9, "password"),
		"a name that is no base64":        replaced(10, "=="),
		"a name in another base64":        replaced(10, "YR"),
		"a name that is too long":         someUnfinished(func(u *unfinished) { u.className = strings.Repeat("a", maxName+1) }).cookie(),
		"longer than a cookie":            good + strings.Repeat("A", 4000),
		"a line break":                    good + "\n",
		"a class to choose, undiscovered": someUnfinished(func(u *unfinished) { *u = unfinished{owed: owedClass, intermediate: u.intermediate} }).cookie(),
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := unfinishedOf(value, someTime)
			require.False(t, ok, value)
		})
	}
}

// Whatever Stytch says fits the cookie, or is left out where it only decorates.
func TestUnfinishedThatDoesNotFit(t *testing.T) {
	u := someUnfinished(func(u *unfinished) {
		u.slug = "no slug"
		u.className = strings.Repeat("ß", 300)
		u.methods = append(u.methods, "something; new")
		u.allowed = append(u.allowed, "passkey")
	}).fitted()
	got, ok := unfinishedOf(u.cookie(), someTime)
	require.True(t, ok)
	require.Empty(t, got.slug)
	require.Empty(t, got.className)
	require.Len(t, got.methods, 2)
	require.Len(t, got.allowed, 2)

	largest := someUnfinished(func(u *unfinished) {
		u.intermediate.Token = grimoireauth.NewSecret(strings.Repeat("a", 512))
		u.slug, u.className = strings.Repeat("a", 128), strings.Repeat("é", 256)
		u.methods = u.methods[:0:0]
		for range maxWords {
			u.methods = append(u.methods, grimoireauth.SignInMethod(strings.Repeat("m", 32)))
		}
	})
	_, ok = unfinishedOf(largest.cookie(), someTime)
	require.True(t, ok, "%d bytes", len(largest.cookie()))
}

func FuzzUnfinishedCookie(f *testing.F) {
	f.Add(someUnfinished(nil).cookie())
	f.Add(someUnfinished(func(u *unfinished) { u.owed = owedPrimary; u.pending = true }).cookie())
	f.Add(someUnfinished(func(u *unfinished) {
		*u = unfinished{owed: owedClass, intermediate: u.intermediate, discovered: true}
	}).cookie())
	f.Add("::::::::::")
	f.Fuzz(func(t *testing.T, value string) {
		u, ok := unfinishedOf(value, someTime)
		if !ok {
			return
		}
		if u.cookie() != value {
			t.Errorf("%q is read as %q", value, u.cookie())
		}
		if left := u.intermediate.ExpiresAt.Sub(someTime); left <= 0 || left > intermediateLife+clockSkew {
			t.Errorf("%q lasts %v", value, left)
		}
		if strings.ContainsAny(value, "<>\"';, \r\n\\") {
			t.Errorf("%q holds what no cookie of ours does", value)
		}
		if (u.owed == owedClass) != (u.class == "") || (u.class == "") != (u.member == "") {
			t.Errorf("%q is about half a person", value)
		}
	})
}
