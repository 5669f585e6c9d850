package deployments

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// The states of a deployment and of its operations, besides those of the core's operations.
const (
	accepted = "Accepted"
	running  = "Running"
)

// record is what is remembered of a deployment. It is guarded by the service's mu; the values in it are never changed.
type record struct {
	id   arm.ResourceID
	tags map[string]string

	state       string
	began       time.Time
	changed     time.Time // of the state
	correlation string
	mode        string
	hash        string
	template    json.RawMessage
	parameters  map[string]typedValue
	outputs     map[string]typedValue
	// values are those of all outputs, secret ones too: one action alone gives them.
	values    map[string]json.RawMessage
	providers []providerView
	depends   []dependency
	made      []reference
	err       *arm.Error

	operations []*operation
	// abort ends what still runs. It may be called more than once.
	abort context.CancelFunc
}

// typedValue is a parameter or an output. One that is secret has no value.
type typedValue struct {
	Type      string           `json:"type"`
	Value     json.RawMessage  `json:"value,omitempty"`
	Reference *secretReference `json:"reference,omitempty"`
}

// operation is what a deployment did about one resource.
type operation struct {
	id       string
	kind     string // as provisioningOperation has it
	target   *target
	state    string
	began    time.Time
	changed  time.Time
	tracking string
	status   string
	err      *arm.Error
}

// active reports whether a deployment has not ended.
func (d *record) active() bool { return d.state == accepted || d.state == running }

// setState gives a deployment another state.
func (d *record) setState(state string) { d.state, d.changed = state, time.Now().UTC() }

// stop cancels a deployment that has not ended.
func (d *record) stop() {
	if d.active() {
		d.setState(arm.Canceled)
		d.abort()
	}
}

// newRecord is what is known of a deployment that begins.
func newRecord(r *arm.Request, id arm.ResourceID, p *plan) *record {
	now := time.Now().UTC()
	d := &record{
		id: id, tags: p.body.Tags, state: accepted, began: now, changed: now, correlation: r.Header.Get("X-Ms-Correlation-Request-Id"),
		mode: p.body.Properties.Mode, hash: p.body.Properties.hash(), template: p.body.Properties.Template, parameters: p.parameters(), providers: p.providers(), depends: p.dependencies(),
	}
	if uuid.Validate(d.correlation) != nil {
		d.correlation = uuid.NewString()
	}
	return d
}

// hash stands for the template; Azure's own way to compute it is not known.
func (p *properties) hash() string {
	sum := fnv.New64a()
	_, _ = sum.Write(p.Template)
	return strconv.FormatUint(sum.Sum64(), 10)
}

// parameters are the values of a template's parameters, without the secret ones.
func (p *plan) parameters() map[string]typedValue {
	given, out := p.body.Properties.Parameters, map[string]typedValue{}
	for _, one := range p.deployment.Parameters() {
		v := typedValue{Type: typeName(one.Type), Value: one.Value}
		for name, sent := range given {
			if strings.EqualFold(name, one.Name) && sent.Reference != nil {
				v.Value, v.Reference = nil, sent.Reference
			}
		}
		out[one.Name] = v
	}
	return out
}

// typeName spells a type as Azure's answers do.
func typeName(name string) string {
	for _, known := range []string{"String", "SecureString", "Int", "Bool", "Object", "SecureObject", "Array"} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// newOperation adds an operation to a deployment. It is called with mu held.
func (d *record) newOperation(kind string, of *target) *operation {
	now := time.Now().UTC()
	op := &operation{
		id: fmt.Sprintf("%016X", uint64(len(d.operations)+1)), kind: kind, target: of, state: running, began: now, changed: now, tracking: uuid.NewString(),
	}
	d.operations = append(d.operations, op)
	return op
}

// resume notes that an operation which failed is tried again. It is called with mu held.
func (op *operation) resume() {
	op.state, op.status, op.err, op.changed = running, "", nil, time.Now().UTC()
}

// end notes how an operation ended. It is called with mu held.
func (op *operation) end(status string, err *arm.Error) {
	op.state, op.status, op.err, op.changed = arm.Succeeded, status, err, time.Now().UTC()
	if err != nil {
		op.state = arm.Failed
	}
}
