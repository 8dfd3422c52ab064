package redisrevocations

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestP02_AnotherLanguage: the example in Python reads what a process has revoked, and what
// it revokes is refused by every process.
func TestP02_AnotherLanguage(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("REQUIRE_REDIS") != "" {
			t.Fatal("python3 is missing, and REQUIRE_REDIS is set")
		}
		t.Skip("python3 is missing")
	}
	s := newService(t, 2)
	python := func(args ...string) string {
		t.Helper()
		args = append([]string{"../../examples/replicas/revocations.py", s.redis.Addr(), s.stytch.ProjectID()}, args...)
		out, err := exec.Command("python3", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	add := s.addClass("LAWS")
	here, there, in := add(false), add(false), add(false)
	s.all[0].must(order{Do: "revoke", JWT: here.credentials.JWT.Reveal(), Token: here.credentials.Token.Reveal()})
	lines := strings.Split(python("list"), "\n")
	require.Len(t, lines, 1)
	require.True(t, strings.HasPrefix(lines[0], "session "), lines[0])

	python("revoke", "member", string(there.id))
	s.stytch.SetRoles(there.id, "instructor")
	for _, p := range s.all {
		p.within(soon, 200, there.path+"/marks", there.credentials)
		require.Equal(t, 200, p.status(in.path+"/page", in.credentials))
	}
	// Into a Redis that is empty: it begins the stream as a process does.
	s.redis.Restart()
	python("revoke", "member", string(in.id))
	for _, p := range s.all {
		p.isInTouch()
		require.Equal(t, 200, p.status(in.path+"/page", in.credentials))
	}
	require.Contains(t, python("list"), string(in.id))
	require.Equal(t, "start", s.entries()[0].Values["kind"])
}
