package auth_test

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nextVersion returns the version that CHANGELOG.md names first, which is the one that
// this checkout will be tagged with.
func nextVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("CHANGELOG.md")
	require.NoError(t, err)
	heading := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindSubmatch(text)
	require.NotNil(t, heading, "CHANGELOG.md has no heading of a version, such as: ## [0.1.0] - unreleased")
	return "v" + string(heading[1])
}

// importableModules returns the folders of the nested modules that others can import.
// Modules in internal/ and examples/ are not among them: they are never tagged.
func importableModules(t *testing.T) []string {
	t.Helper()
	var dirs []string
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "internal" || path == "examples" || entry.Name() == ".git"):
			return filepath.SkipDir
		case entry.Name() == "go.mod" && path != "go.mod":
			dirs = append(dirs, filepath.ToSlash(filepath.Dir(path)))
		}
		return nil
	}))
	return dirs
}

// publish writes a module of this checkout into the folder of a file proxy, in the
// form in which "go mod download" keeps modules.
// Source: https://go.dev/ref/mod#goproxy-protocol
func publish(t *testing.T, proxy, dir, path, version string) {
	t.Helper()
	base := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	require.NoError(t, os.MkdirAll(base, 0o755))
	write := func(name string, text []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(base, name), text, 0o644))
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	write("list", []byte(version+"\n"))
	write(version+".mod", mod)
	write(version+".info", []byte(fmt.Sprintf(`{"Version":%q,"Time":"2026-01-02T03:04:05Z"}`, version)))

	file, err := os.Create(filepath.Join(base, version+".zip"))
	require.NoError(t, err)
	defer file.Close()
	archive := zip.NewWriter(file)
	require.NoError(t, zipModule(archive, dir, path+"@"+version+"/"))
	require.NoError(t, archive.Close())
}

// zipModule adds the files of a module: regular files, without those of nested modules
// and of vendor folders. The go command refuses an archive with a file name that a
// module must not have.
// Source: https://go.dev/ref/mod#zip-files
func zipModule(archive *zip.Writer, dir, prefix string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			nested := err == nil && path != dir
			if name := entry.Name(); nested || slices.Contains([]string{".git", "vendor", "node_modules"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		to, err := archive.Create(prefix + filepath.ToSlash(name))
		if err != nil {
			return err
		}
		from, err := os.Open(path)
		if err != nil {
			return err
		}
		defer from.Close()
		_, err = io.Copy(to, from)
		return err
	})
}

// goIn runs the go command in a folder, with these additions to its environment.
func goIn(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	command := exec.Command("go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), env...)
	var problem strings.Builder
	command.Stderr = &problem
	out, err := command.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), problem.String())
	return strings.TrimSpace(string(out))
}

// A module outside of this repository gets each importable nested module by its path
// alone, and builds with every package of it. The nested go.mod has a "replace" for work
// in this checkout, which the go command ignores in a dependency, so what it requires
// has to be a version that is tagged.
func TestStrangersModule(t *testing.T) {
	version := nextVersion(t)
	proxy := t.TempDir()
	publish(t, proxy, ".", module, version)
	nested := importableModules(t)
	require.Contains(t, nested, "grimoireauth/classlist/xlsx")
	require.Contains(t, nested, "jwtlocal/redisrevocations")
	for _, dir := range nested {
		publish(t, proxy, dir, module+"/"+dir, version)
	}
	for _, dir := range nested {
		t.Run(dir, func(t *testing.T) {
			// This brings what the packages need from others into the module cache, if it is
			// not there, so that what follows needs no network.
			local := []string{"GOWORK=off", "GOFLAGS=-mod=readonly"}
			packages := goIn(t, dir, local, "list", "-deps", "-f", `{{if and .Module .Module.Main (ne .Name "main")}}{{.ImportPath}}{{end}}`, "./...")
			downloads := filepath.Join(goIn(t, ".", nil, "env", "GOMODCACHE"), "cache", "download")

			stranger := t.TempDir()
			env := []string{
				// A cache of its own keeps a version that is not released out of the machine's.
				"GOMODCACHE=" + filepath.Join(stranger, "cache"),
				"GOPROXY=" + fileURL(proxy) + "," + fileURL(downloads),
				"GOPRIVATE=", "GONOPROXY=none", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local",
				"GOFLAGS=-mod=mod -modcacherw -trimpath -buildvcs=false",
			}
			school := filepath.Join(stranger, "school")
			require.NoError(t, os.Mkdir(school, 0o755))
			goIn(t, school, env, "mod", "init", "example.edu/school")
			goIn(t, school, env, "get", module+"/"+dir)

			var program strings.Builder
			program.WriteString("package main\n\n")
			for path := range strings.FieldsSeq(packages) {
				if !strings.Contains(path+"/", "/internal/") {
					fmt.Fprintf(&program, "import _ %q\n", path)
				}
			}
			require.Contains(t, program.String(), "import _", "the module has nothing to import: it belongs into internal/ or examples/")
			program.WriteString("\nfunc main() {}\n")
			require.NoError(t, os.WriteFile(filepath.Join(school, "main.go"), []byte(program.String()), 0o644))
			goIn(t, school, env, "build", "-o", "school", ".")

			linked := goIn(t, school, env, "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", ".")
			modules := strings.Split(linked, "\n")
			require.Contains(t, modules, module+"/"+dir+" "+version)
			require.Contains(t, modules, module+" "+version)
		})
	}
}

func fileURL(dir string) string { return "file://" + filepath.ToSlash(dir) }
