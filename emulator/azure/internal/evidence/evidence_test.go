package evidence_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/evidence"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// public is how a source that others can look up begins or what it holds.
var (
	page   = regexp.MustCompile(`(^|[ ,;])(learn\.microsoft\.com/|azure\.microsoft\.com/|Azure/azure-rest-api-specs|RFC \d)`)
	thread = regexp.MustCompile(`(^|[ ,;])[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+#\d+`)
)

func TestRowsAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, room := range evidence.Rooms() {
		if room.Title == "" || len(room.Entries) == 0 {
			t.Errorf("room %q has %d rows", room.Title, len(room.Entries))
		}
		for _, e := range room.Entries {
			if e.Behaviour == "" || e.Source == "" {
				t.Errorf("%s: row %+v lacks a behaviour or a source", room.Title, e)
			}
			if seen[e.Behaviour] {
				t.Errorf("%s: twice the same behaviour: %s", room.Title, e.Behaviour)
			}
			seen[e.Behaviour] = true
			switch e.Kind {
			case evidence.Recorded:
				if !strings.Contains(e.Source, "recordings") {
					t.Errorf("%s: %q is recorded without recordings: %s", room.Title, e.Behaviour, e.Source)
				}
			case evidence.Documented:
				if !page.MatchString(e.Source) && !thread.MatchString(e.Source) {
					t.Errorf("%s: %q is documented without a page: %s", room.Title, e.Behaviour, e.Source)
				}
			case evidence.IssueThread:
				if !thread.MatchString(e.Source) {
					t.Errorf("%s: %q names no thread (owner/repo#number): %s", room.Title, e.Behaviour, e.Source)
				}
			case evidence.Assumed:
			default:
				t.Errorf("%s: %q has the kind %q", room.Title, e.Behaviour, e.Kind)
			}
		}
	}
}

// spoken gathers what the rows speak for.
func spoken(field func(evidence.Entry) string) map[string]bool {
	all := map[string]bool{}
	for _, e := range evidence.All() {
		for name := range strings.FieldsSeq(field(e)) {
			all[name] = true
		}
	}
	return all
}

func operation(e evidence.Entry) string { return e.Operation }
func setting(e evidence.Entry) string   { return e.Setting }
func code(e evidence.Entry) string      { return e.Code }

// wantSpoken checks that each name has a row.
func wantSpoken(t *testing.T, kind string, names found, rows map[string]bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !rows[name] {
			t.Errorf("%s %s (%s) has no evidence: add a row to emulator/azure/internal/evidence", kind, name, names[name])
		}
	}
}

func TestEveryOperationHasEvidence(t *testing.T) {
	n := readSource(t).collect()
	rows := spoken(operation)
	wantSpoken(t, "operation", n.operations, rows)
	for name := range rows {
		if n.operations[name] == "" {
			t.Errorf("a row speaks for the operation %s, which the emulator does not have", name)
		}
	}
}

func TestEveryCodeAndEventHasEvidence(t *testing.T) {
	n := readSource(t).collect()
	rows := spoken(code)
	wantSpoken(t, "code", n.codes, rows)
	wantSpoken(t, "container event", n.events, rows)
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
	settings := found{}
	leaves(tree, "", settings)
	// What the control API lets happen to a container group has evidence as settings have.
	for _, kind := range []string{"restart", "evict", "unhealthy", "vanish"} {
		settings[kind] = "control API: events"
	}
	rows := spoken(setting)
	wantSpoken(t, "setting", settings, rows)
	for name := range rows {
		if settings[name] == "" {
			t.Errorf("a row speaks for the setting %s, which there is none of", name)
		}
	}
}

// leaves lists the settings by their path, such as quota.enforced.
func leaves(tree any, path string, into found) {
	object, ok := tree.(map[string]any)
	if !ok {
		into[path] = "settings"
		return
	}
	for name, value := range object {
		leaves(value, strings.TrimPrefix(path+"."+name, "."), into)
	}
}

// docs/evidence.md is the table; UPDATE=1 writes it.
func TestPageIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "evidence.md")
	want := evidence.Markdown()
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

// The page is read as Markdown: one row a line, the same number of cells in each.
func TestPageIsATable(t *testing.T) {
	page := evidence.Markdown()
	rows := 0
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); cells == 5 {
			rows++
		} else if cells != 4 {
			t.Errorf("%d bars in the line %q", cells, line)
		}
	}
	// The rows and each room's heading.
	if want := len(evidence.All()) + len(evidence.Rooms()); rows != want {
		t.Errorf("got %d rows, want %d", rows, want)
	}
}
