package arm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// Style is how a client finds out that a long-running operation has ended.
type Style int

// The styles of ARM.
const (
	// AzureAsync sends Azure-AsyncOperation; polls answer 200 with a status document.
	AzureAsync Style = iota
	// Location sends Location; polls answer 202 until the end, then OperationSpec.Final.
	Location
	// BodyState sends neither: the client reads the resource's provisioningState. The answer carries the
	// retry-after headers; handlers of the resource's GET add them with [Core.RetryAfter] while it is not done.
	BodyState
)

// The states of an operation that are final. In between it is InProgress, or what the spec says.
const (
	Succeeded = "Succeeded"
	Failed    = "Failed"
	Canceled  = "Canceled"
)

// maxOperations bounds the table of remembered operations: the oldest finished one goes first.
const maxOperations = 20_000

// OperationSpec describes a long-running operation.
type OperationSpec struct {
	Style Style
	// Namespace and Location are parts of the poll URL. An empty Namespace is ARM itself:
	// /subscriptions/S/operationresults/ID.
	Namespace, Location string
	// Path is the poll URL's up to the operation's id, for a service that answers the polls itself, with [Core.Polled];
	// empty: the core answers, at a path of Namespace and Location.
	Path string
	// APIVersion is the poll URL's; empty is the request's own. ACI's is always 2018-06-01.
	APIVersion string
	// Running is the status while it runs; empty is InProgress. ACI says Pending.
	Running string
	// ResourceID is the id that the status document shows, without an endTime, as container groups' do; empty shows the
	// operation's own id, and when it ended.
	ResourceID string
	// Name is the status document's name, if it has one.
	Name string
	// Final is the answer to the first poll after a success in the Location style; nil is 204.
	Final *Response
	// Work is what happens in the background; ctx ends when the core closes or is reset. It starts after
	// latency.operation. An *Error makes the operation Failed with it; any other error with InternalServerError. It may be nil.
	Work func(ctx context.Context, op *AsyncOperation) error
}

// AsyncOperation is a long-running operation:
//
//	StartOperation ──▶ spec.Running ── latency.operation, then Work ─┬─ an error ─────────────────────▶ Failed
//	                     (InProgress)                                ├─ a fault wants another end ────▶ Forced
//	                                                                 └─ neither ──────────────────────▶ Succeeded
//
// It is remembered after its end, for the client's last poll, until maxOperations newer ones have pushed it out.
type AsyncOperation struct {
	// ID is a GUID.
	ID string
	// Forced is the end that a fault wants (its provisioningState); empty: none. The operation ends so by itself; the
	// service must make the resource's own state agree.
	Forced string

	core  *Core
	spec  OperationSpec
	url   string
	start time.Time
	fault faults.Effect
	done  chan struct{}
	// pending is the key of the resource whose state says how the operation goes; empty in the other styles.
	pending string

	mu     sync.Mutex
	status string
	end    time.Time
	err    *Error
	events []any
}

// StartOperation begins a long-running operation for a call, before the call is answered. The answer gets
// [AsyncOperation.Header].
func (c *Core) StartOperation(r *Request, spec OperationSpec) *AsyncOperation {
	// The operation is remembered long after its end: what its work rests on, such as the plan of a deployment, is not.
	work := spec.Work
	spec.Work = nil
	op := &AsyncOperation{
		ID: uuid.NewString(), Forced: r.Fault.ProvisioningState,
		core: c, spec: spec, start: time.Now().UTC(), fault: r.Fault, done: make(chan struct{}),
		status: spec.Running,
	}
	if op.status == "" {
		op.status = "InProgress"
	}
	op.url = op.pollURL(r)
	c.operations.add(op)
	if answer, ok := r.Context().Value(answerKey{}).(*Answer); ok {
		answer.operation = op
	}
	if spec.Style == BodyState {
		op.pending = r.id.Key()
		c.operations.begin(op)
	}
	began := c.GoUntilReset(func(ctx context.Context) {
		defer c.operations.ended(op)
		err := faults.Sleep(ctx, c.Faults.Settings().Latency.Operation.Std())
		if err == nil && work != nil {
			err = work(ctx, op)
		}
		op.finish(err)
	})
	if !began {
		op.finish(context.Canceled)
		c.operations.ended(op)
	}
	return op
}

// pollURL is the address at which the client asks how the operation goes.
func (op *AsyncOperation) pollURL(r *Request) string {
	version := op.spec.APIVersion
	if version == "" {
		version = r.APIVersion
	}
	kind := "operations"
	if op.spec.Style == Location {
		kind = "operationresults"
	}
	path := "/subscriptions/" + op.core.options.SubscriptionID
	if op.spec.Path != "" {
		return r.AbsoluteURL(op.spec.Path+"/"+op.ID, url.Values{"api-version": {version}})
	}
	if op.spec.Namespace != "" {
		path += "/providers/" + op.spec.Namespace + "/locations/" + op.spec.Location
	}
	return r.AbsoluteURL(path+"/"+kind+"/"+op.ID, url.Values{"api-version": {version}})
}

