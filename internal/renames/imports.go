package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// fixImports adds the packages that are needed, beside the first import of this module,
// and drops those of this module that nothing uses any more.
func fixImports(text []byte, needed map[string]bool) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil {
				used[x.Name] = true
			}
		}
		return true
	})
	var lines strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(needed)) {
		lines.WriteString(strconv.Quote(module+pkg) + "\n")
	}
	var edits []edit
	for _, spec := range file.Imports {
		full, err := strconv.Unquote(spec.Path.Value)
		if err != nil || !strings.HasPrefix(full, module) {
			continue
		}
		name := path.Base(full)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		begin, end := fset.Position(spec.Pos()).Offset, fset.Position(spec.End()).Offset
		kept := string(text[begin:end])
		unused := !used[name] && name != "_" && name != "."
		if lines.Len() > 0 {
			kept = lines.String() + kept
			lines.Reset()
		}
		if unused {
			// A comment behind the old import stays behind the new one.
			kept = strings.TrimSuffix(strings.TrimSuffix(kept, string(text[begin:end])), "\n")
			if end < len(text) && text[end] == '\n' && strings.TrimSpace(kept) == "" {
				end++
			}
		}
		if !alone(file, spec) {
			edits = append(edits, edit{begin, end, kept})
			continue
		}
		// An import without parentheses gets them if it becomes several.
		if strings.Count(strings.TrimSpace(kept), "\n") > 0 {
			kept = "(\n" + kept + "\n)"
		}
		if strings.TrimSpace(kept) == "" {
			begin = fset.Position(declOf(file, spec).Pos()).Offset
		}
		edits = append(edits, edit{begin, end, kept})
	}
	return apply(text, edits), nil
}

// alone reports whether a spec is an import declaration of its own without parentheses.
func alone(file *ast.File, spec *ast.ImportSpec) bool { return !declOf(file, spec).Lparen.IsValid() }

func declOf(file *ast.File, spec *ast.ImportSpec) *ast.GenDecl {
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && slices.Contains(d.Specs, ast.Spec(spec)) {
			return d
		}
	}
	return new(ast.GenDecl)
}
