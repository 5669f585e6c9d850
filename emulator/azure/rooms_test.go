package azureemulator_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms is the table of who may import whom inside the emulated Azure; a folder of internal that is not here may not
// exist. Folders below a room are counted as the room. The services rest on the core, arm and faults, and none knows
// another: where one must ask another, it calls Core.Do. This package alone knows all of them.
var rooms = map[string][]string{
	"faults":    {},
	"directory": {},
	"arm":       {"faults", "directory"},

	"containers":  {"arm", "directory", "faults", "engine"},
	"deployments": {"arm", "faults"},
	"entra":       {"arm", "directory", "faults"},
	"graph":       {"arm", "directory", "faults"},
	"identity":    {"arm", "directory", "faults"},
	"network":     {"arm"},
	"rbac":        {"arm", "directory", "faults"},
	"registry":    {"arm"},
	"resources":   {"arm", "faults"},
	"storage":     {"arm", "leftover"},
	"vault":       {"arm"},

	"engine":   {"leftover"},
	"leftover": {},
	"listener": {},

	// Test support: no room that ships may import it.
	"armtest":  {"arm", "faults", "resources"},
	"evidence": {},
}

// testSupport is what the tests of every room may import besides what the room may.
var testSupport = []string{"armtest", "faults"}

func TestRooms(t *testing.T) {
	folders, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		room := folder.Name()
		allowed, ok := rooms[room]
		if !ok {
			t.Errorf("internal/%s is not in the table", room)
		}
		eachImport(t, filepath.Join("internal", room), func(file, imported string) {
			fine := imported == room || slices.Contains(allowed, imported)
			if strings.HasSuffix(file, "_test.go") {
				fine = fine || slices.Contains(testSupport, imported)
			}
			if !fine {
				t.Errorf("%s imports internal/%s, which %s may not", file, imported, room)
			}
		})
	}
	for room := range rooms {
		if !slices.ContainsFunc(folders, func(folder os.DirEntry) bool { return folder.Name() == room }) {
			t.Errorf("the table has internal/%s, which is not there", room)
		}
	}
}

// The table itself: what it allows goes down, and no service is allowed another.
func TestRoomsGoDown(t *testing.T) {
	services := []string{"containers", "deployments", "entra", "graph", "identity", "network", "rbac", "registry", "resources", "storage", "vault"}
	for room, allowed := range rooms {
		for _, below := range allowed {
			if slices.Contains(rooms[below], room) {
				t.Errorf("%s and %s may import each other", room, below)
			}
			if slices.Contains(services, below) && room != "armtest" {
				t.Errorf("%s may import the service %s", room, below)
			}
		}
	}
}

// eachImport goes over the rooms that the files of a folder and of those below it import.
func eachImport(t *testing.T, folder string, visit func(file, room string)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range parsed.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if _, inside, ok := strings.Cut(name, "/emulator/azure/internal/"); ok {
				room, _, _ := strings.Cut(inside, "/")
				visit(path, room)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
