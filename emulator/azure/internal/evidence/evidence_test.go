package evidence_test

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// How a source that others can look up begins, or what it holds.
var (
	publicPage   = regexp.MustCompile(`(^|[ ,;])(learn\.microsoft\.com/|azure\.microsoft\.com/|Azure/azure-rest-api-specs|opencontainers/distribution-spec|RFC \d)`)
	publicThread = regexp.MustCompile(`(^|[ ,;])[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+#\d+`)
)

func TestRowsAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range readTables(t) {
		for _, e := range table.entries {
			if e.behaviour == "" || e.source == "" {
				t.Errorf("%s: row %s lacks a behaviour or a source", table.folder, e.row)
			}
			if seen[e.behaviour] {
				t.Errorf("%s: twice the same behaviour: %s", table.folder, e.behaviour)
			}
			seen[e.behaviour] = true
			switch e.evidence {
			case recorded:
				if !strings.Contains(e.source, "recordings") {
					t.Errorf("%s: %q is recorded without recordings: %s", table.folder, e.behaviour, e.source)
				}
			case documented:
				if !publicPage.MatchString(e.source) && !publicThread.MatchString(e.source) {
					t.Errorf("%s: %q is documented without a page: %s", table.folder, e.behaviour, e.source)
				}
			case issueThread:
				if !publicThread.MatchString(e.source) {
					t.Errorf("%s: %q names no thread (owner/repo#number): %s", table.folder, e.behaviour, e.source)
				}
			case assumed:
			default:
				t.Errorf("%s: %q has the evidence %q", table.folder, e.behaviour, e.evidence)
			}
		}
	}
}

// spoken are the names that the rows of each folder speak for.
func spoken(tables []table, names func(entry) []string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, t := range tables {
		all[t.folder] = map[string]bool{}
		for _, e := range t.entries {
			for _, name := range names(e) {
				all[t.folder][name] = true
			}
		}
	}
	return all
}

// anywhere are the names that rows of any folder speak for.
func anywhere(rows map[string]map[string]bool) map[string]bool {
	all := map[string]bool{}
	for _, names := range rows {
		maps.Copy(all, names)
	}
	return all
}

func operations(e entry) []string { return e.operations }
func settings(e entry) []string   { return e.settings }
func codes(e entry) []string      { return e.codes }

// beside is the evidence.md for the code in a folder: its own, or the next one above.
func beside(folder string, rows map[string]map[string]bool) string {
	for folder != "." && rows[folder] == nil {
		folder = path.Dir(folder)
	}
	return folder
}

// An operation's row is in the table beside its code; the tables of others may speak of it too.
func TestEveryOperationHasEvidence(t *testing.T) {
	n := readSource(t).collect()
	rows := spoken(readTables(t), operations)
	for folder, names := range n.operations {
		table := beside(folder, rows)
		for name, place := range names {
			if !rows[table][name] {
				t.Errorf("operation %s (%s) has no evidence: add a row to emulator/azure/%s/evidence.md", name, place, table)
			}
		}
	}
	for folder, names := range rows {
		for name := range names {
			if !n.operations.has(name) {
				t.Errorf("a row of %s speaks for the operation %s, which the emulator does not have", folder, name)
			}
		}
	}
}

// A code's row may be in any table: many of the core's errors are about what a service decides.
func TestEveryCodeAndEventHasEvidence(t *testing.T) {
	n := readSource(t).collect()
	rows := anywhere(spoken(readTables(t), codes))
	for kind, found := range map[string]found{"code": n.codes, "container event": n.events} {
		for folder, names := range found {
			for name, place := range names {
				if !rows[name] {
					t.Errorf("%s %s (%s) has no evidence: add a row to the evidence.md of %s or of the service that it is about", kind, name, place, folder)
				}
			}
		}
	}
}

func TestEverySettingHasEvidence(t *testing.T) {
	data, err := json.Marshal(faults.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	// What the control API lets happen to a container group has evidence as settings have.
	known := map[string]bool{"restart": true, "evict": true, "unhealthy": true, "vanish": true}
	leaves(tree, "", known)
	rows := anywhere(spoken(readTables(t), settings))
	for name := range rows {
		if !known[name] {
			t.Errorf("a row speaks for the setting %s, which there is none of", name)
		}
	}
	for name := range known {
		if !rows[name] {
			t.Errorf("setting %s has no evidence: add a row to the evidence.md of the service that heeds it", name)
		}
	}
}

// leaves lists the settings by their path, such as quota.enforced.
func leaves(tree any, path string, into map[string]bool) {
	object, ok := tree.(map[string]any)
	if !ok {
		into[path] = true
		return
	}
	for name, value := range object {
		leaves(value, strings.TrimPrefix(path+"."+name, "."), into)
	}
}

// docs/evidence.md is the sum of the tables; UPDATE=1 writes it.
func TestPageIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "evidence.md")
	want := page(readTables(t))
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, strings.ReplaceAll(string(got), "\r\n", "\n")); diff != "" {
		t.Errorf("docs/evidence.md is out of date: run UPDATE=1 go test ./emulator/azure/internal/evidence (-want +got):\n%s", diff)
	}
}

// The tables are those that there must be: the scan that finds them does not fall silent.
func TestTables(t *testing.T) {
	var folders []string
	for _, table := range readTables(t) {
		folders = append(folders, table.folder)
	}
	for _, want := range []string{"internal/arm", "internal/containers", "internal/entra", "internal/graph", "internal/identity", "internal/rbac", "internal/resources", "internal/vault", "."} {
		if !slices.Contains(folders, want) {
			t.Errorf("no evidence.md in %s among %v", want, folders)
		}
	}
}
