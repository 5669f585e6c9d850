package pacific_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/pacific-aci/pacific"

// rooms is the table of who may import whom: arrows go strictly down, and rooms of one layer do not know each other
// unless said. The internal packages of a room are counted as the room. A room that is not here may not exist.
var rooms = map[string][]string{
	"": {}, // the root holds doc.go and this test

	"cmd/pacific": {"internal/cli"},
	"internal/cli": {"internal/cli/cmdutil", "internal/cli/job", "internal/cli/block", "internal/cli/workpool", "internal/cli/profile",
		"internal/cli/emulator", "internal/cli/doctor", "internal/cli/group", "internal/cli/provision", "internal/cli/bootstrap", "internal/cli/worker", "internal/cli/agent",
		"internal/cli/deploy", "internal/cli/flowrun", "internal/cli/image", "internal/cli/demo", "internal/cli/template",
		"internal/cli/role", "internal/cli/serviceprincipal",
		"internal/console", "internal/config", "internal/suggest", "internal/supervise"},

	// One package a noun, one file a verb. Nouns do not import each other: what they share is in cmdutil.
	"internal/cli/job":              noun,
	"internal/cli/block":            noun,
	"internal/cli/workpool":         noun,
	"internal/cli/profile":          noun,
	"internal/cli/emulator":         noun,
	"internal/cli/doctor":           noun,
	"internal/cli/group":            noun,
	"internal/cli/provision":        noun,
	"internal/cli/bootstrap":        noun,
	"internal/cli/worker":           noun,
	"internal/cli/agent":            noun,
	"internal/cli/deploy":           noun,
	"internal/cli/flowrun":          noun,
	"internal/cli/image":            noun,
	"internal/cli/template":         noun,
	"internal/cli/role":             noun,
	"internal/cli/serviceprincipal": noun,
	"internal/cli/demo":             append(slices.Clone(noun), "examples/key_vault_demo"),
	"internal/cli/cmdutil":          belowCommands,
	// Compiled into the command line, of which it must know nothing.
	"examples/key_vault_demo": {"flow", "prefect", "azure"},

	"worker":    {"prefect", "jobtemplate", "aci", "azure"},
	"provision": {"azure", "access", "azcli", "prefect", "jobtemplate", "aci", "image", "internal/steps"},
	"bootstrap": {"azure", "access", "armtemplate", "prefect", "jobtemplate", "aci", "internal/steps"},
	"deploy":    {"azure", "prefect", "jobtemplate", "internal/capped"},

	"prefect/profiles": {"prefect", "internal/pytext", "internal/link", "internal/readfile"},
	"aci/jobfile":      {"aci", "internal/suggest"},

	"jobtemplate": {"prefect", "aci", "aci/jobfile", "armtemplate", "internal/pytext", "internal/suggest"},

	"aci":    {"azure"},
	"access": {"azure", "internal/jsonplace"},
	"image":  {"azure", "internal/capped", "internal/link", "internal/readfile"},
	"flow":   {"prefect", "internal/supervise"},
	// For the tests of those who write flows: the API in memory is not in what they ship.
	"flow/flowtest": {"flow", "prefect", "emulator/prefect"},

	"azure":          {"internal/neterr"},
	"azcli":          {},
	"armtemplate":    {},
	"prefect":        {"internal/neterr", "internal/pytext"},
	"emulator/azure": {"armtemplate", "emulator/internal/serve"},
	// Not prefect: what is built from the client's code can only agree with its mistakes. Python's text is held to Python.
	"emulator/prefect":   {"emulator/internal/serve", "internal/pytext"},
	"internal/neterr":    {},
	"internal/pytext":    {},
	"internal/capped":    {},
	"internal/link":      {},
	"internal/readfile":  {},
	"internal/jsonplace": {},
	"internal/steps":     {},
	"internal/supervise": {},
	"internal/console":   {},
	"internal/config":    {"internal/suggest", "internal/readfile"},
	"internal/suggest":   {},
	// How both emulators are reached.
	"emulator/internal/serve": {},

	// Test support: nothing that ships may import it, which this table says by no room naming it.
	"internal/apispec":     {},
	"internal/cli/clitest": append([]string{"internal/cli"}, belowCommands...),
	"internal/fakeaz":      {"azcli"},
	"internal/docpages":    {},

	// Tools of the Makefile.
	"internal/dist":    {},
	"internal/termsvg": {},
}

// belowCommands are the rooms that commands may use.
var belowCommands = []string{"worker", "provision", "bootstrap", "deploy", "jobtemplate", "aci", "aci/jobfile", "access", "image", "flow", "azure", "azcli",
	"armtemplate", "prefect", "prefect/profiles", "emulator/azure", "emulator/prefect", "internal/steps", "internal/console", "internal/config", "internal/jsonplace", "internal/readfile", "internal/suggest"}

// noun is what the package of a noun of the command line may import.
var noun = append([]string{"internal/cli/cmdutil"}, belowCommands...)

// free are the folders that may import anything.
var free = []string{"e2e", "bench", "examples"}

// sdkFree are the rooms that must not know Azure's SDK: the emulator, because an emulator that is built from the client's
// code can only agree with the client's mistakes, and those that have aci and azure between them and it.
var sdkFree = []string{"emulator/azure", "emulator/prefect", "worker", "jobtemplate", "flow", "prefect", "armtemplate", "internal/console", "internal/config", "internal/steps"}

// prefectFree are the rooms in which no Prefect word may stand.
var prefectFree = []string{"azure", "aci", "access", "image", "azcli", "armtemplate"}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(file string, imports []string) {
		room := roomOf(path.Dir(file))
		allowed, ok := rooms[room]
		if !ok && within(room, free) {
			return
		}
		if !ok {
			t.Errorf("%s: the folder is no room of the table", file)
			return
		}
		seen[room] = true
		for _, imported := range imports {
			if within(room, sdkFree) && strings.HasPrefix(imported, "github.com/Azure/") {
				t.Errorf("%s imports %s: %s must not know Azure's SDK", file, imported, room)
			}
			inside, ok := strings.CutPrefix(imported, module+"/")
			if !ok {
				continue
			}
			if to := roomOf(inside); to != room && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s: %s may import only %v", file, inside, room, allowed)
			}
		}
	})
	for _, room := range []string{"", "cmd/pacific", "internal/cli", "internal/cli/cmdutil", "internal/cli/job", "azure", "aci", "emulator/azure"} {
		if !seen[room] {
			t.Errorf("no file of room %q was read: the test looks in the wrong place", room)
		}
	}
}

func TestNoPrefectWords(t *testing.T) {
	eachFile(t, func(file string, _ []string) {
		if !within(roomOf(path.Dir(file)), prefectFree) {
			return
		}
		text, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(text)), "prefect") {
			t.Errorf("%s says \"prefect\": what is Prefect's belongs to the rooms above", file)
		}
	})
}

// roomOf is the room of a folder: the longest prefix that the table or the free list names; internal packages of a room
// belong to it.
func roomOf(folder string) string {
	if folder == "." {
		return ""
	}
	for at := folder; at != "."; at = path.Dir(at) {
		if _, ok := rooms[at]; ok || slices.Contains(free, at) {
			return at
		}
	}
	return folder
}

func within(room string, list []string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return room == l || strings.HasPrefix(room, l+"/") })
}

// eachFile reads every file that ships: no tests, whatever the operating system it is for.
func eachFile(t *testing.T, do func(file string, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name != "." && strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "deps.go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imported)
		}
		do(filepath.ToSlash(file), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
