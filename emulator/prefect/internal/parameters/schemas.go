package parameters

import (
	"encoding/json"
	"sync"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// mostSchemas is how many templates' schemas are kept. A server has as many as it has work pools.
const mostSchemas = 64

// Schemas keeps what [JobVariables] compile of a template's schema: that costs milliseconds, in which everybody else waits, and
// every run of a pool needs the same. The zero value is empty; nil keeps nothing. It may be used by several goroutines.
type Schemas struct {
	mu   sync.Mutex
	kept map[string]*variables // by their JSON
}

// of gives what is kept of a schema, or begins to keep it.
func (s *Schemas) of(raw json.RawMessage) *variables {
	if s == nil {
		return newVariables(raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.kept[string(raw)]
	if v == nil {
		if s.kept == nil || len(s.kept) == mostSchemas {
			s.kept = map[string]*variables{}
		}
		v = newVariables(raw)
		s.kept[string(raw)] = v
	}
	return v
}

// variables is the schema of a template's variables. Each form of it is compiled when it is first needed.
type variables struct {
	// schema is as it was written, and is not to be changed. nil: there is nothing to hold values against.
	schema map[string]any
	// wrong is what is wrong with the schema itself.
	wrong func() error
	// defaults is for the pool's own values, complete for those of a run, and partial for those that need not be complete.
	defaults, complete, partial func() (checker, error)
}

func newVariables(raw json.RawMessage) *variables {
	raw = append(json.RawMessage(nil), raw...)
	document, err := pytext.Decode(raw)
	schema, ok := document.(map[string]any)
	if err != nil || !ok || len(schema) == 0 {
		return &variables{}
	}
	form := func(o Options) func() (checker, error) {
		return sync.OnceValues(func() (checker, error) {
			own, err := pytext.Decode(raw) // newChecker changes it
			if err != nil {
				return checker{}, err
			}
			return newChecker(own, o)
		})
	}
	return &variables{
		schema:   schema,
		wrong:    sync.OnceValue(func() error { return checkSchema(document) }),
		defaults: form(Options{AsIs: true, IgnoreRequired: true, Formats: true}),
		complete: form(Options{NullableDefaults: true}),
		partial:  form(Options{NullableDefaults: true, IgnoreRequired: true}),
	}
}

// check holds values against the schema.
func (v *variables) check(values map[string]any, complete bool) error {
	form := v.partial
	if complete {
		form = v.complete
	}
	c, err := form()
	if err != nil {
		return err
	}
	return c.check(values)
}
