package stytchclient_test

import (
	"fmt"
	"testing"

	"github.com/promptgrimoire/auth/grimoireauth"
	"github.com/promptgrimoire/auth/grimoireauth/stytchclient"
	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// marksOf returns the marks of a project.
func marksOf(t testing.TB, project, secret string) grimoireauth.SessionMarks {
	client, err := stytchclient.New(stytchclient.Config{ProjectID: project, Secret: grimoireauth.NewSecret(secret)})
	require.NoError(t, err)
	return client.SessionMarks()
}

func TestX01_MarksAreOfOneTokenSessionAndProject(t *testing.T) {
	stytch := new(mock.Stytch)
	project, secret := stytch.ProjectID(), stytch.Secret().Reveal()
	marks := marksOf(t, project, secret)
	token := grimoireauth.NewSecret("token")
	mark := marks.Mark(token, "session")
	require.Len(t, mark, 22)
	require.True(t, marks.Recognise(mark, token, "session"))
	require.True(t, marksOf(t, project, secret).Recognise(mark, token, "session"), "another process of the deployment")

	require.False(t, marks.Recognise(mark, token, "session2"))
	require.False(t, marks.Recognise(mark, grimoireauth.NewSecret("token2"), "session"))
	require.False(t, marks.Recognise(mark, grimoireauth.NewSecret("tokens"), "ession"), "where the token ends is part of it")
	require.False(t, marks.Recognise(mark[:21]+"!", token, "session"))
	require.False(t, marks.Recognise(mark[:21], token, "session"))
	require.False(t, marks.Recognise("", token, "session"))
	require.False(t, marks.Recognise("", grimoireauth.Secret{}, ""))
	rotated := secret[:len(secret)-1] + "A"
	if rotated == secret {
		rotated = secret[:len(secret)-1] + "B"
	}
	require.False(t, marksOf(t, project, rotated).Recognise(mark, token, "session"), "after a rotation of the secret")

	var zero grimoireauth.SessionMarks
	require.True(t, zero.IsZero())
	require.Empty(t, zero.Mark(token, "session"))
	require.False(t, zero.Recognise("", token, "session"))
	require.False(t, zero.Recognise(mark, token, "session"))

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb, marks), secret)
		require.NotContains(t, fmt.Sprintf(verb, struct{ m grimoireauth.SessionMarks }{marks}), secret)
	}
}

func BenchmarkSessionMarks(b *testing.B) {
	stytch := new(mock.Stytch)
	marks := marksOf(b, stytch.ProjectID(), stytch.Secret().Reveal())
	token := grimoireauth.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	mark := marks.Mark(token, "session-test-00000000-0000-0000-0000-000000000000")
	b.ReportAllocs()
	for b.Loop() {
		marks.Recognise(mark, token, "session-test-00000000-0000-0000-0000-000000000000")
	}
}
