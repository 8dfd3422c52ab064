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

// from matches the line above a block of Go, which names the compiled file with the same
// lines.
var from = regexp.MustCompile(`^<!-- from (\S+\.go) -->$`)

// Each snippet of Go is in a file that "go test" compiles, line by line and except for
// the indentation, so that a change of the API cannot make it wrong.
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

// configured matches the line above a block of a configuration or of another language,
// which names the file of an example, or of fakestytch, that has the same lines and that
// its tests use.
var configured = regexp.MustCompile(`^<!-- from ((?:examples|mock/fakestytch/testdata)/\S+) -->$`)

func TestDocsConfigurationsAreThoseOfExamples(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if !slices.Contains([]string{"nginx", "haproxy", "lua", "python"}, b.language) {
				continue
			}
			checked++
			source := configured.FindStringSubmatch(b.before)
			if !isOK(t, source != nil, "%s:%d: no comment above it says which file this is from", p.file, b.line) {
				continue
			}
			text, err := os.ReadFile(source[1])
			isOK(t, err == nil && strings.Contains(trimmed(strings.Split(string(text), "\n")), trimmed(b.lines)),
				"%s:%d: these lines are not in %s", p.file, b.line, source[1])
		}
	}
	require.Greater(t, checked, 3)
}

// trimmed joins lines without their indentation. It has a line break at both ends, so that
// the last line of a snippet does not match the beginning of a longer one.
func trimmed(lines []string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, line := range lines {
		b.WriteString(strings.TrimSpace(line))
		b.WriteByte('\n')
	}
	return b.String()
}

// commands are the programs that a page may ask its reader to run.
var commands = []string{"go", "cd", "git", "npm", "node", "curl", "export", ".ci/run"}

// The folders and packages in the commands of a page exist, in blocks and in the text.
func TestDocsCommandsExist(t *testing.T) {
	span := regexp.MustCompile("`(?:go|cd|npm) [^`\n]+`")
	checked := 0
	for _, p := range pages(t) {
		for _, found := range span.FindAllString(p.prose, -1) {
			here := "."
			checked += checkLine(t, p.file, strings.Trim(found, "`"), &here, false)
		}
		for _, b := range p.blocks {
			here := "."
			for _, line := range b.lines {
				switch b.language {
				case "sh":
					checked += checkLine(t, p.file, line, &here, true)
				case "": // commands and what they print
					checked += checkLine(t, p.file, line, &here, false)
				}
			}
		}
	}
	require.Greater(t, checked, 20, "the pages ask to type hardly anything: is the pattern still right?")
}

// checkLine checks the commands of a line, as typed in the folder here, which a "cd"
// changes. It returns their number. If a line has only commands, an unknown word is a
// fault.
func checkLine(t *testing.T, file, line string, here *string, only bool) (checked int) {
	t.Helper()
	line, _, _ = strings.Cut(line, " #")
	for command := range strings.SplitSeq(line, "&&") {
		words := strings.Fields(command)
		for len(words) > 1 && strings.Contains(words[0], "=") { // a variable for this command only
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		if !slices.Contains(commands, words[0]) {
			isOK(t, !only, "%s: %q is no command that a visitor has", file, words[0])
			continue
		}
		checked++
		switch {
		case words[0] == "cd" && len(words) == 2:
			*here = path.Join(*here, words[1])
			isOK(t, isFolder(*here), "%s: %s: there is no folder %s", file, line, *here)
		case words[0] == "go" && len(words) > 2:
			for _, arg := range words[2:] {
				folder := path.Join(*here, strings.TrimSuffix(arg, "..."))
				if arg != "." && !strings.HasPrefix(arg, "./") {
					continue
				}
				code, err := filepath.Glob(folder + "/*.go")
				isOK(t, err == nil && (len(code) > 0 || isFolder(folder) && words[1] != "run"), "%s: %s: there is no package %s", file, line, folder)
			}
		}
	}
	return checked
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
