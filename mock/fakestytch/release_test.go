package main

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The same sources, in another folder, are the same binary with the same checksum.
func TestReleaseIsReproducible(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the script is one of POSIX's shell")
	}
	const root = "../.."
	elsewhere := filepath.Join(t.TempDir(), "another folder")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || d.Name() == ".git":
			return nil
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		at, err := filepath.Rel(root, path)
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		to := filepath.Join(elsewhere, at)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		return os.WriteFile(to, content, info.Mode())
	}))
	target := runtime.GOOS + "/" + runtime.GOARCH
	name := "fakestytch-" + strings.ReplaceAll(target, "/", "-")
	built := make(map[string][]byte)
	for _, from := range []string{root, elsewhere} {
		out := t.TempDir()
		printed, err := exec.Command(filepath.Join(from, "mock", "fakestytch", "release.sh"), out, target).CombinedOutput()
		require.NoError(t, err, "%s", printed)
		for _, file := range []string{name, "SHA256SUMS"} {
			content, err := os.ReadFile(filepath.Join(out, file))
			require.NoError(t, err)
			if before, ok := built[file]; ok {
				require.True(t, bytes.Equal(before, content), "%s differs", file)
			}
			built[file] = content
		}
	}
	require.Regexp(t, `^[0-9a-f]{64}  `+name+`\n$`, string(built["SHA256SUMS"]))
	sources, err := filepath.Abs(root)
	require.NoError(t, err)
	require.NotContains(t, string(built[name]), sources, "where the sources were is not in it")
}

// The image has nothing that the binary could need besides: it builds as the file says, is
// static, and serves with the file's own flags.
func TestContainerfile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("images are for Linux")
	}
	file, err := os.ReadFile("Containerfile")
	require.NoError(t, err)
	build := regexp.MustCompile(`(?m)^RUN CGO_ENABLED=0 (go build .* -o) /fakestytch (\./mock/fakestytch)$`).FindSubmatch(file)
	require.NotNil(t, build)
	bin := filepath.Join(t.TempDir(), "fakestytch")
	command := exec.Command("sh", "-c", string(build[1])+" "+bin+" "+string(build[2]))
	command.Dir, command.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	printed, err := command.CombinedOutput()
	require.NoError(t, err, "%s", printed)
	binary, err := elf.Open(bin)
	require.NoError(t, err)
	defer func() { require.NoError(t, binary.Close()) }()
	for _, part := range binary.Progs {
		require.NotEqual(t, elf.PT_INTERP, part.Type, "it needs a loader that the image does not have")
	}
	for _, line := range []string{"\nFROM scratch\n", "\nCOPY --from=build /fakestytch /fakestytch\n", "\nUSER 65532:65532\n"} {
		require.Contains(t, string(file), line)
	}
	for name, arguments := range map[string]string{
		"ENTRYPOINT": `["/fakestytch", "-addr", "0.0.0.0:4010", "-dangerously-listen-to-other-machines"]`,
		"HEALTHCHECK --interval=5s --timeout=5s CMD": `["/fakestytch", "-health", "http://127.0.0.1:4010"]`,
	} {
		require.Contains(t, string(file), "\n"+name+" "+arguments+"\n")
		var flags []string
		for _, argument := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(arguments, -1)[1:] {
			flags = append(flags, argument[1])
		}
		_, err := readOptions(flags, os.Stderr)
		require.NoError(t, err)
	}
}
