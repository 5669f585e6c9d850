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
	// putTimeout is how long one PUT may take. Azure Resource Manager gives a resource provider 60 seconds and answers
	// then; what takes longer is a lost connection.
	putTimeout = 2 * time.Minute
	// putLag is how long after the end of a PUT its group may still appear: the minute that Resource Manager gives a
	// resource provider.
	putLag = time.Minute
	// startsWithin is how soon after a PUT its container may print something: images can be on the machine already.
	startsWithin = 5 * time.Second
)

// A putRequest is one PUT of a group. It outlives the call that sent it: breaking it off would not undo it, and its
// answer is the surest way to know what it did.
//
//	waiting ──▶ sent ──▶ accepted, or no clear answer: the group may appear until putLag has passed
//	   │          └────▶ refused: no effect
//	   └─ ctx ends: not sent
//
// The wait is for Resource Manager's limits. The end of ctx does not end a request that was sent, putTimeout does.
type putRequest struct {
	done     chan struct{}  // closed when response and err are set
	response *http.Response // nil: there was no answer, not even its header
	err      error

	mu       sync.Mutex
	given    bool // the caller gave up before it was sent
	sent     time.Time
	deadline time.Time
	cancel   context.CancelFunc
}

type putKey struct{}

// detachPut gives a PUT that is about to be sent a context of its own. It comes after the policy that waits for
// Resource Manager's limits.
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
	p.response = resp // with an error too: the policies above drop an answer whose body broke off
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

// giveUp reports whether the request was sent. If it was not, it never will be.
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

// accepted reports that Azure took the request, even if the answer's body broke off. A web page says nothing of Azure's:
// it is from a proxy in between.
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
		// A gateway in between gave a page of its own: what Azure did is as unknown as after a 502.
		return gatewayPage(p.response)
	case p.response != nil && p.response.StatusCode >= 300:
		// The caller's end hides the answer.
		return runtime.NewResponseError(p.response)
	case !p.deadline.IsZero() && !time.Now().Before(p.deadline):
		return fmt.Errorf("no answer within %s: %w", putTimeout, os.ErrDeadlineExceeded)
	}
	return p.err
}

// gatewayPage is the error of an answer that is a web page of a gateway in between.
func gatewayPage(resp *http.Response) error {
	return runtime.NewResponseError(&http.Response{
		StatusCode: http.StatusBadGateway, Status: "502 Bad Gateway", Request: resp.Request, Header: http.Header{}, Body: http.NoBody,
	})
}

// send is one PUT. The SDK's poller is left alone: the group is watched by reads of its own.
func (s *start) send(ctx context.Context) (*Group, error) {
	wire := *s.wire
	wire.Tags = maps.Clone(s.wire.Tags)
	if wire.Tags == nil {
		wire.Tags = map[string]*string{}
	}
	s.job.stamp(&wire, s.requested)
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
			s.request = p // settle waits for it
			return nil, context.Cause(ctx)
		}
	}
	p.end()
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

// answered takes what came of a PUT.
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
