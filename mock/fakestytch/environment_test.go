package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server must not come to trust an in-memory Stytch by a variable that was left
// in its environment. Nothing of the mock reads any, and of the packages that run
// in production none does either.
func TestNoEnvironmentVariableTurnsItOn(t *testing.T) {
	const root = "../.."
	readers := []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Expand"}
	checked := 0
	for _, dir := range []string{"mock", "mock/fakestytch", "grimoireauth", "jwtlocal", "middleware", "middleware/signin"} {
		names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, names, "%s is gone: correct this list", dir)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			checked++
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if from, ok := s.X.(*ast.Ident); ok && (from.Name == "os" || from.Name == "syscall") {
						require.False(t, slices.Contains(readers, s.Sel.Name), "%s calls %s.%s", name, from.Name, s.Sel.Name)
					}
				}
				return true
			})
		}
	}
	require.Greater(t, checked, 50)
}
