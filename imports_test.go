package auth_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/promptgrimoire/auth"

// listed is what these tests read of a package that "go list" describes.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) map[string]listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...").Output()
	require.NoError(t, err)
	all := make(map[string]listed)
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[strings.TrimPrefix(p.ImportPath, module+"/")] = p
	}
}

// The packages meet through function types of grimoireauth, so that each can be
// used, and replaced, without the others.
func TestImportDirections(t *testing.T) {
	allowed := map[string][]string{
		"grimoireauth":                      {},
		"grimoireauth/stytchclient":         {"grimoireauth"},
		"grimoireauth/doctor":               {"grimoireauth", "grimoireauth/stytchclient"},
		"grimoireauth/affiliation":          {"grimoireauth"},
		"grimoireauth/classlist":            {"grimoireauth", "grimoireauth/stytchclient"},
		"jwtlocal":                          {"grimoireauth"},
		"jwtlocal/internal/keys":            {"grimoireauth"},
		"middleware":                        {"grimoireauth"},
		"middleware/signin":                 {"grimoireauth", "grimoireauth/stytchclient", "middleware"},
		"middleware/forwardauth":            {"grimoireauth", "middleware"},
		"middleware/signin/internal/cookie": {"grimoireauth"},
		"middleware/signin/internal/once":   {"grimoireauth"},
		"mock":                              {"grimoireauth"},
	}
	all := packages(t)
	for name, mayImport := range allowed {
		t.Run(name, func(t *testing.T) {
			p, ok := all[name]
			require.True(t, ok, "package %s is gone: correct this table", name)
			for _, path := range p.Imports {
				path, ours := strings.CutPrefix(path, module+"/")
				if !ours || strings.Contains("/"+path, "/internal/") {
					continue
				}
				require.Contains(t, mayImport, path, "%s must not import %s", name, path)
			}
		})
	}
	t.Run("mock shares no parser with the verifier", func(t *testing.T) {
		require.NotContains(t, all["mock"].Deps, module+"/internal/claims")
	})
	t.Run("only class lists link the tables of Unicode", func(t *testing.T) {
		for _, name := range []string{"grimoireauth", "jwtlocal", "middleware", "middleware/signin", "mock", "internal/text"} {
			require.NotContains(t, all[name].Deps, "golang.org/x/text/unicode/norm", name)
		}
	})
	t.Run("the nouns and the guards link no third-party package", func(t *testing.T) {
		for _, name := range []string{"grimoireauth", "middleware", "grimoireauth/affiliation"} {
			for _, path := range all[name].Deps {
				require.True(t, isOurs(path), "%s links %s", name, path)
			}
		}
	})
	t.Run("the verifier and the guards link no SDK of Stytch", func(t *testing.T) {
		for _, name := range []string{"grimoireauth", "jwtlocal", "middleware", "middleware/forwardauth", "mock"} {
			for _, path := range all[name].Deps {
				require.NotContains(t, path, "stytch-go", name)
			}
		}
	})
	t.Run("the world is for tests", func(t *testing.T) {
		for name, p := range all {
			for _, path := range p.Imports {
				require.False(t, strings.HasPrefix(path, module+"/internal/world") && name != "internal/world", "%s imports %s", name, path)
			}
		}
	})
	t.Run("the comparison with Stytch's description is for tests", func(t *testing.T) {
		for name, p := range all {
			require.NotContains(t, p.Deps, module+"/internal/contract", "%s links it", name)
		}
	})
	t.Run("no package imports an example", func(t *testing.T) {
		for name, p := range all {
			for _, path := range p.Imports {
				if strings.HasPrefix(path, module+"/examples/") {
					require.True(t, strings.HasPrefix(name, "examples/"), "%s imports %s", name, path)
				}
			}
		}
	})
}

// isOurs reports whether a package is of this module or of the standard library, with
// what that vendors.
func isOurs(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.HasPrefix(path, module+"/") || !strings.Contains(first, ".")
}

// A server that runs in production must not be able to link the in-memory
// Stytch, or the test server of net/http.
func TestProductionLinksNoMock(t *testing.T) {
	for name, p := range packages(t) {
		if name == "mock" || strings.HasPrefix(name, "mock/") || strings.HasPrefix(name, "examples/") || name == "internal/world" {
			continue
		}
		require.NotContains(t, p.Deps, module+"/mock", "%s links the mock", name)
		require.NotContains(t, p.Deps, "net/http/httptest", "%s links net/http/httptest", name)
	}
}

// An importer pays for every line of go.mod.
func TestDirectDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{if not (or .Main .Indirect)}}{{.Path}} {{.Version}}{{end}}", "all").Output()
	require.NoError(t, err)
	direct := slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
	require.Subset(t, []string{
		"github.com/MicahParks/jwkset v0.11.4",
		"github.com/MicahParks/keyfunc/v3 v3.9.1",
		"github.com/golang-jwt/jwt/v5 v5.3.1",
		"github.com/stretchr/testify v1.12.1",
		"github.com/stytchauth/stytch-go/v16 v16.41.0",
		"golang.org/x/crypto v0.48.0",
		"golang.org/x/net v0.50.0",  // the list of public suffixes, in package signin only
		"golang.org/x/text v0.34.0", // letters and their accents (NFC), in classlist only
		"rsc.io/qr v0.2.0",
	}, direct, "a new line in go.mod needs a reason, and its exact version here")
}
