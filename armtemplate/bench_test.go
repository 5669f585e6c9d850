package armtemplate_test

import (
	"context"
	"os"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

// BenchmarkLarge evaluates 800 resources with all that is usual in them, bodies and outputs included.
func BenchmarkLarge(b *testing.B) {
	text, err := os.ReadFile("testdata/large.json")
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	for b.Loop() {
		t, err := armtemplate.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		d, err := t.Evaluate(ctx, armtemplate.Options{Scope: home})
		if err != nil {
			b.Fatal(err)
		}
		if len(d.Resources) != 800 || len(d.Batches()) != 2 {
			b.Fatalf("%d resources in %d batches", len(d.Resources), len(d.Batches()))
		}
		for _, r := range d.Resources {
			if _, err := r.Body(ctx, nil); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := d.Outputs(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
}
