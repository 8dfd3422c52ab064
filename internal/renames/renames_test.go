package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// all returns every row of the tables, as CHANGELOG.md writes it.
func all() []string {
	var rows []string
	for _, table := range []map[string]string{Names, Members, Chains} {
		for _, from := range slices.Sorted(maps.Keys(table)) {
			rows = append(rows, "- `"+from+"` → `"+table[from]+"`")
		}
	}
	return rows
}

func TestChangelogListsEveryRename(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	listed := regexp.MustCompile("(?m)^- `[^`]+` → `[^`]+`$").FindAllString(string(text), -1)
	require.ElementsMatch(t, all(), listed)
}

// A name that is old and new at once would be renamed again by the next run.
func TestRenamesAreIdempotent(t *testing.T) {
	for _, table := range []map[string]string{Names, Chains} {
		for from, to := range table {
			require.NotContains(t, table, to, "%s becomes %s, which is renamed, too", from, to)
		}
	}
	for member, to := range Members {
		at := strings.LastIndexByte(member, '.')
		require.NotContains(t, Members, member[:at+1]+to)
	}
}

// with adds rows to a table for one test.
func with(t *testing.T, table map[string]string, rows map[string]string) {
	t.Helper()
	before := maps.Clone(table)
	t.Cleanup(func() {
		clear(table)
		maps.Copy(table, before)
	})
	maps.Copy(table, rows)
}

func TestRewriteGo(t *testing.T) {
	with(t, Members, map[string]string{"grimoireauth/stytchclient.Config.OldField": "NewField"})
	with(t, Chains, map[string]string{".SignIn.OldWay": ".Discovery.NewWay"})
	const head = "package p\n\nimport (\n\t\"context\"\n\n"
	tests := map[string]struct{ before, want string }{
		"an assignment": {
			"package p\n\nimport (\n\t\"strings\"\n\n\t\"" + module + "grimoireauth\"\n)\n\nfunc f(c *grimoireauth.Config) { c.Cut = nil; strings.Cut(\"\", \"\") }\n",
			"package p\n\nimport (\n\t\"strings\"\n\n\t\"" + module + "grimoireauth/stytchclient\"\n)\n\nfunc f(c *stytchclient.Config) { c.OnRevoke = nil; strings.Cut(\"\", \"\") }\n",
		},
		"a name and its import": {
			head + "\t\"" + module + "grimoireauth\"\n)\n\nvar _ = grimoireauth.New\nvar _ context.Context\n",
			head + "\t\"" + module + "grimoireauth/stytchclient\"\n)\n\nvar _ = stytchclient.New\nvar _ context.Context\n",
		},
		"what stays": {
			head + "\t\"" + module + "grimoireauth\"\n)\n\nvar _ = grimoireauth.New\nvar _ grimoireauth.ClassID\nvar _ context.Context\n",
			head + "\t\"" + module + "grimoireauth\"\n\t\"" + module + "grimoireauth/stytchclient\"\n)\n\nvar _ = stytchclient.New\nvar _ grimoireauth.ClassID\nvar _ context.Context\n",
		},
		"one import without parentheses": {
			"package p\n\nimport \"" + module + "grimoireauth\"\n\nvar _ = grimoireauth.New\n",
			"package p\n\nimport \"" + module + "grimoireauth/stytchclient\"\n\nvar _ = stytchclient.New\n",
		},
		"another name for the import": {
			"package p\n\nimport ga \"" + module + "grimoireauth\"\n\nvar _ = ga.New\n",
			"package p\n\nimport \"" + module + "grimoireauth/stytchclient\"\n\nvar _ = stytchclient.New\n",
		},
		"a variable of that name": {
			"package p\n\nimport \"" + module + "grimoireauth\"\n\nvar _ grimoireauth.ClassID\n\nfunc f(grimoireauth struct{ New int }) int { return grimoireauth.New }\n",
			"",
		},
		"a comment": {
			"package p\n\nimport \"" + module + "grimoireauth\"\n\n// See grimoireauth.New.\nvar _ grimoireauth.ClassID\n",
			"package p\n\nimport \"" + module + "grimoireauth\"\n\n// See stytchclient.New.\nvar _ grimoireauth.ClassID\n",
		},
		"a field": {
			"package p\n\nimport \"" + module + "grimoireauth\"\n\nvar _ = grimoireauth.Config{OldField: 1, Secret: grimoireauth.NewSecret(\"\")}\n",
			"package p\n\nimport (\n\t\"" + module + "grimoireauth\"\n\t\"" + module + "grimoireauth/stytchclient\"\n)\n\nvar _ = stytchclient.Config{NewField: 1, Secret: grimoireauth.NewSecret(\"\")}\n",
		},
		"a chain": {
			"package p\n\nimport \"" + module + "grimoireauth\"\n\nfunc f(c *grimoireauth.Client) { c.SignIn.OldWay(c.SignIn) }\n",
			"package p\n\nimport \"" + module + "grimoireauth/stytchclient\"\n\nfunc f(c *stytchclient.Client) { c.Discovery.NewWay(c.SignIn) }\n",
		},
		"a comment of a file without imports": {"// Package p is like grimoireauth.Doctor.\npackage p\n", "// Package p is like doctor.Check.\npackage p\n"},
		"no package of this module":           {"package p\n\nvar grimoireauth struct{ New int }\nvar _ = grimoireauth.New\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.want == "" {
				test.want = test.before
			}
			got, err := rewriteGo([]byte(test.before))
			require.NoError(t, err)
			require.Equal(t, test.want, string(got))
			again, err := rewriteGo(got)
			require.NoError(t, err)
			require.Equal(t, string(got), string(again))
		})
	}
}

