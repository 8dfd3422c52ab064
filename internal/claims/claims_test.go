package claims

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRead: the claims of a token as Stytch writes it.
func TestRead(t *testing.T) {
	c, err := Read([]byte(goodClaims), nil)
	require.NoError(t, err)
	at := time.Date(2025, 6, 15, 15, 0, 0, 0, time.UTC)
	require.Equal(t, Claims{
		Issuer: []byte("stytch.com/project-test-1"), Audience: []byte("project-test-1"), Subject: []byte("member-test-1"),
		Expires: Date{Seconds: 1750000300, Present: true}, IssuedAt: Date{Seconds: 1750000000, Present: true}, NotBefore: Date{Seconds: 1750000000, Present: true},
		HasSession: true, SessionID: []byte("session-test-1"), Roles: []string{"stytch_member", "tutor"},
		Factors:   []Factor{{Type: "magic_link", DeliveryMethod: "email", LastAuthenticatedAt: at}},
		StartedAt: at, AccessedAt: at.Add(400 * time.Second), EndsAt: at.Add(time.Hour),
		HasOrganization: true, OrganizationID: []byte("organization-test-1"), Slug: []byte("laws1100"),
		Custom: []byte(`{"tutorial":"T3"}`),
	}, c)
}

// TestAudiences: aud is one text, or a list of one to sixteen, in its order.
func TestAudiences(t *testing.T) {
	for text, want := range map[string][]string{
		`"a"`:            {"a"},
		`["a"]`:          {"a"},
		`["b", "a"]`:     {"b", "a"},
		`["a","","a"]`:   {"a", "", "a"},
		`["\u0061","/"]`: {"a", "/"},
		`["` + strings.Repeat(`a","`, 15) + `b"]`: append(strings.Split(strings.Repeat("a", 15), ""), "b"),
	} {
		c, err := Read([]byte(`{"aud":`+text+`,"sub":"s"}`), nil)
		require.NoError(t, err, text)
		got := []string{string(c.Audience)}
		for _, more := range c.MoreAudiences {
			got = append(got, string(more))
		}
		require.Equal(t, want, got, text)
		require.Equal(t, "s", string(c.Subject))
		if len(want) == 1 {
			require.Nil(t, c.MoreAudiences, "the usual case allocates nothing")
		}
	}
}

