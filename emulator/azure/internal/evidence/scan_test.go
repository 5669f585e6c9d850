package evidence_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// found are names that the emulator's source uses, by folder, each with a place where.
type found map[string]map[string]string

func (f found) add(folder, name, place string) {
	if f[folder] == nil {
		f[folder] = map[string]string{}
	}
	f[folder][name] = place
}

// has reports whether a name is used anywhere.
func (f found) has(name string) bool {
	for _, names := range f {
		if names[name] != "" {
			return true
		}
	}
	return false
}

// names are what the scan collects.
type names struct{ operations, codes, events found }

// source is the emulator's non-test source, parsed.
type source struct {
	fset *token.FileSet
	// files by the package's name, which is its folder's.
	files map[string][]*ast.File
	// folders are those of the packages, as paths from the emulator's own.
	folders map[string]string
	// consts are the text constants of each package.
	consts map[string]map[string]string
	// codeAt says, for each package and function (methods under ""), which argument is an
	// error code; eventAt the same for a container event's name.
	codeAt map[string]map[string]int
}

const emulator = "../.."

// readSource parses every package of the emulator but this one. Build constraints are
// not looked at: what Windows says needs evidence too.
func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{fset: token.NewFileSet(), files: map[string][]*ast.File{}, folders: map[string]string{}, consts: map[string]map[string]string{}, codeAt: map[string]map[string]int{}}
	err := filepath.WalkDir(emulator, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "evidence" || d.Name() == "armtest" || d.Name() == "enginetest" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.Base(filepath.Dir(path))
		s.files[dir], s.folders[dir] = append(s.files[dir], file), folderOf(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, files := range s.files {
		s.consts[dir] = map[string]string{}
		s.codeAt[dir] = map[string]int{}
		for _, file := range files {
			s.declarations(dir, file)
		}
	}
	return s
}

// declarations notes constants, and the functions that take an error code: those with a
// parameter of that name.
func (s *source) declarations(dir string, file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				value, ok := spec.(*ast.ValueSpec)
				if !ok || d.Tok != token.CONST {
					continue
				}
				for i, name := range value.Names {
					if i < len(value.Values) {
						if text, ok := literal(value.Values[i]); ok {
							s.consts[dir][name.Name] = text
						}
					}
				}
			}
		case *ast.FuncDecl:
			if at, ok := parameter(d.Type, "code"); ok {
				s.codeAt[dir][d.Name.Name] = at
			}
		}
	}
}

// parameter finds a text parameter's place by its name.
func parameter(f *ast.FuncType, name string) (int, bool) {
	at := 0
	for _, field := range f.Params.List {
		kind, _ := field.Type.(*ast.Ident)
		for _, n := range field.Names {
			if n.Name == name && kind != nil && kind.Name == "string" {
				return at, true
			}
			at++
		}
	}
	return 0, false
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// text is an expression's value where it can be read off: a literal or a constant.
func (s *source) text(dir string, e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return literal(e)
	case *ast.Ident:
		text, ok := s.consts[dir][e.Name]
		return text, ok
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok {
			text, ok := s.consts[pkg.Name][e.Sel.Name]
			return text, ok
		}
	}
	return "", false
}

// collect walks the source for operation ids (by their shape), error codes (arguments and
// fields called code) and container events (constants that start with event, arguments of
// functions called Event).
func (s *source) collect() names {
	n := names{found{}, found{}, found{}}
	for dir, files := range s.files {
		for name, text := range s.consts[dir] {
			if strings.HasPrefix(name, "event") {
				n.events.add(s.folders[dir], text, dir+"."+name)
			}
		}
		for _, file := range files {
			ast.Inspect(file, func(node ast.Node) bool {
				s.visit(dir, node, n)
				return true
			})
		}
	}
	return n
}

func (s *source) visit(dir string, node ast.Node, n names) {
	enter := func(to found, e ast.Expr) {
		if text, ok := s.text(dir, e); ok && text != "" {
			to.add(s.folders[dir], text, s.fset.Position(e.Pos()).String())
		}
	}
	switch node := node.(type) {
	case *ast.BasicLit:
		if text, ok := literal(node); ok && isOperation(text) {
			n.operations.add(s.folders[dir], text, s.fset.Position(node.Pos()).String())
		}
	case *ast.KeyValueExpr:
		if key, ok := node.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "code") {
			enter(n.codes, node.Value)
		}
	case *ast.AssignStmt:
		for i, left := range node.Lhs {
			if len(node.Rhs) == len(node.Lhs) && isCode(left) {
				enter(n.codes, node.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		for i, name := range node.Names {
			if strings.EqualFold(name.Name, "code") && i < len(node.Values) {
				enter(n.codes, node.Values[i])
			}
		}
	case *ast.CallExpr:
		if at, ok := s.codeArgument(dir, node); ok && at < len(node.Args) {
			enter(n.codes, node.Args[at])
		}
		if calls(node, "Event") && len(node.Args) > 0 {
			enter(n.events, node.Args[0])
		}
	}
}

func isCode(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.EqualFold(e.Name, "code")
	case *ast.SelectorExpr:
		return strings.EqualFold(e.Sel.Name, "code")
	}
	return false
}

func calls(call *ast.CallExpr, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == name
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	}
	return false
}

// codeArgument finds which argument of a call is an error code. A selector is looked up in
// the package that it names, or, as a method, in its own.
func (s *source) codeArgument(dir string, call *ast.CallExpr) (int, bool) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		at, ok := s.codeAt[dir][f.Name]
		return at, ok
	case *ast.SelectorExpr:
		pkg, _ := f.X.(*ast.Ident)
		if pkg != nil && slices.Contains([]string{"fmt", "errors", "strings", "http"}, pkg.Name) {
			return 0, false
		}
		if pkg != nil {
			if at, ok := s.codeAt[pkg.Name][f.Sel.Name]; ok {
				return at, ok
			}
		}
		at, ok := s.codeAt[dir][f.Sel.Name]
		return at, ok
	}
	return 0, false
}

// The scan itself is held to what is certainly there, so that it does not fall silent.
func TestScanSees(t *testing.T) {
	n := readSource(t).collect()
	for kind, test := range map[string]struct {
		got  found
		want []string
	}{
		"operations": {n.operations, []string{"ResourceGroups_CreateOrUpdate", "Entra_GetToken"}},
		"codes":      {n.codes, []string{"AADSTS7000215", "ExpiredAuthenticationToken", "ResourceNotFound", "InternalServerError"}},
		"events":     {n.events, []string{"Pulling", "Started"}},
	} {
		for _, name := range test.want {
			if !test.got.has(name) {
				t.Errorf("%s: the scan does not see %s", kind, name)
			}
		}
	}
}
