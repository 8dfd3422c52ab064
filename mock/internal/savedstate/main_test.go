package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A field that was added to the store and not to the snapshot would be lost by
// the next restore.
func TestFileIsUpToDate(t *testing.T) {
	want, err := generate("../..", "store")
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("../..", file))
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "the store's types have changed: run go generate ./mock")
}

func TestGenerate(t *testing.T) {
	const head = "package mock\nimport (\"time\"; \"encoding/json\")\ntype root struct { "
	for _, tt := range []struct {
		name, source string
		wants        []string
		wantErr      string
	}{
		{"a plain field is kept as it is", head + "at time.Time; raw json.RawMessage }", []string{"At  time.Time", "At:  v.at"}, ""},
		{"a struct with hidden fields is converted", head + "x inner }\ntype inner struct { n int }", []string{"X savedInner", "s.inner(v.x)"}, ""},
		{"a struct that encoding/json understands is kept", head + "x Inner }\ntype Inner struct { N int }", []string{"X Inner", "X: v.x"}, ""},
		{"what is shared becomes a number", head + "x *inner }\ntype inner struct { up *root }", []string{"X int", "s.innerRef(v.x)", "l.rootRef(v.Up)"}, ""},
		{"a map by pointers becomes pairs", head + "x map[*inner]string }\ntype inner struct { n int }", []string{"[]pair[int, string]", "fromPairs(l.innerRef, unchanged[string])(v.X)"}, ""},
		{"names are looked through", head + "x names }\ntype names map[id][]*inner\ntype id string\ntype inner struct { n int }", []string{"map[id][]int", "func(v names) map[id][]int { return mapOf[id](listOf(s.innerRef))(v) }(v.x)"}, ""},
		{"an embedded struct keeps its name", head + "inner }\ntype inner struct { n int }", []string{"Inner savedInner", "s.inner(v.inner)"}, ""},
		{"a type that only writes JSON is refused", head + "at moment }\ntype moment time.Time\nfunc (moment) MarshalJSON() ([]byte, error) { return nil, nil }", nil, "root.at is a moment"},
		{"a function is refused", head + "f func() }", nil, "root.f is a"},
		{"an interface is refused", head + "f any }", nil, "root.f is a any"},
		{"a foreign type is refused", head + "f url.URL }", nil, "root.f is a url.URL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte(tt.source), 0o600))
			out, err := generate(dir, "root")
			if tt.wantErr != "" {
				require.ErrorContains(t, err, tt.wantErr)
				return
			}
			require.NoError(t, err)
			for _, want := range tt.wants {
				require.Contains(t, string(out), want)
			}
		})
	}
}
