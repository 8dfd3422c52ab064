package auth_test

import (
	"go/ast"
	"go/doc"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unshown are the names that have no Example, with the reason.
var unshown = map[string]string{
	"grimoireauth.Proof": "a closed choice of Credentials and Intermediate, which are both shown",
}

// shown has the names that the Examples of one package use.
type shown struct {
	examples []*doc.Example
	used     map[string]bool // names of the package that their code mentions, or has values of
	tour     map[string]bool // those of the Example of the package as a whole
}

func examplesOf(t *testing.T, dir string, imports types.Importer, fset *token.FileSet) (*doc.Package, shown) {
	t.Helper()
	var code, tests []*ast.File
	files, err := filepath.Glob(dir + "/*.go")
	require.NoError(t, err)
	for _, file := range files {
		tree, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		require.NoError(t, err)
		switch {
		case strings.HasSuffix(tree.Name.Name, "_test"):
			tests = append(tests, tree)
		case !strings.HasSuffix(file, "_test.go"):
			code = append(code, tree)
		}
	}
	described, err := doc.NewFromFiles(fset, code, module+"/"+dir)
	require.NoError(t, err)

	// Tests may use names that the package exports to its own tests only. The type checker
	// does not know them, so its errors are ignored; the compiler finds the real ones.
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: imports, Error: func(error) {}}
	_, _ = config.Check(module+"/"+dir+"_test", fset, tests, info)

	s := shown{used: make(map[string]bool), tour: make(map[string]bool)}
	for _, example := range doc.Examples(tests...) {
		if example.Output == "" && !example.EmptyOutput {
			continue // it is compiled, but not run
		}
		s.examples = append(s.examples, example)
		use := func(name string) {
			s.used[name] = true
			if example.Name == "" {
				s.tour[name] = true
			}
		}
		ast.Inspect(example.Code, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok {
				names(info.Types[e].Type, module+"/"+dir, use)
			}
			if id, ok := n.(*ast.Ident); ok && info.Uses[id] != nil {
				if object := info.Uses[id]; object.Pkg() != nil && object.Pkg().Path() == module+"/"+dir {
					use(object.Name())
				}
				names(info.Uses[id].Type(), module+"/"+dir, use)
			}
			return true
		})
	}
	return described, s
}

// names calls use for the package's names in a type.
func names(t types.Type, pkg string, use func(name string)) {
	switch t := t.(type) {
	case *types.Named:
		if t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == pkg {
			use(t.Obj().Name())
		}
		for arg := range t.TypeArgs().Types() {
			names(arg, pkg, use)
		}
	case *types.Pointer:
		names(t.Elem(), pkg, use)
	case *types.Slice:
		names(t.Elem(), pkg, use)
	case *types.Map:
		names(t.Key(), pkg, use)
		names(t.Elem(), pkg, use)
	case *types.Signature:
		names(t.Params(), pkg, use)
		names(t.Results(), pkg, use)
	case *types.Tuple:
		for v := range t.Variables() {
			names(v.Type(), pkg, use)
		}
	}
}

// compiled returns an importer of the packages that "go test" has already compiled.
func compiled(t *testing.T, fset *token.FileSet) types.Importer {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}",
		"./grimoireauth/...", "./jwtlocal", "./middleware/...", "./mock", "./mock/audit", "github.com/stretchr/testify/require").Output()
	require.NoError(t, err)
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if name, file, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[name] = file
		}
	}
	return importer.ForCompiler(fset, "gc", func(name string) (io.ReadCloser, error) { return os.Open(files[name]) })
}

// named reports whether there is an Example of this name, or of one of its
// methods or variants.
func (s shown) named(name string) bool {
	return slices.ContainsFunc(s.examples, func(e *doc.Example) bool {
		return e.Name == name || strings.HasPrefix(e.Name, name+"_")
	})
}

// Every exported name has an Example. A function, and a type with methods, has one of its
// own or is used by the Example of the package; a type without methods is used by one.
func TestEveryNounHasAnExample(t *testing.T) {
	needed := make(map[string]bool)
	fset := token.NewFileSet()
	imports := compiled(t, fset)
	for _, dir := range []string{"grimoireauth", "grimoireauth/stytchclient", "grimoireauth/doctor", "grimoireauth/affiliation", "grimoireauth/classlist", "jwtlocal", "middleware", "middleware/signin", "middleware/forwardauth", "middleware/webhook", "mock", "mock/audit"} {
		pkg := path.Base(dir)
		t.Run(dir, func(t *testing.T) {
			described, s := examplesOf(t, dir, imports, fset)
			check := func(name string, ok bool, rule string) {
				if _, excused := unshown[pkg+"."+name]; excused && !ok {
					needed[pkg+"."+name] = true
				} else if !ok {
					t.Errorf("%s.%s %s", pkg, name, rule)
				}
			}
			for _, f := range described.Funcs {
				check(f.Name, s.named(f.Name) || s.used[f.Name], "is a function that no Example calls")
			}
			for _, noun := range described.Types {
				made := false // an Example of a constructor is one of what it makes
				for _, f := range noun.Funcs {
					check(f.Name, s.named(f.Name) || s.used[f.Name], "makes a "+noun.Name+" and no Example calls it")
					made = made || s.named(f.Name)
				}
				used := s.used[noun.Name] || slices.ContainsFunc(noun.Consts, func(c *doc.Value) bool {
					return slices.ContainsFunc(c.Names, func(name string) bool { return s.used[name] })
				})
				if does(noun) {
					check(noun.Name, made || s.tour[noun.Name] || s.named(noun.Name), "does something and has no Example of its own")
				} else {
					check(noun.Name, made || used || s.named(noun.Name), "is used by no Example")
				}
			}
		})
	}
	for name := range unshown {
		require.True(t, needed[name], "%s has an Example, or is gone: take it off the list", name)
	}
}

// does reports whether a type has methods other than those that print it.
func does(noun *doc.Type) bool {
	prints := []string{"String", "GoString", "Format", "LogValue", "MarshalText", "MarshalJSON", "Error", "Unwrap"}
	return slices.ContainsFunc(noun.Methods, func(m *doc.Func) bool { return !slices.Contains(prints, m.Name) })
}
