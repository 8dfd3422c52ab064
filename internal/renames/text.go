package main

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// qualifiedName is a name with its package, as prose and code write it.
var qualifiedName = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)((?:\.\w+)*)`)

// chainInText is a selector, with or without the name in front of its first dot.
var chainInText = regexp.MustCompile(`\w*(?:\.[A-Z]\w*)+`)

// byBase is Names with the last element of each import path only: in prose no import
// says more.
var byBase = func() map[string]string {
	out := make(map[string]string)
	for from, to := range Names {
		out[path.Base(from)] = path.Base(to)
	}
	return out
}()

// rewriteText rewrites the qualified names in a text that is no Go.
func rewriteText(text string) string {
	text = qualifiedName.ReplaceAllStringFunc(text, func(found string) string {
		m := qualifiedName.FindStringSubmatch(found)
		to, renamed := byBase[m[1]+"."+m[2]]
		if !renamed {
			to = m[1] + "." + m[2]
		}
		if field, _, more := strings.Cut(strings.TrimPrefix(m[3], "."), "."); field != "" && !more {
			for typed, name := range Members {
				if path.Base(typed) == to+"."+field {
					return to + "." + name
				}
			}
		}
		return to + m[3]
	})
	return chainInText.ReplaceAllStringFunc(text, func(selector string) string {
		found := "." + selector
		for at := 0; at >= 0; {
			if to, renamed := Chains[found[at:]]; renamed {
				return strings.TrimPrefix(found[:at]+to, ".")
			}
			next := strings.IndexByte(found[at+1:], '.')
			if next < 0 {
				break
			}
			at += next + 1
		}
		return selector
	})
}

// rewriteMarkdown rewrites prose, and the blocks of Go as Go where they can be parsed.
func rewriteMarkdown(text []byte) []byte {
	var out bytes.Buffer
	var block []string
	inBlock := false
	for line := range strings.SplitAfterSeq(string(text), "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && inBlock:
			out.WriteString(rewriteBlock(strings.Join(block, "")))
			block, inBlock = nil, false
		case inBlock:
			block = append(block, line)
			continue
		case fence && strings.HasPrefix(strings.TrimSpace(line), "```go"):
			inBlock = true
		}
		if fence {
			out.WriteString(line)
			continue
		}
		out.WriteString(rewriteText(line))
	}
	out.WriteString(strings.Join(block, ""))
	return out.Bytes()
}

// rewriteBlock rewrites a block of Go: a file, declarations, statements, or, if it is none
// of these, text.
func rewriteBlock(block string) string {
	if _, err := parser.ParseFile(token.NewFileSet(), "", block, 0); err == nil {
		if out, err := rewriteGo([]byte(block)); err == nil {
			return string(out)
		}
	}
	for _, wrap := range [][2]string{{"", ""}, {"func _() {\n", "\n}"}} {
		head := "package p\n" + everyImport() + wrap[0]
		s, err := parseFragment(head + block + wrap[1])
		if err != nil {
			continue
		}
		if len(s.edits) == 0 {
			return block
		}
		whole := apply([]byte(head+block+wrap[1]), s.edits)
		block = strings.TrimSuffix(strings.TrimPrefix(string(whole), head), wrap[1])
		if out, err := format.Source([]byte(block)); err == nil {
			block = string(out) // other columns, if a name has another length now
		}
		return block
	}
	return rewriteText(block)
}
