package main

import (
	"io"
	"strings"
)

// screenWriter breaks the lines of messages, which package flag and errors make as long as
// they like, so that they fit the screen. The bar of progress passes as it is.
type screenWriter struct{ w io.Writer }

// Write takes whole lines, as all messages of this program are.
func (s screenWriter) Write(p []byte) (int, error) {
	text := string(p)
	if strings.HasPrefix(text, "\r") {
		return s.w.Write(p)
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, end := strings.CutSuffix(strings.ReplaceAll(line, "\t", "    "), "\n")
		writeFitted(&b, line)
		if end {
			b.WriteByte('\n')
		}
	}
	if _, err := io.WriteString(s.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// writeFitted breaks a line at spaces. What follows is indented as the line is, and by two more.
// It leaves a word whole that is longer than the screen, such as a path.
func writeFitted(b *strings.Builder, line string) {
	if cells(line) <= screen {
		b.WriteString(line)
		return
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	at := 0
	for i, word := range strings.Fields(line) {
		switch {
		case i == 0:
			b.WriteString(indent)
			at = len(indent)
		case at+1+cells(word) > screen:
			b.WriteString("\n" + indent + "  ")
			at = len(indent) + 2
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += cells(word)
	}
}
