package armtemplate_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/armtemplate"
)

// Goroutines that share a deployment may evaluate while others wait for an answer, however many wait within however many
// calls.
func TestBodiesSideBySide(t *testing.T) {
	const resources, calls = 150, 30
	d := evaluate(t, template(`"resources": [{"type": "A.B/c", "apiVersion": "1", "name": "[concat('a', copyIndex())]", "copy": {"name": "loop", "count": 150},
		"properties": "[`+strings.Repeat("concat(", calls)+`reference('/x/y', '1').name`+strings.Repeat(")", calls)+`]"}]`), "")
	var evaluating sync.Mutex
	var asked, done sync.WaitGroup
	asked.Add(resources)
	for _, r := range d.Resources {
		done.Go(func() {
			told := sync.OnceFunc(asked.Done)
			defer told() // or a failure would hold up the others
			resolver := &armtemplate.Resolver{Reference: func(context.Context, armtemplate.ReferenceRequest) (json.RawMessage, error) {
				evaluating.Unlock()
				defer evaluating.Lock()
				told()
				asked.Wait() // for all others
				return json.RawMessage(`{"properties": {"name": "seen"}}`), nil
			}}
			evaluating.Lock()
			defer evaluating.Unlock()
			body, err := r.Body(t.Context(), resolver)
			if err != nil {
				t.Errorf("%s: %v", r.Name, err)
			} else if string(body) != `{"properties":"seen"}` {
				t.Errorf("%s: %s", r.Name, body)
			}
		})
	}
	done.Wait()
}