// Header is what the first answer carries: the poll URL, and how long to wait.
func (op *AsyncOperation) Header() http.Header {
	h := http.Header{}
	switch op.spec.Style {
	case AzureAsync:
		h.Set("Azure-AsyncOperation", op.url)
	case Location:
		h.Set("Location", op.url)
	}
	if op.core.regional(op.spec.Namespace) && op.spec.Location != "" {
		h.Set("X-Ms-Request-Id", op.spec.Location+":"+op.ID)
	}
	op.core.RetryAfter(h)
	return h
}

// AddEvent appends to properties.events of the status document.
func (op *AsyncOperation) AddEvent(event any) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.events = append(op.events, event)
}

// Done is closed when the operation is over.
func (op *AsyncOperation) Done() <-chan struct{} { return op.done }

// Status is the state now, and the error of a failed one.
func (op *AsyncOperation) Status() (string, *Error) {
	op.mu.Lock()
	defer op.mu.Unlock()
	return op.status, op.err
}

// ForcedError is the error of the end that a fault wants; nil if that is none, or a success.
func (op *AsyncOperation) ForcedError() *Error {
	if op.Forced != Failed && op.Forced != Canceled {
		return nil
	}
	return forcedError(op.fault)
}

// finish ends the operation. An error that is not an *Error is logged and shown as InternalServerError.
func (op *AsyncOperation) finish(err error) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.end = time.Now().UTC()
	switch {
	case err != nil:
		op.status = Failed
		var known bool
		if op.err, known = errors.AsType[*Error](err); !known {
			op.core.log.Error("long-running operation", "id", op.ID, "error", err)
			op.err = internalError()
		}
	case op.ForcedError() != nil:
		op.status, op.err = op.Forced, op.ForcedError()
	default:
		op.status = Succeeded
	}
}

// forcedError is the error of an operation that a fault ended.
func forcedError(e faults.Effect) *Error {
	forced := &Error{Status: http.StatusConflict, Code: e.Code, Message: e.Message}
	if forced.Code == "" {
		forced.Code = "ProvisioningFailed"
	}
	if forced.Message == "" {
		forced.Message = fmt.Sprintf("The operation ended as %s, as a fault of the emulator asked.", e.ProvisioningState)
	}
	return forced
}

// RetryAfter adds the headers that ask a client to wait for the setting retryAfter.
// They belong on every answer that says "not yet".
func (c *Core) RetryAfter(h http.Header) {
	faults.RetryAfter(h, c.Faults.Settings().RetryAfter.Std())
}

// operationTable remembers operations by id.
type operationTable struct {
	mu    sync.Mutex
	byID  map[string]*AsyncOperation
	order []string // ids, oldest first
	// pending are the operations in the BodyState style that run, by the key of their resource.
	pending map[string]*AsyncOperation
}

// begin remembers that a resource's own state says how an operation goes.
func (t *operationTable) begin(op *AsyncOperation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending == nil {
		t.pending = map[string]*AsyncOperation{}
	}
	t.pending[op.pending] = op
}

// ended lets go of all that wait for an operation.
func (t *operationTable) ended(op *AsyncOperation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if op.pending != "" && t.pending[op.pending] == op {
		delete(t.pending, op.pending)
	}
	close(op.done)
}

// of is the operation that a resource's state is about, if one runs.
func (t *operationTable) of(key string) (*AsyncOperation, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	op, ok := t.pending[key]
	return op, ok
}

// add remembers an operation. Over maxOperations the oldest one that has ended is forgotten.
func (t *operationTable) add(op *AsyncOperation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = map[string]*AsyncOperation{}
	}
	t.byID[op.ID] = op
	t.order = append(t.order, op.ID)
	if len(t.order) <= maxOperations {
		return
	}
	oldest := slices.IndexFunc(t.order, func(id string) bool {
		select {
		case <-t.byID[id].done:
			return true
		default:
			return false
		}
	})
	if oldest >= 0 {
		delete(t.byID, t.order[oldest])
		t.order = slices.Delete(t.order, oldest, oldest+1)
	}
}

func (t *operationTable) get(id string) (*AsyncOperation, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	op, ok := t.byID[strings.ToLower(id)]
	return op, ok
}

func (t *operationTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID, t.order, t.pending = nil, nil, nil
}

func internalError() *Error {
	return Errorf(http.StatusInternalServerError, "InternalServerError", "The server encountered an internal error. Please retry the request.")
}
