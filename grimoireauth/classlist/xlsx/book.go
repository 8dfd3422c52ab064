package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// book is a workbook: its sheets, and the texts and number formats that they share.
// Source: ECMA-376, part 1, section 18.
type book struct {
	parts   map[string]*zip.File
	left    int64 // how many bytes may still be unpacked
	sheets  []sheet
	texts   []string
	formats []string // of a cell's style, by its number
}

type sheet struct {
	name, part string
	hidden     bool
}

// open reads everything of a workbook but the sheets.
func open(raw []byte) (*book, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	b := &book{parts: make(map[string]*zip.File), left: min(maxUnpacked, 1<<20+maxRatio*int64(len(raw)))}
	for _, file := range archive.File {
		b.parts[partName("", file.Name)] = file
	}
	if _, ok := b.parts["mimetype"]; ok {
		return nil, errOpenDocument
	}
	main, err := b.related("_rels/.rels", "/officeDocument")
	if err != nil || len(main) != 1 {
		return nil, errBroken
	}
	for _, target := range main {
		if err := b.readBook(partName("", target)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// partName resolves the target of a relation. Names of parts are compared without
// regard to case, and some programs write them with a backslash.
func partName(folder, target string) string {
	target = strings.ToLower(strings.ReplaceAll(target, "\\", "/"))
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", folder, target)
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

func (b *book) readBook(main string) error {
	folder, name := path.Split(main)
	rels := partName(folder, "_rels/"+name+".rels")
	parts, err := b.related(rels, "/worksheet")
	if err != nil {
		return err
	}
	err = b.each(main, func(x *reader, start xml.StartElement) error {
		if start.Name.Local == "sheet" {
			if target, ok := parts[attr(start, "id")]; ok { // not for a sheet that is a chart
				state := attr(start, "state")
				b.sheets = append(b.sheets, sheet{name: attr(start, "name"), part: partName(folder, target), hidden: state == "hidden" || state == "veryHidden"})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for kind, read := range map[string]func(string) error{"/sharedStrings": b.readTexts, "/styles": b.readFormats} {
		targets, err := b.related(rels, kind)
		if err != nil {
			return err
		}
		for _, target := range targets {
			if err := read(partName(folder, target)); err != nil {
				return err
			}
		}
	}
	return nil
}

// related returns the targets of relations of one kind by their id.
func (b *book) related(rels, kind string) (map[string]string, error) {
	out := make(map[string]string)
	err := b.each(rels, func(x *reader, start xml.StartElement) error {
		if start.Name.Local == "Relationship" && strings.HasSuffix(attr(start, "Type"), kind) && attr(start, "TargetMode") != "External" {
			out[attr(start, "Id")] = attr(start, "Target")
		}
		return nil
	})
	return out, err
}

// readTexts reads the texts that cells refer to by their number.
func (b *book) readTexts(part string) error {
	return b.each(part, func(x *reader, start xml.StartElement) error {
		if start.Name.Local != "si" {
			return nil
		}
		text, err := x.text("si")
		b.texts = append(b.texts, text)
		return err
	})
}

// readFormats reads the number formats of the styles that cells refer to.
func (b *book) readFormats(part string) error {
	own := make(map[string]string)
	inCells := false
	return b.each(part, func(x *reader, start xml.StartElement) error {
		switch start.Name.Local {
		case "numFmt":
			own[attr(start, "numFmtId")] = attr(start, "formatCode")
		case "cellStyleXfs", "cellStyles", "dxfs":
			inCells = false
		case "cellXfs":
			inCells = true
		case "xf":
			if inCells {
				id := attr(start, "numFmtId")
				code, ok := own[id]
				if !ok {
					code = builtIn(id)
				}
				b.formats = append(b.formats, code)
			}
		}
		return nil
	})
}

// reader reads the XML of one part.
type reader struct {
	*xml.Decoder
	part *limited
}

// limited returns an error once more is unpacked than a workbook may have.
type limited struct {
	io.Reader
	book *book
}

var errOpenDocument = errors.New("this is a file in the format OpenDocument: save it as XLSX, or as CSV UTF-8")

var errLarge = errors.New("too large when it is unpacked")

func (l *limited) Read(p []byte) (int, error) {
	if l.book.left <= 0 {
		return 0, errLarge
	}
	n, err := l.Reader.Read(p[:min(int64(len(p)), l.book.left)])
	l.book.left -= int64(n)
	return n, err
}

// errStop ends a reading early without being an error.
var errStop = errors.New("enough")

// each calls do with every element of a part, and not at all if the part is missing.
func (b *book) each(part string, do func(*reader, xml.StartElement) error) (err error) {
	file, ok := b.parts[part]
	if !ok {
		return nil
	}
	unpacked, err := file.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unpacked.Close()) }()
	x := &reader{part: &limited{unpacked, b}}
	x.Decoder = xml.NewDecoder(x.part)
	for {
		token, err := x.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := do(x, start); err != nil {
				if errors.Is(err, errStop) {
					return nil
				}
				return err
			}
		}
	}
}

// text returns the text up to the end of an element, without the phonetic reading of
// Japanese text, which is shown above it.
func (x *reader) text(until string) (string, error) {
	var b strings.Builder
	inText, aids := false, 0
	for {
		token, err := x.RawToken()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "t":
				inText = true
			case "rPh":
				aids++
			}
		case xml.EndElement:
			switch token.Name.Local {
			case "t":
				inText = false
			case "rPh":
				aids--
			case until:
				return unescaped(b.String()), nil
			}
		case xml.CharData:
			if inText && aids == 0 {
				b.Write(token)
			}
		}
	}
}

// value returns the characters up to the end of an element.
func (x *reader) value(until string) (string, error) {
	var b strings.Builder
	for {
		token, err := x.RawToken()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == until {
				return b.String(), nil
			}
		case xml.CharData:
			b.Write(token)
		}
	}
}

func attr(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// escapes are characters that XML cannot have: _x000D_ is a line break.
var escapes = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

func unescaped(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escapes.ReplaceAllStringFunc(s, func(escape string) string {
		code, err := strconv.ParseUint(escape[2:6], 16, 32)
		if err != nil {
			return escape
		}
		return string(rune(code))
	})
}
