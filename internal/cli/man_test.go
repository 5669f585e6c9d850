package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// manMacros are the requests that the pages may use.
var manMacros = regexp.MustCompile(`^\.(TH|SH|SS|PP|RS|RE|EX|EE|TP|IP|nh|br|nf|fi|ti|in|BR|BI|B|I)( |$)|^\.\\"`)

// pages writes the man pages and reads them, by the name of the file.
func pages(t *testing.T, h *clitest.Harness, folder string) map[string]string {
	t.Helper()
	h.Run("man", folder).Wants(t, 0, "", "wrote the man pages to "+folder)
	files, err := filepath.Glob(filepath.Join(h.Dir, folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.Base(file)] = string(text)
	}
	return got
}

func TestManPages(t *testing.T) {
	h := clitest.NewPrefect(t, nil)
	got := pages(t, h, "man1")
	if diff := cmp.Diff(got, pages(t, h, "again/man1")); diff != "" {
		t.Errorf("a second time they differ:\n%s", diff)
	}
	for _, name := range []string{"pacific.1", "pacific-run.1", "pacific-work-pool-create.1", "pacific-block-create-secret.1"} {
		if got[name] == "" {
			t.Errorf("there is no page %s", name)
		}
	}
	for name, text := range got {
		if !strings.HasPrefix(text, ".nh\n.TH ") || !strings.Contains(text, "\n.SH NAME\n") || !strings.Contains(text, "\n.SH SYNOPSIS\n") {
			t.Errorf("%s: title, name or synopsis is missing:\n%.300s", name, text)
		}
		if strings.Count(text, "\n.EX") != strings.Count(text, "\n.EE") || strings.Contains(text, "```") {
			t.Errorf("%s: an example has no end", name)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !manMacros.MatchString(line) {
				t.Errorf("%s: groff takes %q for a request", name, line)
			}
		}
	}
	// What the text of a page says must reach its reader as it stands.
	if text := strings.ReplaceAll(got["pacific-run.1"], `\-`, "-"); !strings.Contains(text, "pacific run --local") || !strings.Contains(text, "$NAME is not") {
		t.Errorf("pacific-run.1 has lost some of its text:\n%s", text)
	}
	if text := strings.ReplaceAll(got["pacific-block-create-azure-container-instance-credentials.1"], `\_`, "_"); !strings.Contains(text, "AZURE_CLIENT_SECRET") {
		t.Errorf("a name with underscores is not in %s", text)
	}
	h.Run("man").Wants(t, 2, "", "pacific man takes one folder")
	h.With(map[string]string{"SOURCE_DATE_EPOCH": "x"}).Run("man", "man1").Wants(t, 2, "", `SOURCE_DATE_EPOCH is "x"`)
	if text := pages(t, h.With(map[string]string{"SOURCE_DATE_EPOCH": "1700000000"}), "dated")["pacific.1"]; !strings.Contains(text, "Nov 2023") {
		t.Errorf("the date is not that of SOURCE_DATE_EPOCH: %.80s", text)
	}
}