// TestFaults: each fault has its own error, and none quotes the text.
func TestFaults(t *testing.T) {
	for text, want := range map[string]error{
		``: ErrShape, `null`: ErrShape, `[]`: ErrShape, `"x"`: ErrShape, `1`: ErrShape,
		`{`: ErrSyntax, `{}x`: ErrSyntax, `{"a"}`: ErrSyntax, `{"a":}`: ErrSyntax, `{"a":1,}`: ErrSyntax, `{a:1}`: ErrSyntax, `{"a":1 "b":2}`: ErrSyntax,
		`{"a":[1,]}`: ErrSyntax, `{"a":[1 2]}`: ErrSyntax, `{"a":tru}`: ErrSyntax, `{"a":"\x"}`: ErrSyntax, "{\"a\":\"\t\"}": ErrSyntax, `{"a":"b`: ErrSyntax, `{"a":"b\`: ErrSyntax,
		`{"a":-}`: ErrSyntax, `{"a":1.}`: ErrSyntax, `{"a":1e}`: ErrSyntax, `{"a":1e+}`: ErrSyntax, `{"a":01}`: ErrSyntax, `{"a":.5}`: ErrSyntax, `{"a":--1}`: ErrSyntax,
		"{\"a\":\"\xff\"}": ErrSyntax, "\ufeff{}": ErrShape, "{}\x00": ErrSyntax, `{"a":"\ud800"}`: ErrSyntax, `{"a":"\ud800\u0041"}`: ErrSyntax, `{"a":"\udc00\ud800"}`: ErrSyntax, `{"a":"\u00g0"}`: ErrSyntax,
		`{"a":1,"a":2}`: ErrRepeated, `{"a":1,"\u0061":2}`: ErrRepeated, `{"x":{"a":1,"a":2}}`: ErrRepeated, `{"x":[{"a":1,"a":2}]}`: ErrRepeated, `{"\u0061":1,"\u0061":1}`: ErrRepeated,
		`{"SUB":"x"}`: ErrFolded, `{"ſub":"x"}`: ErrFolded, `{"https://stytch.com/Session":{}}`: ErrFolded,
		`{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`: ErrTooMuch,
		`{"sub":1}`: ErrShape, `{"exp":"1"}`: ErrShape, `{"exp":null}`: ErrShape, `{"aud":[]}`: ErrShape, `{"aud":["a",null]}`: ErrShape, `{"aud":{}}`: ErrShape,
		`{"aud":["` + strings.Repeat(`a","`, 16) + `a"]}`: ErrTooMuch, `{"aud":["` + strings.Repeat(`a","`, 16) + `a",1]}`: ErrTooMuch,
	} {
		_, err := Read([]byte(text), nil)
		require.True(t, errors.Is(err, want), "%q: want %v, got %v", text, want, err)
	}
}

// TestNamesFarApart: repeated names are found however many come between, also past
// the few that are kept in place, and siblings may share names.
func TestNamesFarApart(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`"n` + strings.Repeat("x", i) + `":{"inner":[{"a":1},{"a":1}]},`)
		}
		return b.String()
	}
	for _, n := range []int{0, 1, 38, 39, 40, 41, 100} {
		text := `{` + many(n) + `"last":1}`
		_, err := Read([]byte(text), nil)
		require.NoError(t, err, n)
		if n > 0 {
			_, err = Read([]byte(`{`+many(n)+`"n":1}`), nil)
			require.ErrorIs(t, err, ErrRepeated, n)
			_, err = Read([]byte(`{`+many(n)+`"n`+strings.Repeat("x", n-1)+`":1}`), nil)
			require.ErrorIs(t, err, ErrRepeated, n)
		}
		_, err = Read([]byte(`{`+many(n)+`"deep":{"a":1,"b":{"a":1},"a":2}}`), nil)
		require.ErrorIs(t, err, ErrRepeated, n)
	}
}

func TestDate(t *testing.T) {
	for text, want := range map[string]Date{
		"0":                         {0, false, true},
		"1750000000":                {1750000000, false, true},
		"4294967295":                {4294967295, false, true},
		"1750000000.0":              {1750000000, false, true},
		"1750000000.000000000000":   {1750000000, false, true},
		"1750000000.5":              {1750000000, true, true},
		"1750000000.00000000000001": {1750000000, true, true},
	} {
		r := NewReader([]byte(text), limits)
		require.Equal(t, want, r.Date(), text)
		require.NoError(t, r.End(), text)
	}
	for _, text := range []string{"4294967296", "9999999999", "12345678901", "-1", "-0", "1e9", "1E9", "1.5e1", `"1"`, "null", "true", "[1]", "01", "1.", "", "NaN"} {
		r := NewReader([]byte(text), limits)
		_ = r.Date()
		require.Error(t, r.End(), text)
	}
	require.EqualValues(t, 7, Date{Seconds: 7, Fraction: true}.Floor())
	require.EqualValues(t, 8, Date{Seconds: 7, Fraction: true}.Ceil())
	require.EqualValues(t, 7, Date{Seconds: 7}.Ceil())
}

func TestTimestamp(t *testing.T) {
	for text, want := range map[string]time.Time{
		`"2025-06-15T15:00:00Z"`:           time.Date(2025, 6, 15, 15, 0, 0, 0, time.UTC),
		`"2025-06-15T15:00:00.123456789Z"`: time.Date(2025, 6, 15, 15, 0, 0, 123456789, time.UTC),
		`"2025-06-15T15:00:00+10:30"`:      time.Date(2025, 6, 15, 4, 30, 0, 0, time.UTC),
		`null`:                             {},
	} {
		r := NewReader([]byte(text), limits)
		got := r.Timestamp()
		require.NoError(t, r.End(), text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`""`, `"now"`, `1`, `{}`, `"2025-06-15"`, `"2025-06-15 15:00:00Z"`, `"2025-06-15T15:00:00"`, `"2025-06-15T15:00Z"`, `"2025-06-15T1:00:00Z"`, `"2025-06-15T15:00:00,5Z"`,
		`"2025-06-15T24:00:00Z"`, `"2025-13-15T15:00:00Z"`, `"2025-06-15T15:00:00+24:00"`, `"2025-06-15T15:00:00+23:60"`, `"2025-06-15T15:00:00z"`} {
		r := NewReader([]byte(text), limits)
		require.True(t, r.Timestamp().IsZero(), text)
		require.Error(t, r.End(), text)
	}
}

func TestPrintable(t *testing.T) {
	for _, s := range []string{"", "tutor", "stytch_admin", "rôle", "学生", "a b,c*", "😀", "e\u0301"} {
		require.True(t, Printable([]byte(s)), "%q", s)
	}
	for _, s := range []string{"\x00", "a\tb", "a\nb", "\x7f", "\u0085", "\u200b", "\u200e", "\u202e", "\u2066", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ue000", "\u00ad", "\xff"} {
		require.False(t, Printable([]byte(s)), "%q", s)
	}
}

func TestKeyID(t *testing.T) {
	for _, s := range []string{"k", "jwk-test-1", strings.Repeat("k", 128), "!#~{}/+"} {
		require.True(t, KeyID([]byte(s)), s)
	}
	for _, s := range []string{"", strings.Repeat("k", 129), "a b", "a\tb", "a\"b", `a\b`, "é", "\x7f", "\x00"} {
		require.False(t, KeyID([]byte(s)), s)
	}
}

// TestReadHeaderMembers: a header has room for what Stytch may add, within reason.
func TestReadHeaderMembers(t *testing.T) {
	header := func(n int) []byte {
		more := ""
		for i := range n {
			more += `"` + strings.Repeat("x", i+1) + `":0,`
		}
		return []byte(`{` + more + `"alg":"RS256","kid":"k"}`)
	}
	h, err := ReadHeader(header(30))
	require.NoError(t, err)
	require.Equal(t, "k", h.KeyID)
	_, err = ReadHeader(header(31))
	require.ErrorIs(t, err, ErrTooMuch)
	_, err = ReadHeader([]byte(`{"alg":"RS256","kid":"k","x":{"y":[]}}`))
	require.ErrorIs(t, err, ErrTooMuch)
}

// TestPlain: every byte, at every place of a word and of the rest.
func TestPlain(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				text := bytes.Repeat([]byte("x"), length)
				text[at] = byte(c)
				require.Equal(t, c >= 0x20 && c != '\\', plain(text), "%q", text)
			}
		}
	}
	for _, neighbours := range []string{"\x20\x1f", "\x80\x1f", "\xff\\", "[]\\", "]]]]]]]]", "        ", "\x7f\x80\xff\x20!\"#[", "[][][][]", "\x21\x20\x20\x20\x20\x20\x20\x20"} {
		require.Equal(t, !strings.ContainsAny(neighbours, "\x1f\\"), plain([]byte(neighbours)), "%q", neighbours)
	}
}

// TestReaderSticks: after a fault nothing is read any more, and the first fault is
// the one that is told.
func TestReaderSticks(t *testing.T) {
	r := NewReader([]byte(`{"a":1`), limits)
	o := r.Object()
	_, ok := r.Next(&o)
	require.True(t, ok)
	require.Nil(t, r.Text())
	require.ErrorIs(t, r.Err(), ErrShape)
	_, ok = r.Next(&o)
	require.False(t, ok)
	require.Nil(t, r.Raw())
	require.Equal(t, Date{}, r.Date())
	require.True(t, r.Timestamp().IsZero())
	a := r.Array()
	require.False(t, r.More(&a))
	r.Fail(ErrTooMuch)
	require.ErrorIs(t, r.End(), ErrShape)
}

// TestRepeatedNamesOnRequest: a first look may let objects repeat names.
func TestRepeatedNamesOnRequest(t *testing.T) {
	r := NewReader([]byte(`{"a":{"b":1,"b":2}}`), Limits{Depth: 4, Members: 4, RepeatedNames: true})
	require.Equal(t, `{"a":{"b":1,"b":2}}`, string(r.Raw()))
	require.NoError(t, r.End())
}

// TestAllocations: reading a typical payload costs what is kept of it.
func TestAllocations(t *testing.T) {
	payload := []byte(goodClaims)
	share := func([]byte) string { return "" }
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := Read(payload, share); err != nil {
			t.Fatal(err)
		}
	}), 4.0)
}

func BenchmarkRead(b *testing.B) {
	payload := []byte(goodClaims)
	share := func([]byte) string { return "" }
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		if _, err := Read(payload, share); err != nil {
			b.Fatal(err)
		}
	}
}
