package aci

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

const (
	// putTimeout is how long one PUT may take. Azure Resource Manager gives a resource provider 60 seconds to answer, so
	// whatever takes twice as long is a lost connection.
	putTimeout = 2 * time.Minute
	// putLag is how long after the end of a PUT its group may still appear: the minute that Resource Manager gives a
	// resource provider.
	putLag = time.Minute
	// startsWithin is how soon after a PUT its container may print something, if the image is on the machine already.
	startsWithin = 5 * time.Second
)

// A putRequest is one PUT of a group. Once sent it outlives its caller's context, as cancelling it would not undo it, and
// its answer is the surest way to learn what it did.
//
//	waiting ── sent ──┬─▶ accepted
//	   │              ├─▶ refused: no effect
//	   │              └─▶ no clear answer: the group may appear until putLag has passed
//	   └─ ctx ends ─────▶ never sent
//
// It waits for Resource Manager's token buckets. After that only putTimeout ends it.
type putRequest struct {
	done     chan struct{}  // closed when response and err are set
	response *http.Response // nil: there was no answer, not even its header
	err      error

	mu       sync.Mutex
	given    bool // it must not be sent any more
	sent     time.Time
	deadline time.Time // zero: it was not sent
	cancel   context.CancelFunc
}

type putKey struct{}

// detachPut is a pipeline policy that gives a PUT a context of its own right before it is sent. It runs after the policy
// that waits for Resource Manager's token buckets: that wait still ends with the caller's context.
type detachPut struct{}

// Do sends one request.
func (detachPut) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	p, ok := ctx.Value(putKey{}).(*putRequest)
	if !ok {
		return req.Next()
	}
	work, ok := p.begin(ctx)
	if !ok {
		return nil, context.Cause(ctx)
	}
	resp, err := req.WithContext(work).Next()
	p.response = resp // also beside an error: the policies above drop an answer whose body broke off
	return resp, err
}

// begin marks the request as sent and makes its context; false if the caller has given up.
func (p *putRequest) begin(ctx context.Context) (context.Context, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given || ctx.Err() != nil {
		return nil, false
	}
	p.sent = time.Now()
	p.deadline = p.sent.Add(putTimeout)
	work, cancel := context.WithDeadline(context.WithoutCancel(ctx), p.deadline)
	p.cancel = cancel
	return work, true
}

// giveUp keeps the request from being sent. It reports whether it was sent already.
func (p *putRequest) giveUp() (sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = true
	return !p.deadline.IsZero()
}

// end breaks the request off, if it was sent, and waits for its end.
func (p *putRequest) end() {
	p.mu.Lock()
	p.given = true
	if p.cancel != nil {
		p.cancel()
	}
	p.mu.Unlock()
	<-p.done
}

// accepted reports whether Azure took the request, even if the answer's body broke off. A web page is not Azure's answer but
// a proxy's.
func (p *putRequest) accepted() bool {
	if p.response == nil || p.response.StatusCode >= 300 {
		return false
	}
	kind := p.response.Header.Get("Content-Type")
	return p.err == nil || kind == "" || strings.Contains(kind, "json")
}

// failure is why the request was not accepted.
func (p *putRequest) failure() error {
	switch {
	case azure.Explain(p.err) != nil:
		return p.err
	case p.response != nil && p.response.StatusCode < 300 && !p.accepted():
		// A gateway answered with a page of its own. What Azure did is as unknown as after a 502.
		return gatewayPage(p.response)
	case p.response != nil && p.response.StatusCode >= 300:
		// The SDK returned the context's error, not the answer.
		return runtime.NewResponseError(p.response)
	case !p.deadline.IsZero() && !time.Now().Before(p.deadline):
		return fmt.Errorf("no answer within %s: %w", putTimeout, os.ErrDeadlineExceeded)
	}
	return p.err
}

// gatewayPage is the error of an answer that is a gateway's web page: a 502, which says that nothing is known.
func gatewayPage(resp *http.Response) error {
	return runtime.NewResponseError(&http.Response{
		StatusCode: http.StatusBadGateway, Status: "502 Bad Gateway", Request: resp.Request, Header: http.Header{}, Body: http.NoBody,
	})
}

// send sends one PUT. It leaves the SDK's poller unused, as the watch reads the group itself.
func (s *start) send(ctx context.Context) (*Group, error) {
	wire := *s.wire
	wire.Tags = maps.Clone(s.wire.Tags)
	if wire.Tags == nil {
		wire.Tags = map[string]*string{}
	}
	requested := s.requested
	if !s.watched {
		// Whoever waits for the group later counts the time for its start from this tag, and not from when Azure took no group.
		requested = time.Now()
	}
	s.job.stamp(&wire, requested)
	wire.Tags[TagToken] = &s.token
	if s.watched {
		wire.Tags[TagWatchedUntil] = new(leaseUntil(time.Now()))
	}
	p := &putRequest{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		ctx := context.WithValue(azure.WithRegion(ctx, deref(wire.Location)), putKey{}, p)
		_, p.err = s.c.groups.BeginCreateOrUpdate(ctx, s.c.resourceGroup, s.name, wire, nil)
	}()
	select {
	case <-p.done:
	case <-ctx.Done():
		if p.giveUp() {
			s.request = p // it may still make the group, so settle waits for it
			return nil, context.Cause(ctx)
		}
	}
	p.end()
	s.c.keepCreatesLeft(deref(wire.Location), p)
	if err := s.answered(p); err != nil {
		return nil, err
	}
	return s.made(wire), nil
}

// made is the group of an accepted PUT.
func (s *start) made(wire armcontainerinstance.ContainerGroup) *Group {
	wire.ID, wire.Name = new(s.c.id(s.name)), &s.name
	return newGroup(&wire)
}

// answered records what a PUT did.
func (s *start) answered(p *putRequest) error {
	if p.deadline.IsZero() {
		return p.err // never sent
	}
	if p.accepted() {
		s.accepted = true
		s.operation = p.response.Header.Get("Azure-AsyncOperation")
		return nil
	}
	err := p.failure()
	if e := azure.Explain(err); e == nil || e.Sent() {
		s.unclear++
		s.settled = time.Now().Add(putLag)
		s.unseen = s.unseen || time.Since(p.sent) > startsWithin
	}
	return err
}
