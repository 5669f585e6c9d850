package pytext_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// slugs are names with what python-slugify makes of them: see testdata/slugs.py.
//
//go:embed testdata/slugs.tsv
var slugs string

func TestSlug(t *testing.T) {
	count := 0
	for line := range strings.Lines(slugs) {
		name, want, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !found {
			t.Fatalf("line %q has no tab", line)
		}
		count++
		if got := pytext.Slug(name); got != want {
			t.Errorf("%q: %q, Python's is %q", name, got, want)
		}
	}
	if count < 40 {
		t.Errorf("only %d names", count)
	}
}
