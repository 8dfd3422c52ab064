package replica

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzParseID: what is read is written in the same form.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "-", "0-0", "1700000000000-0", "9223372036854775807-9223372036854775807", "9223372036854775808-0", "+1-0", "01-0", "1-0-0", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			require.True(t, id.IsZero())
			return
		}
		again, err := ParseID(id.String())
		require.NoError(t, err)
		require.Equal(t, id, again)
		require.Equal(t, int64(id.Milliseconds), id.Time().UnixMilli())
		require.Negative(t, before(id).Compare(ID{id.Milliseconds, id.Sequence + 1}))
	})
}

// FuzzParse: whatever another program writes, a revocation names one thing, and its time is
// not in the future of its entry.
func FuzzParse(f *testing.F) {
	f.Add("1", "member", "member-test-1", "1700000000000-0", uint64(1700000000000), uint64(0))
	f.Add("1", "start", "", "", uint64(1), uint64(1))
	f.Add("2", "class", "\xff", "x", uint64(1<<63-1), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, v, kind, id, at string, milliseconds, sequence uint64) {
		milliseconds &= 1<<63 - 1
		e := Entry{ID{milliseconds, sequence}, map[string]string{fieldVersion: v, fieldKind: kind, fieldID: id, fieldAt: at}}
		k, first, err := parse(e)
		if err != nil {
			require.True(t, first.IsZero())
			require.Zero(t, k)
			return
		}
		require.Equal(t, version, v)
		require.LessOrEqual(t, first.Milliseconds, milliseconds+maxClockError)
		if k.kind == kindStart {
			require.Empty(t, k.id)
			return
		}
		require.Equal(t, key{kind, id}, k)
		require.True(t, utf8.ValidString(id) && id != "" && len(id) <= maxID)
		require.Equal(t, k, keyOf(k.revocation(first)))
		again, firstAgain, err := parse(Entry{e.ID, k.fields(first)})
		require.NoError(t, err)
		require.Equal(t, k, again)
		if !first.IsZero() {
			require.Equal(t, first, firstAgain)
		}
	})
}
