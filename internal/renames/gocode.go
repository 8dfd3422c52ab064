package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the import path below which the packages of the tables are.
const module = "github.com/promptgrimoire/auth/"

// edit replaces the bytes from begin to end.
type edit struct {
	begin, end int
	text       string
}

// source is one file of Go that is being rewritten.
type source struct {
	fset    *token.FileSet
	file    *ast.File
	imports map[string]string // the local name of each package of this module, to its path below module
	edits   []edit
	needed  map[string]bool // packages that have to be imported, below module
}

// rewriteGo returns a file of Go with the present names, formatted if anything changed.
func rewriteGo(text []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{fset: fset, file: file, imports: importsOf(file), needed: make(map[string]bool)}
	if len(s.imports) > 0 {
		ast.Inspect(file, s.visit)
	}
	s.comments()
	if len(s.edits) == 0 {
		return text, nil
	}
	out := apply(text, s.edits)
	if out, err = fixImports(out, s.needed); err != nil {
		return nil, err
	}
	return format.Source(out)
}

// importsOf returns the packages of this module that a file imports, by local name.
func importsOf(file *ast.File) map[string]string {
	out := make(map[string]string)
	for _, spec := range file.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		short, ours := strings.CutPrefix(full, module)
		if err != nil || !ours {
			continue
		}
		name := path.Base(short)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = short
	}
	return out
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		return !s.qualified(n) && !s.chain(n)
	case *ast.CompositeLit:
		s.keys(n)
	case *ast.AssignStmt:
		s.assigned(n)
	}
	return true
}

// qualified rewrites a name that is qualified with its package.
func (s *source) qualified(n *ast.SelectorExpr) bool {
	pkg, name, ok := s.packageName(n)
	if !ok {
		return false
	}
	to, renamed := Names[pkg+"."+name]
	if !renamed {
		return true
	}
	s.replace(n.Pos(), n.End(), s.local(to))
	return true
}

// packageName splits a qualified name. An identifier that is declared in the file is no
// package.
func (s *source) packageName(e ast.Expr) (pkg, name string, ok bool) {
	sel, isSelector := e.(*ast.SelectorExpr)
	if !isSelector {
		return "", "", false
	}
	x, isIdent := sel.X.(*ast.Ident)
	if !isIdent || x.Obj != nil {
		return "", "", false
	}
	pkg, ok = s.imports[x.Name]
	return pkg, sel.Sel.Name, ok
}

// local returns a present name as this file writes it.
func (s *source) local(to string) string {
	pkg, name := split(to)
	for alias, imported := range s.imports {
		if imported == pkg {
			return alias + "." + name
		}
	}
	s.needed[pkg] = true
	return path.Base(pkg) + "." + name
}

// split splits "grimoireauth/stytchclient.New" at the dot.
func split(name string) (pkg, rest string) {
	slash := strings.LastIndexByte(name, '/') + 1
	before, after, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + before, after
}

// keys renames the fields that a composite literal names, by the old or the present name
// of its type.
func (s *source) keys(n *ast.CompositeLit) {
	pkg, name, ok := s.packageName(n.Type)
	if !ok {
		return
	}
	typed := pkg + "." + name
	if to, renamed := Names[typed]; renamed {
		typed = to
	}
	for _, element := range n.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		if !isPair {
			continue
		}
		if key, isIdent := pair.Key.(*ast.Ident); isIdent {
			if to, renamed := Members[typed+"."+key.Name]; renamed {
				s.replace(key.Pos(), key.End(), to)
			}
		}
	}
}

// assigned renames fields that are unmistakable where something is assigned to them.
func (s *source) assigned(n *ast.AssignStmt) {
	for _, left := range n.Lhs {
		if sel, ok := left.(*ast.SelectorExpr); ok {
			if to, renamed := Chains["."+sel.Sel.Name+" ="]; renamed {
				s.replace(sel.Sel.Pos(), sel.Sel.End(), strings.TrimSuffix(strings.TrimPrefix(to, "."), " ="))
			}
		}
	}
}

// chain renames selectors such as client.SignIn.RedeemMagicLink, the longest first.
func (s *source) chain(n *ast.SelectorExpr) bool {
	names, begin := []string{n.Sel.Name}, n.Sel.Pos()
	type link struct {
		from string
		at   token.Pos
	}
	links := []link{{"." + n.Sel.Name, begin}}
	for x := n.X; ; {
		switch inner := x.(type) {
		case *ast.SelectorExpr:
			names, begin, x = append([]string{inner.Sel.Name}, names...), inner.Sel.Pos(), inner.X
			links = append(links, link{"." + strings.Join(names, "."), begin})
			continue
		case *ast.Ident:
			names = append([]string{inner.Name}, names...)
			links = append(links, link{"." + strings.Join(names, "."), inner.Pos()})
		}
		break
	}
	for _, l := range slices.Backward(links) {
		if to, renamed := Chains[l.from]; renamed {
			s.replace(l.at, n.End(), strings.TrimPrefix(to, "."))
			return false // what it is called on may be renamed, too
		}
	}
	return false
}

// comments rewrites the qualified names in comments.
func (s *source) comments() {
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if to := rewriteText(c.Text); to != c.Text {
				s.replace(c.Pos(), c.End(), to)
			}
		}
	}
}

func (s *source) replace(begin, end token.Pos, text string) {
	s.edits = append(s.edits, edit{s.fset.Position(begin).Offset, s.fset.Position(end).Offset, text})
}

// apply makes the edits, of which none may be inside another.
func apply(text []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return a.begin - b.begin })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.begin < at {
			continue
		}
		out.Write(text[at:e.begin])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(text[at:])
	return out.Bytes()
}

// parseFragment finds what is to be rewritten in Go whose imports do not matter.
func parseFragment(text string) (*source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{fset: fset, file: file, imports: importsOf(file), needed: make(map[string]bool)}
	ast.Inspect(file, s.visit)
	s.comments()
	return s, nil
}

// everyImport imports every package of the tables, in one line.
func everyImport() string {
	packages := make(map[string]bool)
	for from, to := range Names {
		for _, name := range []string{from, to} {
			pkg, _ := split(name)
			packages[pkg] = true
		}
	}
	for name := range Members {
		pkg, _ := split(name)
		packages[pkg] = true
	}
	var out strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		out.WriteString("import " + strconv.Quote(module+pkg) + ";")
	}
	return out.String() + "\n"
}
