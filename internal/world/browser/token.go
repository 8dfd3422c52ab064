package browser

import (
	"html"
	"strings"
)

// token is a piece of HTML: a tag, or text.
type token struct {
	tag   string // in lower case; empty: text
	end   bool   // </tag>
	text  string // with character references resolved
	attrs []attr
}

type attr struct{ name, value string }

// get returns an attribute's value.
func (t *token) get(name string) (string, bool) {
	for _, a := range t.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

func (t *token) value(name string) string {
	v, _ := t.get(name)
	return v
}

func (t *token) has(name string) bool {
	_, ok := t.get(name)
	return ok
}

// rawText are the elements whose content is no markup.
var rawText = map[string]bool{"script": true, "style": true, "textarea": true, "title": true, "iframe": true, "noembed": true, "noframes": true, "xmp": true}

// tokens cuts HTML into tags and text. It is enough for pages whose markup is
// sound, and ends for every other input.
func tokens(s string) []token {
	var all []token
	text := func(s string) {
		if s != "" {
			all = append(all, token{text: html.UnescapeString(s)})
		}
	}
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			text(s)
			break
		}
		text(s[:open])
		s = s[open:]
		switch {
		case strings.HasPrefix(s, "<!--"):
			_, s, _ = strings.Cut(s[4:], "-->")
		case strings.HasPrefix(s, "<!"), strings.HasPrefix(s, "<?"):
			_, s, _ = strings.Cut(s, ">")
		case len(s) > 1 && isLetter(s[1]) || len(s) > 2 && s[1] == '/' && isLetter(s[2]):
			var t token
			t, s = cutTag(s)
			all = append(all, t)
			if rawText[t.tag] && !t.end {
				content, rest := cutRaw(s, t.tag)
				if t.tag == "title" || t.tag == "textarea" {
					text(content)
				}
				s = rest
			}
		default:
			text("<")
			s = s[1:]
		}
	}
	return all
}

// cutRaw returns the content up to the end tag, which stays in the rest.
func cutRaw(s, tag string) (content, rest string) {
	for i := 0; i+2+len(tag) <= len(s); i++ {
		if s[i] == '<' && s[i+1] == '/' && strings.EqualFold(s[i+2:i+2+len(tag)], tag) {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// cutTag reads a tag that begins with "<".
func cutTag(s string) (token, string) {
	var t token
	s = s[1:]
	if s[0] == '/' {
		t.end, s = true, s[1:]
	}
	n := strings.IndexAny(s, " \t\r\n\f/>")
	if n < 0 {
		n = len(s)
	}
	t.tag, s = strings.ToLower(s[:n]), s[n:]
	for {
		s = strings.TrimLeft(s, " \t\r\n\f/")
		if s == "" {
			return t, ""
		}
		if s[0] == '>' {
			return t, s[1:]
		}
		var a attr
		a, s = cutAttr(s)
		if !t.has(a.name) { // the first of a name counts
			t.attrs = append(t.attrs, a)
		}
	}
}

func cutAttr(s string) (attr, string) {
	n := strings.IndexAny(s[1:], " \t\r\n\f/>=") + 1 // a "=" at the start belongs to the name
	if n == 0 {
		n = len(s)
	}
	a := attr{name: strings.ToLower(s[:n])}
	s = strings.TrimLeft(s[n:], " \t\r\n\f")
	if !strings.HasPrefix(s, "=") {
		return a, s
	}
	s = strings.TrimLeft(s[1:], " \t\r\n\f")
	if s == "" {
		return a, s
	}
	var value string
	switch s[0] {
	case '"', '\'':
		value, s, _ = strings.Cut(s[1:], s[:1])
	default:
		n := strings.IndexAny(s, " \t\r\n\f>")
		if n < 0 {
			n = len(s)
		}
		value, s = s[:n], s[n:]
	}
	a.value = html.UnescapeString(value)
	return a, s
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
