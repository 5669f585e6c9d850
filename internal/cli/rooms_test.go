package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRoomsNameNoFlag: rooms below the command line know none of its flags, so no text of theirs says to use one.
func TestRoomsNameNoFlag(t *testing.T) {
	advice := regexp.MustCompile(`\b(use|give|add|set|with|without|or) --[a-z]`)
	files := 0
	for _, room := range []string{"aci", "access", "armtemplate", "azure", "emulator", "jobtemplate", "prefect", "provision", "internal/neterr", "internal/steps"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			files++
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && advice.MatchString(text.Value) {
					t.Errorf("%s names a flag: %s", set.Position(text.Pos()), text.Value)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("only %d files found", files)
	}
}
