package evidence_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The words for how a behaviour is known, from the strongest to the weakest.
const (
	recorded    = "recorded"
	documented  = "documented"
	issueThread = "issue thread"
	assumed     = "assumed"
)

// operationID is the shape of an operation's id.
var operationID = regexp.MustCompile(`^[A-Z][a-z][A-Za-z]*_[A-Z][a-z][A-Za-z]*$`)

// isOperation reports whether a name is an operation's. Microsoft Graph has error codes of the same shape.
func isOperation(name string) bool {
	for _, family := range []string{"Request_", "Authorization_", "Directory_"} {
		if strings.HasPrefix(name, family) {
			return false
		}
	}
	return operationID.MatchString(name)
}

// entry is a row: a behaviour of the emulated Azure and its evidence.
type entry struct {
	behaviour string
	// operations, settings and codes are what the row speaks for; settings are control events too, codes container events.
	operations, settings, codes []string
	evidence, source            string
	// row is the line of the file.
	row string
}

// table is an evidence.md.
type table struct {
	// folder is the service's, as a path from the emulator's own: . or internal/arm.
	folder, title string
	entries       []entry
}

const heading = "| behaviour | speaks for | evidence | source |"

// parse reads an evidence.md: a title, a heading, and rows.
func parse(folder, text string) (table, error) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	fixed := []string{"", heading, "|---|---|---|---|"}
	title, ok := strings.CutPrefix(lines[0], "# ")
	if !ok || len(lines) < 5 || !slices.Equal(lines[1:4], fixed) {
		return table{}, fmt.Errorf("%s/evidence.md does not begin with a title, an empty line and the heading %s", folder, heading)
	}
	t := table{folder: folder, title: title}
	for i, line := range lines[4:] {
		e, err := parseRow(line)
		if err != nil {
			return table{}, fmt.Errorf("%s/evidence.md:%d: %w", folder, i+5, err)
		}
		t.entries = append(t.entries, e)
	}
	return t, nil
}

// parseRow reads a row. A bar within a cell is written \|.
func parseRow(line string) (entry, error) {
	const bar = "\x00"
	cells := strings.Split(strings.ReplaceAll(line, `\|`, bar), "|")
	if len(cells) != 6 || cells[0] != "" || cells[5] != "" {
		return entry{}, fmt.Errorf("%q is not a row of four cells", line)
	}
	for i := range cells {
		cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), bar, "|")
	}
	e := entry{behaviour: cells[1], evidence: cells[3], source: cells[4], row: line}
	for quoted := range strings.FieldsSeq(cells[2]) {
		name := strings.Trim(quoted, "`")
		switch {
		case name == "" || quoted != "`"+name+"`":
			return entry{}, fmt.Errorf("%s is not a name in backquotes", quoted)
		case isOperation(name):
			e.operations = append(e.operations, name)
		case strings.ToLower(name[:1]) == name[:1]:
			e.settings = append(e.settings, name)
		default:
			e.codes = append(e.codes, name)
		}
	}
	return e, nil
}

// readTables reads every evidence.md of the emulator, by their folders' names: the core first, the emulator's own last.
func readTables(t *testing.T) []table {
	t.Helper()
	var tables []table
	err := filepath.WalkDir(emulator, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "evidence.md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		one, err := parse(folderOf(path), string(text))
		tables = append(tables, one)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(tables, func(a, b table) int {
		return strings.Compare(strings.Replace(a.folder, ".", "~", 1), strings.Replace(b.folder, ".", "~", 1))
	})
	return tables
}

// folderOf is the folder of a file, as a path from the emulator's own.
func folderOf(path string) string {
	folder, err := filepath.Rel(emulator, filepath.Dir(path))
	if err != nil {
		panic(err)
	}
	return filepath.ToSlash(folder)
}

// page is docs/evidence.md.
func page(tables []table) string {
	counts := map[string]int{}
	for _, t := range tables {
		for _, e := range t.entries {
			counts[e.evidence]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# What we know of Azure, and how

<!-- Made from the evidence.md files below emulator/azure. Change those, then run: UPDATE=1 go test ./emulator/azure/internal/evidence -->

This page lists everything that the emulated Azure does, with the evidence for it. Whoever first uses
Pacific with the real Azure can see here what was observed and what is a guess.

| evidence | rows | what it means |
|---|--:|---|
| %s | %d | seen in public recordings of real Azure's answers |
| %s | %d | stated by a page or an API file of Microsoft's |
| %s | %d | reported by users or maintainers in a public thread |
| %s | %d | our guess, with its reason, or a deliberate difference |
`, recorded, counts[recorded], documented, counts[documented], issueThread, counts[issueThread], assumed, counts[assumed])
	for _, t := range tables {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n|---|---|---|---|\n", t.title, heading)
		for _, e := range t.entries {
			b.WriteString(e.row + "\n")
		}
	}
	return b.String()
}

func TestParse(t *testing.T) {
	const head = "# T\n\n" + heading + "\n|---|---|---|---|\n"
	got, err := parse("x", head+"| A \\| b. | `Boxes_Get` `latency.pull` `evict` `NotFound` | assumed | because |\r\n| C. |  | recorded | recordings |\n")
	if err != nil || got.title != "T" || len(got.entries) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	e := got.entries[0]
	if e.behaviour != "A | b." || !slices.Equal(e.operations, []string{"Boxes_Get"}) || !slices.Equal(e.settings, []string{"latency.pull", "evict"}) ||
		!slices.Equal(e.codes, []string{"NotFound"}) || e.evidence != assumed || e.source != "because" {
		t.Errorf("%+v", e)
	}
	for _, bad := range []string{
		"", "T\n", head, "# T\n" + heading + "\n|---|---|---|---|\n| A. |  | assumed | x |\n", head + "| A. | assumed | x |\n", head + "| A. |  | assumed | x | y |\n",
		head + "A. |  | assumed | x |\n", head + "| A. | Boxes_Get | assumed | x |\n", head + "| A. | `` | assumed | x |\n", head + "| A. |  | assumed | x |\n\nmore\n",
	} {
		if got, err := parse("x", bad); err == nil {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
}