func TestRewriteMarkdown(t *testing.T) {
	with(t, Members, map[string]string{"grimoireauth/stytchclient.Config.OldField": "NewField"})
	with(t, Chains, map[string]string{".SignIn.OldWay": ".Discovery.NewWay"})
	before := strings.Join([]string{
		"Call `grimoireauth.New`, and `client.SignIn.OldWay`; `grimoireauth.Config.OldField` says more.",
		"```go", "client, err := grimoireauth.New(grimoireauth.Config{OldField: 1})", "```",
		"```go", "var x grimoireauth.ClassID", "", "func f() { client.SignIn.OldWay() }", "```",
		"```go", "client, err := grimoireauth.New(…)", "```",
		"```sh", "echo grimoireauth.New", "```", "",
	}, "\n")
	want := strings.Join([]string{
		"Call `stytchclient.New`, and `client.Discovery.NewWay`; `stytchclient.Config.NewField` says more.",
		"```go", "client, err := stytchclient.New(stytchclient.Config{NewField: 1})", "```",
		"```go", "var x grimoireauth.ClassID", "", "func f() { client.Discovery.NewWay() }", "```",
		"```go", "client, err := stytchclient.New(…)", "```",
		"```sh", "echo stytchclient.New", "```", "",
	}, "\n")
	got := rewriteMarkdown([]byte(before))
	require.Equal(t, want, string(got))
	require.Equal(t, want, string(rewriteMarkdown(got)))
}

func TestRewriteDir(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	code := write("a.go", "package p\n\nimport \""+module+"grimoireauth\"\n\nvar _ = grimoireauth.New\n")
	changes := write("CHANGELOG.md", "`grimoireauth.New`\n")
	require.NoError(t, rewriteDir(dir))
	text, err := os.ReadFile(code)
	require.NoError(t, err)
	require.Contains(t, string(text), "stytchclient.New")
	text, err = os.ReadFile(changes)
	require.NoError(t, err)
	require.Equal(t, "`grimoireauth.New`\n", string(text), "the changelog names what is old")
	write("broken.go", "package")
	require.Error(t, rewriteDir(dir))
}
