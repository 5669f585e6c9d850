package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
)

// measureARMTemplates times a template of as many resources as ARM takes, from its text to all bodies and outputs, beside a
// tenth of them, so that a cost that grows with their square is seen.
func measureARMTemplates(t *testing.T, b *bench) {
	each := 400
	if !b.size.full {
		each = 50
	}
	many, few := evaluateTime(t, b, each), evaluateTime(t, b, each/10)
	const limit = 100 * time.Millisecond
	b.table.add(row{
		what: fmt.Sprintf("ARM template of %d resources, evaluated", 2*each), got: millis(many),
		beside: fmt.Sprintf("%d resources %s", 2*each/10, millis(few)), ratio: times(many, few),
		expected: "under 100 ms", missed: many > limit,
	})
}

// evaluateTime is the median time to evaluate two loops of this many resources each.
func evaluateTime(t *testing.T, b *bench, each int) time.Duration {
	t.Helper()
	text, err := os.ReadFile("../armtemplate/testdata/large.json")
	if err != nil {
		t.Fatal(err)
	}
	options := armtemplate.Options{Parameters: armtemplate.Parameters{"each": {Value: json.RawMessage(fmt.Sprint(each))}}, Scope: armtemplate.Scope{Location: "westeurope"}}
	var taken sample
	for range max(b.size.rounds, 3) {
		began := time.Now()
		template, err := armtemplate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		d, err := template.Evaluate(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range d.Resources {
			if _, err := r.Body(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		outputs, err := d.Outputs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		taken.add(time.Since(began))
		if len(d.Resources) != 2*each || len(outputs) != 1 {
			t.Fatalf("%d resources and %d outputs; want %d and 1", len(d.Resources), len(outputs), 2*each)
		}
	}
	return taken.median()
}
