package webhook

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the parser reads, encoding/json reads too, and what it hands on is an id or a word.
func FuzzParse(f *testing.F) {
	catalogue, err := os.ReadFile("testdata/catalogue.txt")
	require.NoError(f, err)
	for sample := range strings.SplitSeq(string(catalogue), "\n\n") {
		_, body, _ := strings.Cut(sample, "\n")
		f.Add([]byte(body))
	}
	for _, body := range []string{
		"", "null", "[]", "{}", `{"id":`, `{"a":{"a":{"a":[]}}}`, `{"project_id":"project-test-1"} {}`,
		`{"Project_ID":"project-test-1","project_id":"project-live-1","object_type":"member","id":"member-1"}`,
		`{"project_id":"project-test-1","object_type":"saml_connection","saml_connection":{"organization_id":"organization-1"}}`,
		`{"project_id":"project-test-1","object_type":"member","id":"member-\u0000"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parse(body)
		if err != nil {
			require.Equal(t, message{}, m)
			return
		}
		var same map[string]any
		require.NoError(t, json.Unmarshal(body, &same))
		require.Equal(t, same["project_id"], m.project)
		for _, id := range []string{m.project, m.event, m.id, string(m.class)} {
			require.True(t, id == "" || isID(id, ""), "%q", id)
		}
		for _, w := range []string{m.source, m.object, m.action} {
			require.Empty(t, strings.Trim(w, "abcdefghijklmnopqrstuvwxyz_"))
		}
		if revocation, ok := m.revocation(); ok {
			require.True(t, (revocation.Member == "") != (revocation.Class == ""), "exactly one is named")
			require.True(t, revocation.Member == "" || string(revocation.Member) == same["id"])
		}
	})
}
