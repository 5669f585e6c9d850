package aci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// Stop stops the group's containers: with SIGTERM, and with SIGKILL after Azure's own grace period. The group stays and can
// be read; it costs nothing, but counts against the quota. A missing group is [ErrNotFound]. A group that has stopped
// already is not an error. Throttling, failures of Azure's own and lost connections are retried until ctx ends.
func (c *Client) Stop(ctx context.Context, name string) error {
	if err := c.stop(ctx, name); err != nil {
		return fmt.Errorf("stopping container group %q: %w", name, err)
	}
	return nil
}

func (c *Client) stop(ctx context.Context, name string) error {
	var sent atomic.Bool
	ctx = context.WithValue(ctx, sentKey{}, func() { sent.Store(true) })
	wait := pace{c.firstPoll, 30 * time.Second}
	for tries := 1; ; tries++ {
		_, err := c.groups.Stop(c.regional(ctx), c.resourceGroup, name, nil)
		e := azure.Explain(err)
		switch {
		case err == nil:
			return nil
		case e == nil && ctx.Err() != nil:
			return &lateStop{sent: sent.Load(), ended: err}
		case e == nil:
			return err
		case missing(e):
			return c.notFound()
		case e.Has("ContainerGroupStopped"):
			return nil
		case !e.Lost() && (e.Class != azure.ClassConflict || tries >= 10):
			return e
		}
		if err := c.retry(ctx, name, &wait, e); err != nil {
			return &lateStop{last: e, ended: err}
		}
	}
}

// lateStop is a stop that was not done before its context ended.
type lateStop struct {
	sent  bool         // Azure has the request, and had not answered it
	last  *azure.Error // Azure's last answer, which was no; nil: it gave none
	ended error
}

// Error says how far the stop came.
func (e *lateStop) Error() string {
	switch {
	case e.last != nil:
		return "Azure did not take the request in time: " + e.last.Error()
	case e.sent:
		return "Azure did not answer in time"
	}
	return "the request could not be sent in time"
}

// Unwrap returns the context's error.
func (e *lateStop) Unwrap() error { return e.ended }

