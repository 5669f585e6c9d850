package main

import (
	"strings"
	"testing"
)

// TestEveryCheckHasItsRow holds the checks to the table of evidence: each is about one row that is still assumed. A row that
// has found better evidence, or other words, is not looked for in vain.
func TestEveryCheckHasItsRow(t *testing.T) {
	rows, err := assumedRows("../../" + evidencePage)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range checks {
		var about []string
		for _, r := range rows {
			if strings.HasPrefix(r.behaviour, c.row) {
				about = append(about, r.behaviour)
			}
		}
		if len(about) != 1 || seen[c.row] {
			t.Errorf("the check %q is about %d assumed rows, want one of its own: %q", c.row, len(about), about)
		}
		seen[c.row] = true
	}
	if len(rows) < 50 || len(checks) < 15 {
		t.Errorf("%d assumed rows and %d checks: the page was not read", len(rows), len(checks))
	}
}

func TestReport(t *testing.T) {
	var out strings.Builder
	report(&out, []row{{"One is so.", "a guess"}, {"Two is so.", "a guess"}, {"Three is so.", "a guess"}, {"Four is so.", "a limit of the emulator"}},
		map[string]finding{"One": {confirmed, "200"}, "Two": {refuted, "404 NotFound"}})
	want := "confirmed  One is so.\n           200\nrefuted    Two is so.\n           404 NotFound\nunknown    Three is so.\n\n" +
		"1 confirmed, 1 refuted, 1 unknown; 1 more are about the local Azure alone\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
