package jobtemplate

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci"
)

// slugs are names with what python-slugify, as Prefect's worker calls it, makes of them.
//
//go:embed testdata/slugs.tsv
var slugs string

func TestLatin(t *testing.T) {
	count := 0
	for line := range strings.Lines(slugs) {
		name, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if want == "" {
			continue // aci has a name for it
		}
		count++
		if got := strings.TrimSuffix(aci.NameFor(latin(name), "x"), "-x"); got != want {
			t.Errorf("%q: %q, Prefect's is %q", name, got, want)
		}
	}
	if count < 35 {
		t.Errorf("only %d names", count)
	}
}
