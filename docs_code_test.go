package auth_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// from is what stands above a block of Go: the compiled file that has the same
// lines.
var from = regexp.MustCompile(`^<!-- from (\S+\.go) -->$`)

// A snippet that is not compiled is wrong after the next change and nobody
// notices. So each stands, line by line and but for the indentation, in a file
// that "go test" compiles.
func TestDocsSnippetsAreCompiled(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.language != "go" {
				continue
			}
			checked++
			source := from.FindStringSubmatch(b.before)
			if !isOK(t, source != nil, "%s:%d: no comment above it says which file this is from", p.file, b.line) {
				continue
			}
			text, err := os.ReadFile(source[1])
			if !isOK(t, err == nil, "%s:%d: %v", p.file, b.line, err) {
				continue
			}
			ignored := strings.Contains(string(text), "//go:build")
			isOK(t, !ignored && !strings.Contains("/"+source[1], "/testdata/"), "%s:%d: %s is not always compiled", p.file, b.line, source[1])
			isOK(t, strings.Contains(trimmed(strings.Split(string(text), "\n")), trimmed(b.lines)),
				"%s:%d: these lines are not in %s", p.file, b.line, source[1])
		}
	}
	require.Greater(t, checked, 10, "the pages show hardly any Go: is the pattern still right?")
}

// trimmed joins lines without their indentation. A line at either end is a whole
// one, so that the last line of a snippet cannot be the beginning of another.
func trimmed(lines []string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, line := range lines {
		b.WriteString(strings.TrimSpace(line))
		b.WriteByte('\n')
	}
	return b.String()
}

// commands are the programs that a page may ask for.
var commands = []string{"go", "cd", "git", "npm", "node", "curl", "export", ".ci/run"}

// What a page asks to type can be typed: the folders and packages are there.
func TestDocsCommandsExist(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.language != "sh" && b.language != "" {
				continue
			}
			here := "."
			for _, line := range b.lines {
				line, _, _ = strings.Cut(line, " #")
				for command := range strings.SplitSeq(line, "&&") {
					words := strings.Fields(command)
					if len(words) == 0 {
						continue
					}
					word := words[0]
					for strings.Contains(word, "=") && len(words) > 1 { // a variable for this command only
						words = words[1:]
						word = words[0]
					}
					known := slices.Contains(commands, word)
					if b.language == "" && !known {
						continue // what a command prints
					}
					checked++
					isOK(t, known, "%s:%d: %q is no command that a visitor has", p.file, b.line, word)
					if word == "cd" && len(words) == 2 {
						here = path.Join(here, words[1])
						if here == "auth" || strings.HasSuffix(here, "/auth") { // a fresh clone
							here = "."
						}
						isOK(t, isFolder(here), "%s:%d: there is no folder %s", p.file, b.line, here)
					}
					if word == ".ci/run" || word != "go" {
						continue
					}
					for _, arg := range words[2:] {
						if strings.HasPrefix(arg, "./") {
							folder := path.Join(here, strings.TrimSuffix(arg, "..."))
							isOK(t, isFolder(folder), "%s:%d: there is no package %s", p.file, b.line, arg)
							if words[1] == "run" {
								main, err := filepath.Glob(folder + "/*.go")
								isOK(t, err == nil && len(main) > 0, "%s:%d: %s is no program", p.file, b.line, arg)
							}
						}
					}
				}
			}
		}
	}
	require.Greater(t, checked, 5, "the pages ask to type hardly anything: is the pattern still right?")
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
