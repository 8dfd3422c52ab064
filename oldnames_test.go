package auth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// oldWords are words that only earlier names have, and what the present names say.
var oldWords = map[string]string{
	"strike": "backoff", "strikes": "backoff",
	"voucher": "fresh token", "vouchers": "fresh tokens",
	"cutoff": "revocation", "cutoffs": "revocations",
	"slide": "sliding", "slides": "sliding",
	"persona": "IdPUser", "personas": "IdPUsers",
	"standing": "revocation status, or membership",
	"carrier":  "credential source",
	"arrival":  "callback token", "arrivals": "callback tokens",
	"faculty": "fixture", "desk": "fixture",
	"judge": "verify, or check", "judges": "verifies, or checks", "judged": "verified, or checked",
	"weigh": "verify, or check", "weighs": "verifies, or checks",
	"gate": "limiter, or backoff", "gates": "limiters",
	"enrol": "enroll", "enrols": "enrolls", "enrolment": "enrollment", "enrolments": "enrollments",
}

// words splits an identifier where a capital begins a word: "AddIdPUser" is add, id, p, user.
func words(identifier string) []string {
	var out []string
	var word []rune
	letters := []rune(identifier)
	for i, r := range letters {
		begins := unicode.IsUpper(r) && (i > 0 && !unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if (begins || !unicode.IsLetter(r)) && len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = nil
		}
		if unicode.IsLetter(r) {
			word = append(word, r)
		}
	}
	return append(out, strings.ToLower(string(word)))
}

// oldNames returns the identifiers of a file in which an old word stands.
func oldNames(fset *token.FileSet, file *ast.File) []string {
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			for _, word := range words(id.Name) {
				if now, old := oldWords[word]; old {
					out = append(out, fset.Position(id.Pos()).String()+": "+id.Name+": the word is "+now)
				}
			}
		}
		return true
	})
	return out
}

// One thing has one word, in private names too.
func TestOldNamesAreGone(t *testing.T) {
	fset := token.NewFileSet()
	var found []string
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "internal/renames" || entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || path == "oldnames_test.go":
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err == nil {
			found = append(found, oldNames(fset, file)...)
		}
		return err
	}))
	require.Empty(t, found)

	t.Run("notices one", func(t *testing.T) {
		file, err := parser.ParseFile(fset, "wrong.go", "package wrong\n\nfunc addPersona() {}\n", 0)
		require.NoError(t, err)
		require.Equal(t, []string{"wrong.go:3:6: addPersona: the word is IdPUser"}, oldNames(fset, file))
	})
}
