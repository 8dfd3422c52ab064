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
	requireFits(t, out.String()+errs.String())
	return code, out.String(), errs.String()
}

// requireFits checks that no line is wider than a terminal. A path can be as long as it likes.
func requireFits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(text, "\t", "        ")) {
		if !strings.Contains(line, ".csv") {
			require.LessOrEqual(t, cells(strings.TrimSuffix(line, "\n")), screen, line)
		}
	}
}

// unwrapped is a text without its line breaks.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

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
		{"an import", "apply.txt", []string{"-apply"}, 12},
	} {
		t.Run(row.name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", row.golden))
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				code, stdout, stderr := start(t, env(), row.args...)
				require.Equal(t, exitDone, code, stderr)
				require.Equal(t, string(want), stdout)
				require.Contains(t, stdout, "\nTry next: go run ./examples/roster ")
				require.Equal(t, row.changed > 0, strings.Contains(stderr, "12 of 12\n"), stderr)
				require.NotContains(t, stderr, "@", "progress has no names")
			})
		})
	}
}

// The whole program, with a Stytch on a port and its credentials in the environment.
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
	require.Contains(t, stdout, "2     Ada Lovelace  ada@example.edu  is added as student\n")

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
	require.Contains(t, unwrapped(stderr), "file whole?", "half a file must not empty a class")
	code, stdout, stderr = start(t, getenv, append(args, "-most-removed", "1")...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "2 removed")

	args[3] = "organization-test-00000000-0000-4000-8000-000000000000"
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitWrong, code, "there is no such class")
	require.Contains(t, unwrapped(stderr), "nothing was changed")
	stop()
	code, _, stderr = start(t, getenv, args...)
	require.Equal(t, exitFailed, code, "the error is temporary")
	require.Contains(t, unwrapped(stderr), "cannot be reached")
}

// All faults are reported at once, and no call to Stytch is made.
func TestWrong(t *testing.T) {
	id, secret := []string{"STYTCH_PROJECT_ID", "project-test-00000000-0000-4000-8000-000000000000"}, []string{"STYTCH_SECRET", "secret-test-0"}
	bad := write(t, "Email,Role,Name\nada,Student,Ada\nbo@example.edu,Observer,Bo\ncy@example.edu,Student,Cy\ncy@example.edu,Student,Di\n")
	for _, row := range []struct {
		name string
		env  []string
		args []string
		want []string
	}{
		{"rows", nil, []string{"-apply", "-file", bad}, []string{`line 2, column "Email", "ada": `, "line 3, ", `"Observer"`, `line 5, column "Name", "Di": the same e-mail address as line 4`, "nothing was changed"}},
		{"a role above the importer's", nil, []string{"-as", "student"}, []string{"line 3, ", "line 6, ", "line 7, ", "student at most"}},
		{"no such file", nil, []string{"-file", "nowhere.csv"}, []string{"nowhere.csv"}},
		{"half of the credentials: no secret", id, nil, []string{"STYTCH_SECRET is not", "-class is missing", "-file is missing", "-as is missing"}},
		{"half of the credentials: no id", secret, nil, []string{"STYTCH_PROJECT_ID is not", "-class is missing"}},
		{"flags of the real Stytch", nil, []string{"-class", "x", "-stytch", "http://127.0.0.1:1", "-as", "boss", "-most-removed", "2"}, []string{"-class is for", "-stytch needs", `"boss" is no role`, "-most-removed is not"}},
		{"enrollments without people", nil, []string{"-enrollments", "x.csv", "-of", "1"}, []string{"-enrollments needs -file"}},
		{"a class without enrollments", nil, []string{"-of", "1"}, []string{"-of needs -enrollments"}},
		{"a column that is none", nil, []string{"-column", "Kurs=course"}, []string{"after the = stands email"}},
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
				require.Contains(t, unwrapped(stderr), unwrapped(want))
			}
		})
	}
	t.Run("asking for help is not wrong", func(t *testing.T) {
		code, _, stderr := start(t, env(), "-h")
		require.Equal(t, exitDone, code)
		require.Contains(t, stderr, "-apply")
	})
}

// The exports of the package's test data: the plan, the notes and the exit code.
func TestExports(t *testing.T) {
	file := func(name string) string {
		return filepath.Join("..", "..", "grimoireauth", "classlist", "testdata", name)
	}
	german := write(t, "Vorname,Nachname,E-Mail-Adresse,Rolle\nAda,Lovelace,ada@example.edu,Gast\nBo,Nilsson,bo@example.edu,\n")
	for _, row := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"Canvas's gradebook", []string{"-file", file("canvas-gradebook.csv")}, exitDone, []string{"note: line 8: passed over: the student", "LAWS1100 Fri, LAWS1100 Mon, LAWS1100 Wed", "4 new"}},
		{"Canvas's report", []string{"-file", file("canvas-users.csv"), "-enrollments", file("canvas-enrollments.csv"), "-of", "LAWS1100", "-pass-over", "observer"}, exitDone, []string{"passed over: the role", "groups MON, TUE", "3 new"}},
		{"which class?", []string{"-file", file("canvas-users.csv"), "-enrollments", file("canvas-enrollments.csv")}, exitWrong, []string{"has 2 classes", "LAWS2200"}},
		{"OneRoster without enrollments", []string{"-file", file("oneroster11-users.csv")}, exitWrong, []string{"together with enrollments.csv"}},
		{"another language", []string{"-file", german}, exitWrong, []string{`"Vorname, Nachname, E-Mail-Adresse, Rolle"`, "no column with the e-mail"}},
		{"another language, named", []string{"-file", german, "-column", "E-Mail-Adresse=email", "-column", "Vorname=first", "-column", "Nachname=last", "-column", "Rolle=role", "-pass-over", "gast"}, exitDone, []string{"passed over: the role \"Gast\"", "Bo Nilsson", "1 new"}},
		{"a file that is not there", []string{"-file", german, "-enrollments", "nowhere.csv"}, exitWrong, []string{"nowhere.csv"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := start(t, env(), row.args...)
			require.Equal(t, row.code, code, stderr)
			for _, want := range row.want {
				require.Contains(t, unwrapped(stdout+stderr), unwrapped(want))
			}
		})
	}
}
