package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// declared are the types of the package by their names, with the methods that
// decide how encoding/json treats them.
type declared struct {
	types   map[string]ast.Expr
	methods map[string][]string
	plain   map[string]bool
}

// readPackage parses the package in dir, without its tests and without the
// generated file.
func readPackage(dir string) (*declared, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	d := &declared{types: make(map[string]ast.Expr), methods: make(map[string][]string), plain: make(map[string]bool)}
	for _, name := range names {
		if filepath.Base(name) == file || strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			d.add(declaration)
		}
	}
	return d, nil
}

func (d *declared) add(declaration ast.Decl) {
	switch declaration := declaration.(type) {
	case *ast.GenDecl:
		for _, spec := range declaration.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok && t.TypeParams == nil {
				d.types[t.Name.Name] = t.Type
			}
		}
	case *ast.FuncDecl:
		if declaration.Recv == nil {
			return
		}
		receiver := declaration.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok {
			d.methods[name.Name] = append(d.methods[name.Name], declaration.Name.Name)
		}
	}
}

// field is a field of a struct; an embedded one has the name of its type.
type field struct {
	name string
	kind ast.Expr
	json bool // encoding/json sees it
}

func fieldsOf(s *ast.StructType) []field {
	var out []field
	for _, f := range s.Fields.List {
		names := make([]string, 0, 1)
		for _, name := range f.Names {
			names = append(names, name.Name)
		}
		if f.Names == nil {
			names = append(names, write(f.Type)[strings.LastIndexAny(write(f.Type), ".*")+1:])
		}
		hidden := f.Tag != nil && reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json") == "-"
		for _, name := range names {
			out = append(out, field{name, f.Type, ast.IsExported(name) && !hidden})
		}
	}
	return out
}

var basic = []string{"bool", "string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "byte", "float64"}

// isPlain reports whether encoding/json alone brings a value there and back.
func (d *declared) isPlain(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		if slices.Contains(basic, t.Name) {
			return true
		}
		if known, ok := d.plain[t.Name]; ok {
			return known
		}
		d.plain[t.Name] = false // while it is looked at: what contains itself is not plain
		underlying, ok := d.types[t.Name]
		oneWay := slices.Contains(d.methods[t.Name], "MarshalJSON") && !slices.Contains(d.methods[t.Name], "UnmarshalJSON")
		d.plain[t.Name] = ok && !oneWay && d.isPlain(underlying)
		return d.plain[t.Name]
	case *ast.SelectorExpr:
		return slices.Contains([]string{"time.Time", "time.Duration", "json.RawMessage"}, write(t))
	case *ast.ArrayType:
		return d.isPlain(t.Elt)
	case *ast.MapType:
		return d.isString(t.Key) && d.isPlain(t.Value)
	case *ast.StarExpr:
		return d.structOf(t.X) == nil && d.isPlain(t.X)
	case *ast.StructType:
		return !slices.ContainsFunc(fieldsOf(t), func(f field) bool { return !f.json || !d.isPlain(f.kind) })
	}
	return false
}

// structOf returns the struct that a name stands for, or nil.
func (d *declared) structOf(t ast.Expr) *ast.StructType {
	if name, ok := t.(*ast.Ident); ok {
		s, _ := d.types[name.Name].(*ast.StructType)
		return s
	}
	return nil
}

func (d *declared) isString(t ast.Expr) bool {
	name, ok := t.(*ast.Ident)
	if !ok {
		return false
	}
	underlying, ok := d.types[name.Name]
	return name.Name == "string" || (ok && d.isString(underlying))
}

// underlying follows names to what they stand for, but keeps names of structs.
func (d *declared) underlying(t ast.Expr) ast.Expr {
	if name, ok := t.(*ast.Ident); ok && d.structOf(t) == nil {
		if u, ok := d.types[name.Name]; ok {
			return d.underlying(u)
		}
	}
	return t
}

// write is the type as Go writes it.
func write(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return write(t.X) + "." + t.Sel.Name
	case *ast.StarExpr:
		return "*" + write(t.X)
	case *ast.ArrayType:
		if length, ok := t.Len.(*ast.BasicLit); ok {
			return "[" + length.Value + "]" + write(t.Elt)
		}
		return "[]" + write(t.Elt)
	case *ast.MapType:
		return "map[" + write(t.Key) + "]" + write(t.Value)
	}
	return fmt.Sprintf("%T", t)
}