// stopFailure is why a stop that was given its container's grace period failed; nil if it did not. Azure answers a stop when
// the containers have ended: one that it has not answered by then is under way, and they have had their time.
func stopFailure(err error) error {
	if late, ok := errors.AsType[*lateStop](err); ok && late.sent && late.last == nil {
		return nil
	}
	// A group that is gone is what the reads are about. A stop that was broken off is not needed any more.
	if errors.Is(err, ErrNotFound) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// retry reports an error as EventRetry and waits for the next try.
func (c *Client) retry(ctx context.Context, name string, wait *pace, e *azure.Error) error {
	d := max(wait.step(), e.RetryAfter)
	c.emit(ctx, name, Event{Kind: EventRetry, Wait: d, Err: e})
	if err := azure.Sleep(ctx, d); err != nil {
		return withLast(err, e)
	}
	return nil
}

// withLast is the end of a context that ended a wait for Azure, with Azure's last answer.
func withLast(ended error, last *azure.Error) error {
	return fmt.Errorf("%w; the last answer was %w", ended, last)
}

// Delete deletes the group, whoever made it, and returns when it is gone. A missing group is not an error. What passes
// (409 while Azure still works on the group, 429, 5xx, lost connections) is retried until ctx ends.
func (c *Client) Delete(ctx context.Context, name string) error {
	if err := c.remove(ctx, removal{name: name, token: anyToken}); err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	return nil
}

// sendAgain is how long an accepted delete may take before it is sent once more.
const sendAgain = 2 * time.Minute

// mostDeleteRefusals is how many refusals of a delete are retried: a right that was just given is not known to all of Azure
// yet.
const mostDeleteRefusals = 3

// removal is a delete of the group of this name and token.
type removal struct {
	name, token string
	// saw gets what is learned of the group on the way: a read between two DELETEs, or the group as a DELETE found it; nil:
	// a DELETE took effect just now, or may have, and nothing tells what it found. A nil saw asks for nothing.
	saw func(*Group)
}

func (r removal) tell(g *Group) {
	if r.saw != nil {
		r.saw(g)
	}
}

// remove sends DELETEs until the group is gone or another group has its name. What follows depends on the answer:
//
//	202, 200                   awaitGone; another DELETE if the group is still there after sendAgain
//	204, 404                   confirm by reading: Azure's caches may not know a group that has just been made
//	429, 5xx, no answer, 409   wait, and confirm by reading before the next DELETE: it may have taken effect
//	another refusal            the same, mostDeleteRefusals times
func (c *Client) remove(ctx context.Context, r removal) error {
	wait := pace{c.firstPoll, 30 * time.Second}
	refused := 0
	// confirm reports whether there is nothing of ours left to delete, or an error keeps us from finding out.
	confirm := func() (bool, error) {
		g, err := c.confirmPatiently(ctx, r.name)
		gone := g == nil || !g.owns(r.token)
		switch {
		case err != nil:
		case gone:
			r.tell(nil)
		default:
			r.tell(g)
		}
		return err != nil || gone, err
	}
	for tries := 1; ; tries++ {
		done, err := c.sendDelete(ctx, r.name)
		e := azure.Explain(err)
		switch {
		case err == nil && done.status == http.StatusNoContent, e != nil && missing(e):
			if gone, err := confirm(); gone {
				return err
			}
			if err := azure.Sleep(ctx, wait.step()); err != nil {
				return err
			}
			continue
		case err == nil:
			r.tell(done.group)
			if gone, err := c.awaitGone(ctx, r, done); gone || err != nil {
				return err
			}
			if err := azure.Sleep(ctx, wait.step()); err != nil {
				return err
			}
			continue
		case e == nil:
			return err
		case e.Lost(), e.Class == azure.ClassConflict && tries < 100:
		default:
			if refused++; refused > mostDeleteRefusals {
				return e
			}
		}
		if err := c.retry(ctx, r.name, &wait, e); err != nil {
			return err
		}
		// The delete may have taken effect all the same, and the name may be another group's by now.
		if gone, err := confirm(); gone {
			return err
		}
	}
}

// deleted is the answer to a DELETE that was accepted.
type deleted struct {
	status int
	after  time.Duration // Azure's Retry-After
	group  *Group        // as the DELETE found it; nil: the answer does not have it
}

// sendDelete sends one DELETE.
func (c *Client) sendDelete(ctx context.Context, name string) (deleted, error) {
	var answer *http.Response
	_, err := c.groups.BeginDelete(policy.WithCaptureResponse(c.regional(ctx), &answer), c.resourceGroup, name, nil)
	if err != nil && (answer == nil || answer.StatusCode >= 300) {
		return deleted{}, err
	}
	if answer == nil {
		return deleted{status: http.StatusAccepted}, nil
	}
	if strings.Contains(answer.Header.Get("Content-Type"), "html") {
		return deleted{}, gatewayPage(answer)
	}
	d := deleted{status: answer.StatusCode, after: azure.RetryAfter(answer.Header, time.Now())}
	var wire armcontainerinstance.ContainerGroup
	if d.status == http.StatusOK && runtime.UnmarshalAsJSON(answer, &wire) == nil && wire.Properties != nil {
		d.group = newGroup(&wire)
	}
	return d, nil
}

// awaitGone reads the group until it is gone. It is false if the group is still there after sendAgain. It reads the group
// and not Azure's operation: that costs as much, and only the group itself counts.
func (c *Client) awaitGone(ctx context.Context, r removal, d deleted) (bool, error) {
	began := time.Now()
	// Every read counts against the limits, and a delete that is not done at once takes its time.
	wait := pace{max(5*c.firstPoll, d.after), 30 * time.Second}
	if d.status == http.StatusOK {
		// Azure says that it is done.
		wait.next = 0
	}
	for {
		if err := azure.Sleep(ctx, wait.next); err != nil {
			return false, fmt.Errorf("the delete has not finished yet: %w", err)
		}
		wait.next = min(max(4*wait.next, c.firstPoll), wait.most)
		// One 404 is enough here: even if it is wrong, Azure goes on with the delete.
		g, err := c.getPatiently(ctx, r.name)
		if err != nil {
			return false, err
		}
		if g == nil || !g.owns(r.token) {
			return true, nil
		}
		if time.Since(began) > sendAgain {
			return false, nil
		}
	}
}
