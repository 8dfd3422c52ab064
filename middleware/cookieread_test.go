package middleware

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

var (
	plainCookies = cookiesOf(Config{PlantableCookieNames: true})
	hostCookies  = cookiesOf(Config{})
)

func TestReadCookies(t *testing.T) {
	ours := requestCredentials{jwt: "a.b-c_d.e", token: "dG9r_ZW4="}
	tests := []struct {
		name  string
		lines []string
		want  requestCredentials
		err   error
	}{
		{"none", nil, requestCredentials{}, nil},
		{"both", []string{"stytch_session=dG9r_ZW4=; stytch_session_jwt=a.b-c_d.e"}, ours, nil},
		{"among others", []string{"a=1; stytch_session_jwt=a.b-c_d.e; b=2; stytch_session=dG9r_ZW4=; c"}, ours, nil},
		{"without the space", []string{"stytch_session=dG9r_ZW4=;stytch_session_jwt=a.b-c_d.e"}, ours, nil},
		{"M19 split over two lines, as HTTP/2 may", []string{"stytch_session=dG9r_ZW4=", "stytch_session_jwt=a.b-c_d.e"}, ours, nil},
		{"cleared", []string{"stytch_session=; stytch_session_jwt="}, requestCredentials{}, nil},
		{"M01 same value twice", []string{"stytch_session=dG9r_ZW4=; stytch_session=dG9r_ZW4=; stytch_session_jwt=a.b-c_d.e"}, ours, nil},
		{"M01 two tokens", []string{"stytch_session=evil; stytch_session=dG9r_ZW4="}, requestCredentials{}, errTwoValues},
		{"M01 two tokens on two lines", []string{"stytch_session=dG9r_ZW4=", "stytch_session=evil"}, requestCredentials{}, errTwoValues},
		{"M01 two JWTs", []string{"stytch_session_jwt=a.b.c; x=1; stytch_session_jwt=a.b.d"}, requestCredentials{}, errTwoValues},
		{"M01 an empty one planted first", []string{"stytch_session=; stytch_session=dG9r_ZW4="}, requestCredentials{}, errTwoValues},
		{"M01 an empty one planted last", []string{"stytch_session=dG9r_ZW4=; stytch_session="}, requestCredentials{}, errTwoValues},
		{"C02 named", []string{"stytch_session=dG9r_ZW4=~session-test-1; stytch_session_jwt=a.b.c"}, requestCredentials{token: "dG9r_ZW4=", session: "session-test-1", jwt: "a.b.c"}, nil},
		{"C02 a session_jwt that is alone", []string{"stytch_session_jwt=a.b.c"}, requestCredentials{}, nil},
		{"C02 a session_jwt beside a deleted token", []string{"stytch_session=; stytch_session_jwt=a.b.c"}, requestCredentials{}, nil},
		{"C02 the mark of this session's end", []string{"stytch_session=tok~s1; stytch_session_jwt=ended~s1"}, requestCredentials{token: "tok", session: "s1", ended: true}, nil},
		{"C02 the mark of another session's end", []string{"stytch_session=tok~s2; stytch_session_jwt=ended~s1"}, requestCredentials{token: "tok", session: "s2"}, nil},
		{"C02 the mark beside a token without a name", []string{"stytch_session=tok; stytch_session_jwt=ended~s1"}, requestCredentials{token: "tok"}, nil},
		{"C02 the mark of no session", []string{"stytch_session=tok; stytch_session_jwt=ended~"}, requestCredentials{token: "tok"}, nil},
		{"C02 two names", []string{"stytch_session=tok~s1~s2"}, requestCredentials{}, errBadValue},
		{"X01 a mark", []string{"stytch_session=tok~s1~abcdefghijklmno-_12345; stytch_session_jwt=a.b.c"}, requestCredentials{token: "tok", session: "s1", mark: "abcdefghijklmno-_12345", jwt: "a.b.c"}, nil},
		{"X01 a mark of another length", []string{"stytch_session=tok~s1~" + strings.Repeat("m", 64)}, requestCredentials{token: "tok", session: "s1", mark: strings.Repeat("m", 64)}, nil},
		{"X01 too long a mark", []string{"stytch_session=tok~s1~" + strings.Repeat("m", 65)}, requestCredentials{}, errBadValue},
		{"X01 no mark after the sign", []string{"stytch_session=tok~s1~"}, requestCredentials{}, errBadValue},
		{"X01 two marks", []string{"stytch_session=tok~s1~abcdefghijklmnopqrstuv~abcdefghijklmnopqrstuv"}, requestCredentials{}, errBadValue},
		{"X01 letters that no mark has are those of an unknown mark", []string{"stytch_session=tok~s1~abcdefghijklmnopqrstu="}, requestCredentials{token: "tok", session: "s1", mark: "abcdefghijklmnopqrstu="}, nil},
		{"X01 a mark without a name", []string{"stytch_session=tok~~abcdefghijklmnopqrstuv"}, requestCredentials{}, errBadValue},
		{"X01 one token with two marks", []string{"stytch_session=tok~s1~abcdefghijklmnopqrstuv; stytch_session=tok~s1~abcdefghijklmnopqrstuw"}, requestCredentials{}, errTwoValues},
		{"C02 no name after the sign", []string{"stytch_session=tok~"}, requestCredentials{}, errBadValue},
		{"C02 no token before the sign", []string{"stytch_session=~s1"}, requestCredentials{}, errBadValue},
		{"C02 one token with two names", []string{"stytch_session=tok~s1; stytch_session=tok~s2"}, requestCredentials{}, errTwoValues},
		{"M04 quoted", []string{`stytch_session="dG9r_ZW4="`}, requestCredentials{}, errBadValue},
		{"M04 space inside", []string{"stytch_session=dG9r ZW4="}, requestCredentials{}, errBadValue},
		{"M04 space after", []string{"stytch_session=dG9r_ZW4= ; a=b"}, requestCredentials{}, errBadValue},
		{"M04 comma", []string{"stytch_session=a,b"}, requestCredentials{}, errBadValue},
		{"M04 NUL", []string{"stytch_session=a\x00b"}, requestCredentials{}, errBadValue},
		{"M04 plus and slash", []string{"stytch_session=a+b/c"}, requestCredentials{}, errBadValue},
		{"J02 too long a JWT", []string{"stytch_session=tok; stytch_session_jwt=" + strings.Repeat("a", maxJWT+1)}, requestCredentials{}, errBadValue},
		{"J02 too long a token", []string{"stytch_session=" + strings.Repeat("a", maxToken+1)}, requestCredentials{}, errBadValue},
		{"M03 tab before the name", []string{"\tstytch_session=x; a=1;\tstytch_session=x"}, requestCredentials{}, nil},
		{"M03 wide spaces before the name", []string{"\u2000stytch_session=x; \u00a0stytch_session=x; \x85stytch_session=x"}, requestCredentials{}, nil},
		{"M03 another case", []string{"STYTCH_SESSION=x; Stytch_session=x"}, requestCredentials{}, nil},
		{"M03 name of nothing", []string{"=stytch_session=x"}, requestCredentials{}, nil},
		{"M03 in brackets", []string{"a[stytch_session]=x; stytch_session[]=x"}, requestCredentials{}, nil},
		{"M03 longer and shorter names", []string{"stytch_session_jwt2=x; stytch_sessio=x; xstytch_session=x; stytch_session =x"}, requestCredentials{}, nil},
		{"M03 without a value", []string{"stytch_session; stytch_session_jwt"}, requestCredentials{}, nil},
		{"M03 $Version sandwich", []string{"$Version=1; stytch_session=dG9r_ZW4=; $Path=/; stytch_session_jwt=a.b-c_d.e"}, ours, nil},
		{"M06 behind three thousand planted ones", []string{strings.Repeat("a=1; ", 3001) + "stytch_session=dG9r_ZW4=; stytch_session_jwt=a.b-c_d.e"}, ours, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got requestCredentials
			err := plainCookies.read(tt.lines, &got)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.err, err)
			if err != nil {
				require.ErrorIs(t, err, grimoireauth.ErrUnauthenticated)
				require.NotErrorIs(t, err, grimoireauth.ErrNoCredentials, "bad is not none")
			}
		})
	}
}

