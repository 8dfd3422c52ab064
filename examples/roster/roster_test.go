package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/promptgrimoire/auth/mock"
	"github.com/stretchr/testify/require"
)

// env is an environment with these variables and no others.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// start runs the program without a process.
func start(t *testing.T, getenv func(string) string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(t.Context(), args, getenv, &out, &errs)
	return code, out.String(), errs.String()
}

// write makes a class list.
func write(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "list.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDemonstration(t *testing.T) {
	for _, row := range []struct {
		name, golden string
		args         []string
		changed      int
	}{
		{"a dry run", "dryrun.txt", nil, 0},
		{"an import", "apply.txt", []string{"-apply"}, 11},
	} {
		t.Run(row.name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", row.golden))
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				code, stdout, stderr := start(t, env(), row.args...)
				require.Equal(t, exitDone, code, stderr)
				require.Equal(t, string(want), stdout)
				require.Equal(t, row.changed > 0, strings.Contains(stderr, "11 of 11\n"), stderr)
				require.NotContains(t, stderr, "@", "progress names nobody")
			})
		})
	}
}

// The whole way, with a Stytch on a port and its credentials in the environment.
func TestStytchElsewhere(t *testing.T) {
	stytch := new(mock.Stytch)
	url, stop := stytch.Start()
	defer stop()
	room := stytch.AddClass("LAWS1100")
	getenv := env("STYTCH_PROJECT_ID", stytch.ProjectID(), "STYTCH_SECRET", stytch.Secret().Reveal())
	args := []string{"-stytch", url, "-class", string(room.ID), "-as", "tutor", "-file", write(t, "Email,Name,Role\nada@example.edu,Ada Lovelace,Student\nbo@example.edu,Bo,TA\n")}

	code, stdout, stderr := start(t, getenv, args...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "To carry it out, add -apply.")
	require.Contains(t, stdout, "2     Ada Lovelace  ada@example.edu  student  is added\n")

	args[3] = room.Slug
	for _, want := range []string{"Done: 2.", "There is nothing to do."} {
		code, stdout, stderr = start(t, getenv, append(args, "-apply")...)
		require.Equal(t, exitDone, code, stderr)
		require.Contains(t, stdout, want)
		require.NotContains(t, stdout+stderr, stytch.Secret().Reveal())
	}

	args[7] = write(t, "Email\ncy@example.edu\n")
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitWrong, code, "two people of two are too many")
	require.Contains(t, stderr, "is the file whole?", "half a file must not empty a class")
	code, stdout, stderr = start(t, getenv, append(args, "-most-removed", "1")...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "2 removed")

	args[3] = "organization-test-00000000-0000-4000-8000-000000000000"
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitWrong, code, "there is no such class")
	require.Contains(t, stderr, "nothing was changed")
	stop()
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitFailed, code, "nobody could find out")
	require.Contains(t, stderr, "cannot be reached")
}

// Whatever is wrong is said at once, and Stytch is not asked.
func TestWrong(t *testing.T) {
	id, secret := []string{"STYTCH_PROJECT_ID", "project-test-00000000-0000-4000-8000-000000000000"}, []string{"STYTCH_SECRET", "secret-test-0"}
	bad := write(t, "Email,Role\nada,Student\nbo@example.edu,Observer\ncy@example.edu,Student\ncy@example.edu,Student\n")
	for _, row := range []struct {
		name string
		env  []string
		args []string
		want []string
	}{
		{"rows", nil, []string{"-apply", "-file", bad}, []string{"line 2: ", "line 3: ", `"Observer"`, "line 5: the same e-mail address as line 4", "nothing was changed"}},
		{"a role above the importer's", nil, []string{"-as", "student"}, []string{"line 3: ", "line 6: ", "line 7: ", "student at most"}},
		{"no such file", nil, []string{"-file", "nowhere.csv"}, []string{"nowhere.csv"}},
		{"half of the credentials: no secret", id, nil, []string{"STYTCH_SECRET is not", "-class is missing", "-file is missing", "-as is missing"}},
		{"half of the credentials: no id", secret, nil, []string{"STYTCH_PROJECT_ID is not", "-class is missing"}},
		{"flags of the real Stytch", nil, []string{"-class", "x", "-stytch", "http://127.0.0.1:1", "-as", "boss", "-most-removed", "2"}, []string{"-class is for", "-stytch needs", `"boss" is no role`, "-most-removed is not"}},
		{"no number", nil, []string{"-most-removed", "NaN"}, []string{"-most-removed is not"}},
		{"an unknown flag", nil, []string{"-aply"}, []string{"-aply", "-apply"}},
		{"a list without its flag", nil, []string{"list.csv"}, []string{"-file"}},
		{"credentials of no project", append([]string{"STYTCH_PROJECT_ID", "mine"}, secret...), []string{"-class", "x", "-file", bad, "-as", "tutor"}, []string{"ProjectID"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := start(t, env(row.env...), row.args...)
			require.Equal(t, exitWrong, code)
			require.Empty(t, stdout)
			for _, want := range row.want {
				require.Contains(t, stderr, want)
			}
		})
	}
	t.Run("asking for help is not wrong", func(t *testing.T) {
		code, _, stderr := start(t, env(), "-h")
		require.Equal(t, exitDone, code)
		require.Contains(t, stderr, "-apply")
	})
}
