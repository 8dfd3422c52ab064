package cookie

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

type thing struct {
	name   string
	secret grimoireauth.Secret
	count  int64
	ends   time.Time
	part   part
}

type part struct {
	words    []string
	old, odd bool
}

var partFields = []Field[part]{
	Words(func(p *part) *[]string { return &p.words }),
	Flags(
		Flag[part]{"o", func(p *part) *bool { return &p.old }},
		Flag[part]{"d", func(p *part) *bool { return &p.odd }},
	),
}

var codec = Codec[thing]{
	Version: "1",
	Max:     200,
	Fields: slices.Concat([]Field[thing]{
		Text(func(v *thing) *string { return &v.name }),
		Secret(func(v *thing) *grimoireauth.Secret { return &v.secret }),
		Integer(func(v *thing) *int64 { return &v.count }),
		Time(func(v *thing) *time.Time { return &v.ends }),
	}, Within(func(v *thing) *part { return &v.part }, partFields)),
}

func TestCodec(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value thing
		want  string
	}{
		{"nothing", thing{}, "1:::0:::"},
		{"each kind of field", thing{
			name: "ü; a:b~c", secret: grimoireauth.NewSecret("s3cret="), count: -7, ends: time.Unix(1772442000, 0),
			part: part{words: []string{"sso", "password"}, old: true, odd: true},
		}, "1:%C3%BC%3B%20a%3Ab~c:s3cret=:-7:1772442000:sso~password:od"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			value := codec.Encode(tt.value)
			require.Equal(t, tt.want, value)
			got, ok := codec.Decode(value)
			require.True(t, ok)
			require.True(t, tt.value.secret.Equal(got.secret))
			got.secret = tt.value.secret
			require.Equal(t, tt.value, got)
			require.True(t, codec.Fits(tt.value))
			require.Equal(t, tt.name == "nothing", Empty(got.part, partFields))
		})
	}
	require.False(t, codec.Fits(thing{name: strings.Repeat("a", codec.Max)}))
}

func TestCodecRejects(t *testing.T) {
	for name, value := range map[string]string{
		"an empty value":                "",
		"another version":               "2:::0:::",
		"the version in other letters":  "%31:::0:::",
		"a field less":                  "1:::0::",
		"a field more":                  "1:::0::::",
		"an escape that is cut off":     "1:%4::0:::",
		"an escape in lower case":       "1:%c3%bc::0:::",
		"an escape without need":        "1:%41::0:::",
		"a byte that has to be escaped": "1:a b::0:::",
		"a number in another form":      "1:::+7:::",
		"no number":                     "1:::x:::",
		"a time in another form":        "1:::0:01:::"[:9] + "::",
		"the zero time":                 "1:::0:-62135596800::",
		"flags in another order":        "1:::0:::do",
		"a flag twice":                  "1:::0:::oo",
		"an unknown flag":               "1:::0:::x",
		"a value that is too long":      "1:" + strings.Repeat("a", 200) + "::0:::",
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := codec.Decode(value)
			require.False(t, ok, value)
			require.Equal(t, thing{}, got)
		})
	}
}

// FuzzCodec: each list of fields has one spelling, and a value that is read is written
// in the same way again.
func FuzzCodec(f *testing.F) {
	f.Add("a", "", "1:::0:::")
	f.Add("%:;", "ü\n\x00", "1:%C3%BC:s:-7:1772442000:sso~password:od")
	f.Fuzz(func(t *testing.T, name, secret, value string) {
		want := thing{name: name, secret: grimoireauth.NewSecret(secret)}
		written := codec.Encode(want)
		got, ok := codec.Decode(written)
		if ok != codec.Fits(want) || ok && (got.name != name || got.secret.Reveal() != secret) {
			t.Errorf("%q and %q came back from %q as %q and %q", name, secret, written, got.name, got.secret.Reveal())
		}
		if strings.ContainsAny(written, "<>\"';, \r\n\\") {
			t.Errorf("%q holds what no cookie can", written)
		}
		if got, ok := codec.Decode(value); ok && codec.Encode(got) != value {
			t.Errorf("%q has a second spelling", value)
		}
	})
}
