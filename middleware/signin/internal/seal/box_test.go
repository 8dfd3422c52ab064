package seal

import (
	"strings"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/stretchr/testify/require"
)

func boxOf(t *testing.T, project, secret string) Box {
	t.Helper()
	marks, err := grimoireauth.NewSessionMarks(project, grimoireauth.NewSecret(secret))
	require.NoError(t, err)
	box, err := New(marks)
	require.NoError(t, err)
	return box
}

func TestP07_SealedForOneLabelAndOneSecret(t *testing.T) {
	one := boxOf(t, "project-test-1", "secret-test-1")
	text := grimoireauth.NewSecret("mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFAhT8ds245v7Q")
	sealed := one.Seal(text, "attempt 1")
	require.True(t, IsSealed(sealed.Reveal()))
	require.NotContains(t, sealed.Reveal(), text.Reveal()[:8])
	require.False(t, sealed.Equal(one.Seal(text, "attempt 1")), "the nonce is random")

	again := boxOf(t, "project-test-1", "secret-test-1") // another process
	got, ok := again.Open(sealed, "attempt 1")
	require.True(t, ok)
	require.True(t, got.Equal(text))

	for name, open := range map[string]func() (grimoireauth.Secret, bool){
		"another label": func() (grimoireauth.Secret, bool) { return one.Open(sealed, "attempt 2") },
		"another secret": func() (grimoireauth.Secret, bool) {
			return boxOf(t, "project-test-1", "secret-test-2").Open(sealed, "attempt 1")
		},
		"another project": func() (grimoireauth.Secret, bool) {
			return boxOf(t, "project-test-2", "secret-test-1").Open(sealed, "attempt 1")
		},
		"no secret":  func() (grimoireauth.Secret, bool) { return Box{}.Open(sealed, "attempt 1") },
		"nothing":    func() (grimoireauth.Secret, bool) { return one.Open(grimoireauth.Secret{}, "attempt 1") },
		"not sealed": func() (grimoireauth.Secret, bool) { return one.Open(text, "attempt 1") },
		"cut off": func() (grimoireauth.Secret, bool) {
			return one.Open(grimoireauth.NewSecret(sealed.Reveal()[:40]), "attempt 1")
		},
		"one bit": func() (grimoireauth.Secret, bool) {
			return one.Open(grimoireauth.NewSecret(flipped(sealed.Reveal())), "attempt 1")
		},
	} {
		got, ok := open()
		require.False(t, ok, name)
		require.True(t, got.IsZero(), name)
	}
	require.True(t, Box{}.Seal(text, "attempt 1").IsZero())
	require.True(t, one.Seal(grimoireauth.Secret{}, "attempt 1").IsZero())
}

// flipped changes a letter in the middle.
func flipped(text string) string {
	at := len(text) / 2
	with := "A"
	if strings.HasPrefix(text[at:], with) {
		with = "B"
	}
	return text[:at] + with + text[at+1:]
}

func FuzzOpen(f *testing.F) {
	marks, err := grimoireauth.NewSessionMarks("project-test-1", grimoireauth.NewSecret("secret-test-1"))
	require.NoError(f, err)
	box, err := New(marks)
	require.NoError(f, err)
	f.Add(box.Seal(grimoireauth.NewSecret("a session_token"), "label").Reveal(), "label")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, sealed, label string) {
		got, ok := box.Open(grimoireauth.NewSecret(sealed), label)
		require.Equal(t, ok, !got.IsZero())
		require.True(t, !ok || IsSealed(sealed))
	})
}
