package arm

import (
	"net/http"
	"strings"
	"time"
)

// statusView is the document of an Azure-AsyncOperation URL.
type statusView struct {
	ID         string         `json:"id"`
	Name       string         `json:"name,omitempty"`
	Status     string         `json:"status"`
	StartTime  time.Time      `json:"startTime"`
	EndTime    *time.Time     `json:"endTime,omitempty"`
	Properties map[string]any `json:"properties"`
	Error      *Error         `json:"error,omitempty"`
}

func (c *Core) registerPolls() {
	const at = "/subscriptions/{subscriptionId}/providers/{resourceProviderNamespace}/locations/{location}"
	c.Handle(Operation{ID: "AsyncOperations_Get", Method: http.MethodGet, Path: at + "/operations/{operationId}", TokenOnly: true}, c.pollStatus)
	c.Handle(Operation{ID: "OperationResults_Get", Method: http.MethodGet, Path: at + "/operationresults/{operationId}", TokenOnly: true}, c.pollResult)
	c.Handle(Operation{ID: "SubscriptionOperationResults_Get", Method: http.MethodGet,
		Path: "/subscriptions/{subscriptionId}/operationresults/{operationId}", TokenOnly: true}, c.pollResult)
	c.Handle(Operation{ID: "SubscriptionOperations_Get", Method: http.MethodGet,
		Path: "/subscriptions/{subscriptionId}/operations/{operationId}", TokenOnly: true}, c.pollStatus)
}

// polled finds the operation of a poll URL, each part of which must be that operation's.
func (c *Core) polled(r *Request, style Style) (*AsyncOperation, error) {
	op, ok := c.operations.get(r.Params["operationId"])
	if !ok || op.spec.Path != "" || op.spec.Style != style || !strings.EqualFold(op.spec.Namespace, r.Params["resourceProviderNamespace"]) ||
		!strings.EqualFold(op.spec.Location, r.Params["location"]) {
		return nil, NotFound("OperationNotFound", "The operation '%s' was not found.", r.Params["operationId"])
	}
	return op, nil
}

// Polled is the operation that a service answers a poll of, by the last part of its path; the error is ARM's 404.
func (c *Core) Polled(r *Request) (*AsyncOperation, error) {
	at := strings.LastIndexByte(r.URL.Path, '/')
	op, ok := c.operations.get(r.URL.Path[at+1:])
	if !ok || op.spec.Path == "" || !strings.EqualFold(op.spec.Path, r.URL.Path[:at]) {
		return nil, NotFound("OperationNotFound", "The operation '%s' was not found.", r.URL.Path[at+1:])
	}
	return op, nil
}

// pollStatus answers with the operation's status document, also for one that failed.
func (c *Core) pollStatus(r *Request) (*Response, error) {
	op, err := c.polled(r, AzureAsync)
	if err != nil {
		return nil, err
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	v := statusView{
		ID: r.URL.Path, Name: op.spec.Name, Status: op.status, StartTime: op.start, Error: op.err,
		Properties: map[string]any{"events": append([]any{}, op.events...)},
	}
	if op.spec.ResourceID != "" {
		v.ID = op.spec.ResourceID
	}
	res := &Response{Body: &v, Header: http.Header{}}
	if op.end.IsZero() {
		c.RetryAfter(res.Header)
	} else if op.spec.ResourceID == "" {
		v.EndTime = new(op.end)
	}
	return res, nil
}

// pollResult answers 202 while the operation runs, and then as the operation ended.
func (c *Core) pollResult(r *Request) (*Response, error) {
	op, err := c.polled(r, Location)
	if err != nil {
		return nil, err
	}
	op.mu.Lock()
	defer op.mu.Unlock()
	switch {
	case op.end.IsZero():
		header := http.Header{}
		header.Set("Location", op.url)
		c.RetryAfter(header)
		return &Response{Status: http.StatusAccepted, Header: header}, nil
	case op.err != nil:
		return nil, op.err
	case op.spec.Final != nil:
		return op.spec.Final, nil
	}
	return &Response{Status: http.StatusNoContent}, nil
}
