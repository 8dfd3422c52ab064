// Command renames moves code that was written against earlier names of this module to
// the present ones:
//
//	go run ./internal/renames DIR…
//
// It rewrites Go files, with their imports, and the prose and code blocks of Markdown
// files, below the directories that it is given. It compares no types: a file of Go is
// parsed, and a name counts if it is qualified with the package that the file imports.
// Running it again changes nothing.
//
// To add a rename, append a line to the table that it belongs to in table.go, and the same
// line to the list in CHANGELOG.md; a test compares the two. Names holds what is declared
// in packages, Members the fields that composite literals name, and Chains the selectors
// that are unmistakable without a type. A new name must not be an old one at the same time.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/renames DIR…")
		os.Exit(2)
	}
	for _, dir := range os.Args[1:] {
		if err := rewriteDir(dir); err != nil {
			fmt.Fprintln(os.Stderr, "renames:", err)
			os.Exit(1)
		}
	}
}

// rewriteDir rewrites every file below dir, but for hidden directories, the changelog,
// which names what is old, and this program.
func rewriteDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			hidden := strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2
			if hidden || entry.Name() == "node_modules" || strings.HasSuffix(filepath.ToSlash(path), "internal/renames") {
				return filepath.SkipDir
			}
			return nil
		case entry.Name() == "CHANGELOG.md":
			return nil
		}
		return rewriteFile(path)
	})
}

func rewriteFile(path string) error {
	var rewrite func([]byte) ([]byte, error)
	switch filepath.Ext(path) {
	case ".go":
		rewrite = rewriteGo
	case ".md":
		rewrite = func(text []byte) ([]byte, error) { return rewriteMarkdown(text), nil }
	default:
		return nil
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := rewrite(before)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if bytes.Equal(before, after) {
		return nil
	}
	fmt.Println(path)
	return os.WriteFile(path, after, 0o644)
}