func TestReadHostPrefixedCookies(t *testing.T) {
	var got requestCredentials
	err := hostCookies.read([]string{"stytch_session=planted; __host-stytch_session=planted; \u2000__Host-stytch_session=planted; __Host-stytch_session=ours"}, &got)
	require.NoError(t, err)
	require.Equal(t, requestCredentials{token: "ours"}, got)
}

// FuzzReadCookies holds the scanner against a plain reading of RFC 6265, 4.2.1.
func FuzzReadCookies(f *testing.F) {
	f.Add("stytch_session=dG9r; stytch_session_jwt=a.b.c", "")
	f.Add("a=1;stytch_session=x;  stytch_session=y", "stytch_session=x")
	f.Add(`stytch_session="x"; =stytch_session=1;;; ;`, "\tstytch_session=z")
	f.Fuzz(func(t *testing.T, first, second string) {
		var got requestCredentials
		err := plainCookies.read([]string{first, second}, &got)
		values := map[string][]string{}
		for pair := range strings.SplitSeq(first+";"+second, ";") {
			if name, value, ok := strings.Cut(strings.TrimLeft(pair, " "), "="); ok {
				values[name] = append(values[name], value)
			}
		}
		for name, value := range map[string]string{"stytch_session": written(got), "stytch_session_jwt": got.jwt} {
			if name == "stytch_session_jwt" && (got.token == "" || got.ended || got.jwt == "") {
				continue // alone, or a mark
			}
			all := values[name]
			for _, v := range all {
				if v != all[0] && err == nil {
					t.Fatalf("accepted two values of %s: %q", name, all)
				}
			}
			if err == nil && len(all) > 0 && value != all[0] {
				t.Fatalf("%s is %q, read %q", name, all[0], value)
			}
			if err == nil && len(all) == 0 && value != "" {
				t.Fatalf("read a %s that is not there: %q", name, value)
			}
			if strings.Trim(strings.Replace(value, cookieSeparator, "", 1), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.=") != "" {
				t.Fatalf("accepted %q", value)
			}
		}
		if err != nil && got != (requestCredentials{}) {
			t.Fatalf("an error and %v", got)
		}
		// What we accept, net/http finds as well.
		r := &http.Request{Header: http.Header{"Cookie": {first, second}}}
		found := r.CookiesNamed("stytch_session")
		if err == nil && got.token != "" && len(found) > 0 && !slices.ContainsFunc(found, func(c *http.Cookie) bool { return c.Value == written(got) }) {
			t.Fatalf("net/http reads %v, we read %q", found, got.token)
		}
	})
}

// written is the value of the session_token's cookie.
func written(rc requestCredentials) string {
	if rc.session == "" {
		return rc.token
	}
	return tokenValue(rc.token, grimoireauth.SessionID(rc.session))
}
