package cli

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/docpages"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// foreignSymptoms are those that other programs show.
var foreignSymptoms = []string{"No module named 'adlfs'", "'prefect_azure'", "CERTIFICATE_VERIFY_FAILED", "exit code 127", "run"}

// TestSymptomsExist holds docs/troubleshooting.md: what it says that Pacific shows is a text of some program file.
func TestSymptomsExist(t *testing.T) {
	var source strings.Builder
	goFiles(t, &source, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
	shown := 0
	for _, cell := range oneCell.FindAllStringSubmatch(docPages(t)["docs/troubleshooting.md"], -1) {
		for _, code := range docpages.Spans(cell[1]) {
			if slices.Contains(foreignSymptoms, code) {
				continue
			}
			if shown++; !strings.Contains(source.String(), code) {
				t.Errorf("docs/troubleshooting.md: nothing shows %q", code)
			}
		}
	}
	if shown < 10 {
		t.Errorf("only %d symptoms found", shown)
	}
}

// TestPagesNameTests: every test that a page names exists.
func TestPagesNameTests(t *testing.T) {
	var source strings.Builder
	goFiles(t, &source, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	named := 0
	for page, text := range docPages(t) {
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(text, -1) {
			if named++; !strings.Contains(source.String(), "\nfunc "+name+"(") {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
	if named < 100 {
		t.Errorf("only %d tests are named", named)
	}
}

// TestMigrationNamesFields holds docs/from-prefect-azure.md: it has every variable of Pacific's own template and no other, and
// the flags in its tables exist.
func TestMigrationNamesFields(t *testing.T) {
	page := docPages(t)["docs/from-prefect-azure.md"]
	_, variables, _ := strings.Cut(page, "## Job variables")
	variables, block, _ := strings.Cut(variables, "## The job block of Prefect 2")
	block, _, _ = strings.Cut(block, "## In Python code")
	root := testTree(t)
	run, _, err := root.Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	create, _, err := root.Find([]string{"block", "create", "azure-container-instance-job"})
	if err != nil {
		t.Fatal(err)
	}
	rows := func(text string, cmd *cobra.Command) (names []string) {
		for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\| (.*?) \\|").FindAllStringSubmatch(text, -1) {
			for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[1], -1) {
				names = append(names, name[1])
			}
			for _, flag := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(row[2], -1) {
				if cmd.Flags().Lookup(flag[1]) == nil && cmd.InheritedFlags().Lookup(flag[1]) == nil {
					t.Errorf("%s has no flag --%s", cmd.CommandPath(), flag[1])
				}
			}
		}
		slices.Sort(names)
		return names
	}
	var template struct {
		Variables struct {
			Properties map[string]any `json:"properties"`
		} `json:"variables"`
	}
	raw, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, prefect.Version{Major: 3})
	if err != nil || json.Unmarshal(raw, &template) != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(template.Variables.Properties)), rows(variables, run)); diff != "" {
		t.Errorf("the template's variables and the page's: -want +got:\n%s", diff)
	}
	if fields := rows(block, create); len(fields) < 15 {
		t.Errorf("only %d fields of the job block: %q", len(fields), fields)
	}
}
