package prefectemulator_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRooms holds the rooms beneath and their imports against the map in the package comment, in which they go down.
func TestRooms(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	said := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		room, about, ok := strings.Cut(strings.TrimPrefix(line, "//\t"), "  ")
		if !ok || !strings.HasPrefix(line, "//\t") {
			continue
		}
		order = append(order, room)
		if _, imports, ok := strings.Cut(strings.TrimSpace(about), ": "); ok {
			said[room] = slices.Sorted(slices.Values(strings.Split(imports, ", ")))
		}
	}
	folders, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) != len(order) {
		t.Errorf("the map has %d rooms, want all of %d", len(order), len(folders))
	}
	for _, folder := range folders {
		room := folder.Name()
		from := slices.Index(order, room)
		if from < 0 {
			t.Errorf("%s is not in the map", room)
			continue
		}
		var others []string
		for _, imported := range importsOf(t, filepath.Join("internal", room)) {
			if slices.Index(order, imported) <= from {
				t.Errorf("%s imports %s, which is above it", room, imported)
			}
			if imported != "api" && imported != "db" {
				others = append(others, imported)
			}
		}
		if diff := cmp.Diff(said[room], others); diff != "" {
			t.Errorf("what %s imports (-the map says +it does):\n%s", room, diff)
		}
	}
}

// importsOf are the rooms that a folder's files import, each once; tests are left out.
func importsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", folder, err, len(files))
	}
	var rooms []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if _, room, ok := strings.Cut(path, "/emulator/prefect/internal/"); ok {
				rooms = append(rooms, room)
			}
		}
	}
	slices.Sort(rooms)
	return slices.Compact(rooms)
}
