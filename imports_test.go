package auth_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/promptgrimoire/auth"

// listed is what these tests read of a package that "go list" describes.
type listed struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T, flags ...string) map[string]listed {
	t.Helper()
	arguments := append([]string{"list", "-json=ImportPath,GoFiles,Imports,Deps"}, flags...)
	out, err := exec.Command("go", append(arguments, "./...")...).Output()
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
		"jwtlocal/stytchkeys":               {"grimoireauth", "jwtlocal"},
		"middleware":                        {"grimoireauth"},
		"middleware/signin":                 {"grimoireauth", "grimoireauth/stytchclient", "middleware"},
		"middleware/forwardauth":            {"grimoireauth", "middleware"},
		"middleware/webhook":                {"grimoireauth"},
		"middleware/signin/internal/cookie": {"grimoireauth"},
		"middleware/signin/internal/once":   {"grimoireauth"},
		"middleware/signin/internal/seal":   {"grimoireauth"},
		"mock":                              {"grimoireauth"},
		"mock/audit":                        {"grimoireauth", "mock"},
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
	t.Run("webhooks link the nouns only", func(t *testing.T) {
		nouns := append([]string{module + "/grimoireauth"}, all["grimoireauth"].Deps...)
		for _, path := range all["middleware/webhook"].Deps {
			require.True(t, slices.Contains(nouns, path) || isOurs(path) && !strings.HasPrefix(path, module), "middleware/webhook links %s", path)
		}
	})
	t.Run("golang-jwt, keyfunc and jwkset are used where design.md says", func(t *testing.T) {
		users := map[string][]string{
			"github.com/golang-jwt/jwt/v5":     {"jwtlocal", "jwtlocal/stytchkeys"},
			"github.com/MicahParks/keyfunc/v3": {"jwtlocal/stytchkeys"},
			"github.com/MicahParks/jwkset":     {"jwtlocal/internal/keys", "jwtlocal/stytchkeys"},
		}
		found := map[string][]string{}
		for name, p := range all {
			for _, path := range p.Imports {
				if users[path] != nil {
					found[path] = append(found[path], name)
				}
			}
		}
		for _, names := range found {
			slices.Sort(names)
		}
		require.Equal(t, users, found)
		require.NotContains(t, all["jwtlocal"].Deps, "github.com/MicahParks/keyfunc/v3", "a service that checks session_jwts only does not link it")
	})
	t.Run("no exported name but those of stytchkeys shows a type of theirs", func(t *testing.T) {
		theirs := regexp.MustCompile(`\b(jwt|keyfunc|jwkset)\.[A-Z]\w*`)
		for _, name := range []string{"grimoireauth", "grimoireauth/stytchclient", "jwtlocal", "middleware", "middleware/signin", "middleware/forwardauth", "mock"} {
			out, err := exec.Command("go", "doc", "-all", "./"+name).Output()
			require.NoError(t, err)
			require.Empty(t, theirs.FindAllString(string(out), -1), name)
		}
		out, err := exec.Command("go", "doc", "-all", "./jwtlocal/stytchkeys").Output()
		require.NoError(t, err)
		require.NotEmpty(t, theirs.FindAllString(string(out), -1), "this test finds such a type")
	})
	t.Run("the verifier and the guards link no SDK of Stytch", func(t *testing.T) {
		for _, name := range []string{"grimoireauth", "jwtlocal", "middleware", "middleware/forwardauth", "mock"} {
			for _, path := range all[name].Deps {
				require.NotContains(t, path, "stytch-go", name)
			}
		}
	})
	t.Run("no package but the client has more than 25 files", func(t *testing.T) {
		for name, p := range all {
			if name != "grimoireauth/stytchclient" {
				require.LessOrEqual(t, len(p.GoFiles), 25, "%s has too many files", name)
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
	t.Run("the log in memory is for tests", func(t *testing.T) {
		for name, p := range all {
			require.False(t, slices.Contains(p.Imports, module+"/internal/replica/logtest") && !strings.HasPrefix(name, "internal/world"), "%s imports it", name)
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

// mockRooms are the rooms of the mock below mock/internal, and what each may import of
// this module. A family of endpoints, api/<family>, may not import another one.
var mockRooms = map[string][]string{
	"wire":     {},
	"passhash": {},
	"state":    {"wire", "passhash"},
	"webhook":  {},
	"core":     {"state", "wire", "webhook"},
	"api/*":    {"core", "state", "wire", "passhash"},
	"api":      {"api/*", "core"},
	"control":  {"core", "state", "wire"},
}

// mockFaults returns the imports within mock/internal that run in a wrong direction.
func mockFaults(all map[string]listed) []string {
	const rooms = "mock/internal/"
	room := func(name string) string {
		name, inside := strings.CutPrefix(name, rooms)
		if _, family, ok := strings.Cut(name, "api/"); inside && ok && family != "" {
			return "api/*"
		}
		return name
	}
	var faults []string
	for name, p := range all {
		if !strings.HasPrefix(name, rooms) {
			continue
		}
		may, known := mockRooms[room(name)]
		if !known {
			faults = append(faults, name+" is no room of the mock")
		}
		for _, path := range p.Imports {
			path, ours := strings.CutPrefix(path, module+"/")
			if ours && !slices.Contains(may, room(path)) {
				faults = append(faults, name+" imports "+path)
			}
		}
	}
	slices.Sort(faults)
	return faults
}

func TestMockRooms(t *testing.T) {
	all := packages(t)
	require.Empty(t, mockFaults(all))
	for _, tt := range []struct{ file, imports, want string }{
		{"mock/internal/api/members/wrong.go", "mock/internal/api/rbac", "mock/internal/api/members imports mock/internal/api/rbac"},
		{"mock/internal/state/wrong.go", "mock/internal/core", "mock/internal/state imports mock/internal/core"},
		{"mock/internal/wire/wrong.go", "grimoireauth", "mock/internal/wire imports grimoireauth"},
	} {
		t.Run("notices that "+tt.want, func(t *testing.T) {
			dir := t.TempDir()
			source := filepath.Join(dir, "wrong.go")
			text := "package " + filepath.Base(filepath.Dir(tt.file)) + "\n\nimport _ \"" + module + "/" + tt.imports + "\"\n"
			require.NoError(t, os.WriteFile(source, []byte(text), 0o600))
			at, err := filepath.Abs(tt.file)
			require.NoError(t, err)
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{at: source}})
			require.NoError(t, err)
			list := filepath.Join(dir, "overlay.json")
			require.NoError(t, os.WriteFile(list, overlay, 0o600))
			require.Equal(t, []string{tt.want}, mockFaults(packages(t, "-e", "-overlay", list)))
		})
	}
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
		if name == "mock" || strings.HasPrefix(name, "mock/") || strings.HasPrefix(name, "examples/") || name == "internal/world" || name == "internal/world/replicas" || name == "internal/replica/logtest" {
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
		"golang.org/x/net v0.50.0",  // the list of public suffixes, in packages signin and mock only
		"golang.org/x/text v0.34.0", // letters and their accents (NFC), in classlist only
		"rsc.io/qr v0.2.0",
	}, direct, "a new line in go.mod needs a reason, and its exact version here")
}
