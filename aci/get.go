package aci

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/pacific-aci/pacific/azure"
)

// goneAfter is the distance of the two 404s that prove a group gone: one alone may be a cache of Azure's that does not
// know it yet.
const goneAfter = 2 * time.Second

// goneAfter is shorter for an Azure that is asked more often than the real one can be.
func (c *Client) goneAfter() time.Duration { return min(goneAfter, 2*c.firstPoll) }

// Get reads one group. A missing one is [ErrNotFound], any other failure an *azure.Error: one read, nothing repeated.
func (c *Client) Get(ctx context.Context, name string) (*Group, error) {
	g, err := c.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading container group %q: %w", name, err)
	}
	return g, nil
}

// read is one GET of a group.
func (c *Client) read(ctx context.Context, name string) (*Group, error) {
	resp, err := c.groups.Get(c.regional(ctx), c.resourceGroup, name, nil)
	if err == nil {
		return newGroup(&resp.ContainerGroup), nil
	}
	if e := azure.Explain(err); e != nil {
		if missing(e) {
			return nil, fmt.Errorf("%w: %q in resource group %q", ErrNotFound, name, c.resourceGroup)
		}
		return nil, e
	}
	return nil, err
}

// missing reports that the group itself is not there. A resource group or subscription that is not there says nothing
// about Azure's caches and never becomes right by waiting.
func missing(e *azure.Error) bool {
	return e.Status == http.StatusNotFound && !e.Has("ResourceGroupNotFound") && !e.Has("SubscriptionNotFound")
}

// regional lets ctx's requests count for the region where the groups are, if that is known.
func (c *Client) regional(ctx context.Context) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.location == "" {
		return ctx
	}
	return azure.WithRegion(ctx, c.location)
}

// lost reports that err says nothing about what is true in Azure.
func lost(err error) (*azure.Error, bool) {
	e := azure.Explain(err)
	return e, e != nil && e.Lost()
}

// mostUnreadable is how often an answer that is not Azure's is waited out.
const mostUnreadable = 5

// getDefinite reads until Azure gives a definite answer: the group, or nil for 404. It gives up with ctx alone, or for a
// definite refusal such as a missing right.
func (c *Client) getDefinite(ctx context.Context, name string) (*Group, error) {
	wait := pace{c.firstPoll, 30 * time.Second}
	said, unreadable := false, 0
	for {
		g, err := c.read(ctx, name)
		switch e, isLost := lost(err); {
		case err == nil:
		case isNotFound(err):
			err = nil
		case e == nil && ctx.Err() == nil && unreadable < mostUnreadable:
			// Not Azure's answer, but a page of a proxy's, or one that broke off.
			unreadable++
			d := wait.step()
			c.emit(ctx, name, Event{Kind: EventViewLost, Wait: d, Err: err})
			said = true
			if err := sleep(ctx, d); err != nil {
				return nil, err
			}
			continue
		case isLost:
			d := max(wait.step(), e.RetryAfter)
			c.emit(ctx, name, Event{Kind: EventViewLost, Wait: d, Err: e})
			said = true
			if err := sleep(ctx, d); err != nil {
				return nil, err
			}
			continue
		default:
			return nil, fmt.Errorf("reading container group %q: %w", name, err)
		}
		if said {
			c.emit(ctx, name, Event{Kind: EventViewBack})
		}
		return g, err
	}
}

// confirmGone reads the group for a caller whose request may be under way: only two 404s in a row mean that it is not
// there, which nil says.
func (c *Client) confirmGone(ctx context.Context, name string) (*Group, error) {
	g, err := c.getDefinite(ctx, name)
	if g != nil || err != nil {
		return g, err
	}
	if err := sleep(ctx, c.goneAfter()); err != nil {
		return nil, err
	}
	return c.getDefinite(ctx, name)
}

// operationError asks a long-running operation why it failed. Azure tells some reasons, such as no capacity, nowhere
// else. nil if it does not say.
func (c *Client) operationError(ctx context.Context, address string) *azure.Error {
	if address == "" {
		return nil
	}
	req, err := runtime.NewRequest(c.regional(ctx), http.MethodGet, address)
	if err != nil || req.Raw().URL.Host != c.host() {
		return nil
	}
	resp, err := c.raw.Pipeline().Do(req)
	if err != nil {
		return nil
	}
	if e := azure.Explain(runtime.NewResponseError(resp)); e != nil && !e.Lost() && len(e.Codes()) > 0 {
		return e
	}
	return nil
}
