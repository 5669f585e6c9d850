package aci

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// goneAfter is the time between the two 404s after which a group is taken for gone where a mistake is noticed: before a PUT,
// a stop or a delete. One alone may come from a cache of Azure's. What ends a watch needs more: see watch_missing.go.
const goneAfter = 2 * time.Second

// goneAfter is shorter where Config.FirstPoll is: an emulator in the same process has no caches.
func (c *Client) goneAfter() time.Duration { return min(goneAfter, 2*c.firstPoll) }

// Get reads one group, with one request and no retry. A missing group is [ErrNotFound]; other answers of Azure's that are
// not the group are an *azure.Error.
func (c *Client) Get(ctx context.Context, name string) (*Group, error) {
	g, err := c.read(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading container group %q: %w", name, err)
	}
	return g, nil
}

// read is Get without the name in its errors.
func (c *Client) read(ctx context.Context, name string) (*Group, error) {
	// Hundreds of watches may wait for their turn: before the SDK's calls, where their stacks are small.
	ctx, giveBack, err := c.cloud.AwaitTurn(c.regional(ctx), c.subscription, http.MethodGet)
	if err == nil {
		defer giveBack()
		var resp armcontainerinstance.ContainerGroupsClientGetResponse
		if resp, err = c.groups.Get(ctx, c.resourceGroup, name, nil); err == nil {
			return newGroup(&resp.ContainerGroup), nil
		}
	}
	if e := azure.Explain(err); e != nil {
		if missing(e) {
			return nil, c.notFound()
		}
		return nil, e
	}
	return nil, azure.Plain(err)
}

// missing reports whether Azure itself says that the group does not exist. A resource group that does not exist is a wrong
// setting, which waiting does not put right.
func missing(e *azure.Error) bool { return e.NotFound() && !e.Has("ResourceGroupNotFound") }

// notFound is [ErrNotFound] with where the group was looked for; what was to be done with the group names it.
func (c *Client) notFound() error {
	return fmt.Errorf("%w in resource group %q", ErrNotFound, c.resourceGroup)
}

// regional makes the requests of ctx count against the limits of the client's region, if that is known.
func (c *Client) regional(ctx context.Context) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.location == "" {
		return ctx
	}
	return azure.WithRegion(ctx, c.location)
}

// lost reports whether err says nothing about the state of things in Azure: no answer, throttling, a 5xx.
func lost(err error) (*azure.Error, bool) {
	e := azure.Explain(err)
	return e, e != nil && e.Lost()
}

// mostUnreadable is how many answers that are not Azure's are retried: pages of a proxy, and bodies that broke off.
const mostUnreadable = 5

// getDefinite reads until Azure gives a definite answer: the group, or nil for a 404. Only the end of ctx and a refusal,
// such as a missing right, are errors; they do not name the group, since the caller's words do.
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
			unreadable++
			d := wait.step()
			c.emit(ctx, name, Event{Kind: EventViewLost, Wait: d, Err: err})
			said = true
			if err := azure.Sleep(ctx, d); err != nil {
				return nil, err
			}
			continue
		case isLost:
			d := max(wait.step(), e.RetryAfter)
			c.emit(ctx, name, Event{Kind: EventViewLost, Wait: d, Err: e})
			said = true
			if err := azure.Sleep(ctx, d); err != nil {
				return nil, withLast(err, e)
			}
			continue
		default:
			return nil, err
		}
		if said {
			c.emit(ctx, name, Event{Kind: EventViewBack})
		}
		return g, err
	}
}

// confirmGone is getDefinite that needs two 404s, goneAfter apart, to return nil.
func (c *Client) confirmGone(ctx context.Context, name string) (*Group, error) {
	g, err := c.getDefinite(ctx, name)
	if g != nil || err != nil {
		return g, err
	}
	if err := azure.Sleep(ctx, c.goneAfter()); err != nil {
		return nil, err
	}
	return c.getDefinite(ctx, name)
}

// operationError asks a long-running operation why it failed; nil if it does not say. The token goes to Resource Manager's
// own host alone, whatever address Azure's answer named.
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
