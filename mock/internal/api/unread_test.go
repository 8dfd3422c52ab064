package api_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A field of a request that no code reads is a promise that nothing keeps: it is read,
// or it is a wire.Ignored, or it is not there.
func TestW09_EveryFieldOfARequestIsRead(t *testing.T) {
	s := newSource(t)
	requests, responses := s.bodies()
	require.Greater(t, len(requests), 60, "the types that are decoded are found")
	read := s.read()
	for _, f := range s.fieldsOf(append(responses, s.converted()...)) {
		read[f.field] = true // by encoding/json, or as a field of the other type
	}
	for _, f := range s.fieldsOf(requests) {
		if !read[f.field] {
			t.Errorf("%s is in a request, and no code reads it", f.path)
		}
	}
}

// source is the code of the mock with its types. What they import
// from elsewhere has none, which the check does not need.
type source struct {
	t        *testing.T
	set      *token.FileSet
	info     *types.Info
	packages map[string]*types.Package
	files    []*ast.File
}

const modulePath = "github.com/promptgrimoire/auth/"

func newSource(t *testing.T) *source {
	s := &source{t: t, set: token.NewFileSet(), packages: make(map[string]*types.Package), info: &types.Info{
		Selections: make(map[*ast.SelectorExpr]*types.Selection),
		Instances:  make(map[*ast.Ident]types.Instance),
		Types:      make(map[ast.Expr]types.TypeAndValue),
		Uses:       make(map[*ast.Ident]types.Object),
	}}
	_, err := s.Import(modulePath + "mock")
	require.NoError(t, err)
	return s
}

// Import implements [types.Importer].
func (s *source) Import(name string) (*types.Package, error) {
	if p := s.packages[name]; p != nil {
		return p, nil
	}
	inner, ours := strings.CutPrefix(name, modulePath+"mock")
	if !ours || inner != "" && !strings.HasPrefix(inner, "/internal/") {
		p := types.NewPackage(name, path.Base(name))
		p.MarkComplete()
		s.packages[name] = p
		return p, nil
	}
	dir := filepath.Join("..", "..", filepath.FromSlash(inner))
	listed, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, file := range listed.GoFiles {
		parsed, err := parser.ParseFile(s.set, filepath.Join(dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, parsed)
	}
	s.files = append(s.files, files...)
	config := types.Config{Importer: s, Error: func(error) {}} // what is imported from elsewhere is unknown
	p, _ := config.Check(name, s.set, files, s.info)
	s.packages[name] = p
	return p, nil
}

// bodies are the types that core.Body and its like decode and encode, and those that the
// control plane and the seed file decode strictly. What a directory sends by SCIM is a resource, of
// which RFC 7643 has a server ignore some.
func (s *source) bodies() (requests, responses []types.Type) {
	for name, instance := range s.info.Instances {
		if (name.Name == "Body" || name.Name == "controlled") && instance.TypeArgs.Len() == 2 {
			requests, responses = append(requests, instance.TypeArgs.At(0)), append(responses, instance.TypeArgs.At(1))
		}
	}
	s.calls(func(call *ast.CallExpr) {
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"StrictJSON", "Decode"}, f.Sel.Name) && len(call.Args) > 0 {
			if into, ok := s.info.Types[call.Args[len(call.Args)-1]].Type.(*types.Pointer); ok {
				requests = append(requests, into.Elem())
			}
		}
	})
	return requests, responses
}

// converted are the types of which a value becomes one of another type with the same
// fields.
func (s *source) converted() (out []types.Type) {
	s.calls(func(call *ast.CallExpr) {
		if s.info.Types[call.Fun].IsType() && len(call.Args) == 1 {
			if from, ok := s.info.Types[call.Args[0]].Type.(*types.Named); ok {
				out = append(out, from)
			}
		}
	})
	return out
}

func (s *source) calls(visit func(*ast.CallExpr)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				visit(call)
			}
			return true
		})
	}
}

type bodyField struct {
	path  string
	field *types.Var
}

// fieldsOf lists the fields of the types, with those of the objects in them.
func (s *source) fieldsOf(bodies []types.Type) []bodyField {
	var out []bodyField
	seen := make(map[*types.Var]bool)
	var walk func(of types.Type, at string)
	walk = func(of types.Type, at string) {
		switch of := of.(type) {
		case *types.Pointer:
			walk(of.Elem(), at)
		case *types.Slice:
			walk(of.Elem(), at)
		case *types.Map:
			walk(of.Elem(), at)
		case *types.Named:
			if of.Obj().Name() != "Ignored" && of.Obj().Pkg() != nil {
				walk(of.Underlying(), of.Obj().Pkg().Name()+"."+of.Obj().Name())
			}
		case *types.Struct:
			for i := range of.NumFields() {
				f := of.Field(i)
				tag := reflect.StructTag(of.Tag(i)).Get("json")
				if named, ok := f.Type().(*types.Named); ok && named.Obj().Name() == "Ignored" {
					continue
				}
				if !f.Embedded() && tag != "" && tag != "-" && !seen[f] {
					seen[f] = true
					out = append(out, bodyField{path: at + "." + f.Name(), field: f})
				}
				walk(f.Type(), at+"."+f.Name())
			}
		}
	}
	for _, b := range bodies {
		walk(b, "")
	}
	slices.SortFunc(out, func(a, b bodyField) int { return strings.Compare(a.path, b.path) })
	return out
}

// read are the fields that are on the right side of an assignment, or in another
// expression. To be given a value is not to be read.
func (s *source) read() map[*types.Var]bool {
	written := make(map[ast.Expr]bool)
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN {
				for _, left := range a.Lhs {
					written[left] = true
				}
			}
			return true
		})
	}
	out := make(map[*types.Var]bool)
	for expression, selection := range s.info.Selections {
		if f, ok := selection.Obj().(*types.Var); ok && selection.Kind() == types.FieldVal && !written[expression] {
			out[f] = true
		}
	}
	return out
}
