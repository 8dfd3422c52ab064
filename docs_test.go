package auth_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// page is a Markdown file of this repository.
type page struct {
	file   string // slash-separated, from the root
	prose  string // the text without code blocks
	blocks []block
}

// block is one fenced block of code.
type block struct {
	language string
	before   string // the last line above that is not blank
	line     int    // of the opening fence, from 1
	lines    []string
}

// pages reads every Markdown file that a visitor can open.
func pages(t *testing.T) []page {
	t.Helper()
	var all []page
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			all = append(all, readPage(t, filepath.ToSlash(file), string(text)))
		}
	}
	require.Greater(t, len(all), 10, "the guides are gone")
	return all
}

func readPage(t *testing.T, file, text string) page {
	t.Helper()
	p := page{file: file}
	var prose []string
	var open *block
	last := ""
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &block{language: fence, before: last, line: i + 1}
		case isFence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.lines = append(open.lines, line)
		default:
			prose = append(prose, line)
			if strings.TrimSpace(line) != "" {
				last = strings.TrimSpace(line)
			}
		}
	}
	require.Nil(t, open, "%s: a block of code is never closed", file)
	p.prose = strings.Join(prose, "\n")
	return p
}

var link = regexp.MustCompile(`(!?)\[([^\]]*)\]\(([^)\s]+)\)`)

// hosts are the hosts to which the pages may link. To link to another one, add it here.
var hosts = []string{
	"stytch.com", "pkg.go.dev", "go.dev", "github.com", "keepachangelog.com", "semver.org",
	"www.rfc-editor.org", "datatracker.ietf.org", "www.npmjs.com",
}

// mostImage is the largest size of a picture, in bytes, so that pages load fast.
const mostImage = 120 << 10

func TestDocsLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	anchors := make(map[string][]string)
	for _, p := range all {
		anchors[p.file] = p.anchors()
	}
	for _, p := range all {
		t.Run(p.file, func(t *testing.T) {
			for _, found := range link.FindAllStringSubmatch(p.prose, -1) {
				picture, target := found[1] == "!", found[3]
				u, err := url.Parse(target)
				if !isOK(t, err == nil, "%s is no link", target) {
					continue
				}
				if u.Scheme != "" || u.Host != "" {
					isOK(t, u.Scheme == "https" && slices.Contains(hosts, u.Host), "%s is not https, or its host is not listed", target)
					continue
				}
				file := p.file
				if u.Path != "" {
					file = path.Join(path.Dir(p.file), u.Path)
				}
				info, err := os.Stat(file)
				if !isOK(t, err == nil, "%s leads nowhere", target) {
					continue
				}
				isOK(t, !picture || info.Size() < mostImage, "%s has %d bytes", target, info.Size())
				if u.Fragment != "" {
					isOK(t, slices.Contains(anchors[file], u.Fragment), "%s: %s has no such heading", target, file)
				}
			}
		})
	}
}

// isOK reports a fault and goes on, so that a test reports every fault of a page.
func isOK(t *testing.T, ok bool, format string, args ...any) bool {
	t.Helper()
	if !ok {
		t.Errorf(format, args...)
	}
	return ok
}

// anchors are the names that GitHub gives the headings of the page.
func (p page) anchors() []string {
	var all []string
	for line := range strings.Lines(p.prose) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if level == 0 || !strings.HasPrefix(line[level:], " ") {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127:
				return r
			}
			return -1
		}, strings.ToLower(strings.TrimSpace(line[level:])))
		all = append(all, name)
	}
	return all
}

// Every test that a page names exists, in the file to which the page links.
func TestDocsNameRealTests(t *testing.T) {
	files := make(map[string]string) // path to text
	for _, root := range []string{".", "docs", "examples", "grimoireauth", "internal", "jwtlocal", "middleware", "mock"} {
		require.NoError(t, filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && (entry.Name() == "node_modules" || root == "." && file != ".") {
				return filepath.SkipDir
			}
			if strings.HasSuffix(file, "_test.go") {
				text, err := os.ReadFile(file)
				files[filepath.ToSlash(file)] = string(text)
				return err
			}
			return nil
		}))
	}
	declared := func(text, name string) bool { return strings.Contains(text, "\nfunc "+name+"(") }
	name := regexp.MustCompile("`((?:Test|Example|Fuzz|Benchmark)[A-Z_]\\w*)`")
	checked := 0
	for _, p := range pages(t) {
		for _, found := range name.FindAllStringSubmatch(p.prose, -1) {
			checked++
			somewhere := false
			for _, text := range files {
				somewhere = somewhere || declared(text, found[1])
			}
			isOK(t, somewhere, "%s: there is no %s", p.file, found[1])
		}
		for _, found := range link.FindAllStringSubmatch(p.prose, -1) {
			text, ok := files[path.Join(path.Dir(p.file), found[3])]
			for _, named := range name.FindAllStringSubmatch(found[2], -1) {
				isOK(t, ok && declared(text, named[1]), "%s: %s is not in %s", p.file, named[1], found[3])
			}
		}
	}
	require.Greater(t, checked, 30, "the pages name hardly any tests: is the pattern still right?")
}
