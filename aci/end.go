package aci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/azure"
)

// Stop stops the group's containers: SIGTERM, and after Azure's own grace SIGKILL. The group stays, with what it knows
// of its end, and costs nothing but its place in the quota. A missing group is [ErrNotFound]; one that has stopped
// already is no error. Lost answers are asked for again until ctx ends.
func (c *Client) Stop(ctx context.Context, name string) error {
	if err := c.stop(ctx, name); err != nil {
		return fmt.Errorf("stopping container group %q: %w", name, err)
	}
	return nil
}

func (c *Client) stop(ctx context.Context, name string) error {
	wait := pace{c.firstPoll, 30 * time.Second}
	for tries := 1; ; tries++ {
		_, err := c.groups.Stop(c.regional(ctx), c.resourceGroup, name, nil)
		e := azure.Explain(err)
		switch {
		case err == nil:
			return nil
		case e == nil:
			return err
		case missing(e):
			return fmt.Errorf("%w: %q in resource group %q", ErrNotFound, name, c.resourceGroup)
		case e.Has("ContainerGroupStopped"):
			return nil
		case !e.Lost() && (e.Class != azure.ClassConflict || tries >= 10):
			return e
		}
		if err := c.retry(ctx, name, &wait, e); err != nil {
			return err
		}
	}
}

// retry tells about an error and waits.
func (c *Client) retry(ctx context.Context, name string, wait *pace, e *azure.Error) error {
	d := max(wait.step(), e.RetryAfter)
	c.emit(ctx, name, Event{Kind: EventRetry, Wait: d, Err: e})
	if err := sleep(ctx, d); err != nil {
		return errors.Join(err, e)
	}
	return nil
}

// Delete deletes the group and returns when it is gone. A missing group is no error. Refusals that pass (409 while
// Azure still works on it, 429, 5xx) are tried again until ctx ends.
func (c *Client) Delete(ctx context.Context, name string) error {
	if err := c.remove(ctx, name, anyToken); err != nil {
		return fmt.Errorf("deleting container group %q: %w", name, err)
	}
	return nil
}

// sendAgain is how long an accepted delete may take before it is sent once more.
const sendAgain = 2 * time.Minute

// mostDeleteRefusals is how often a refusal of a delete is taken for a hiccup of Azure's, such as a right that is not
// known everywhere yet.
const mostDeleteRefusals = 3

// remove deletes until the group is gone, or another one has taken its name.
func (c *Client) remove(ctx context.Context, name, token string) error {
	wait := pace{c.firstPoll, 30 * time.Second}
	refused := 0
	// confirm reports whether there is nothing left to delete, or no way to find out.
	confirm := func() (bool, error) {
		g, err := c.readPatiently(ctx, name, c.confirmGone)
		return err != nil || g == nil || !g.owns(token), err
	}
	for tries := 1; ; tries++ {
		status, after, err := c.sendDelete(ctx, name)
		e := azure.Explain(err)
		switch {
		case err == nil && status == http.StatusNoContent, e != nil && missing(e):
			// Azure's caches may not know a group yet that runs: it is asked for itself.
			if gone, err := confirm(); gone {
				return err
			}
			if err := sleep(ctx, wait.step()); err != nil {
				return err
			}
			continue
		case err == nil:
			if gone, err := c.awaitGone(ctx, name, deleted{token, status, after}); gone || err != nil {
				return err
			}
			if err := sleep(ctx, wait.step()); err != nil {
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
		if err := c.retry(ctx, name, &wait, e); err != nil {
			return err
		}
		// It may have been done all the same, and its name be another's by now. An answer that hangs takes a minute.
		if gone, err := confirm(); gone {
			return err
		}
	}
}

// sendDelete is one DELETE.
func (c *Client) sendDelete(ctx context.Context, name string) (status int, after time.Duration, err error) {
	var answer *http.Response
	_, err = c.groups.BeginDelete(policy.WithCaptureResponse(c.regional(ctx), &answer), c.resourceGroup, name, nil)
	if err != nil && (answer == nil || answer.StatusCode >= 300) {
		return 0, 0, err
	}
	if answer == nil {
		return http.StatusAccepted, 0, nil
	}
	if strings.Contains(answer.Header.Get("Content-Type"), "html") {
		return 0, 0, gatewayPage(answer)
	}
	return answer.StatusCode, azure.RetryAfter(answer.Header, time.Now()), nil
}

// deleted is an accepted delete: of which group, and what Azure answered.
type deleted struct {
	token  string
	status int
	after  time.Duration
}

// awaitGone reads the group until it is gone; false if the delete seems to have come to nothing. The group itself is
// asked, not the operation: that costs as much and is the fact that counts.
func (c *Client) awaitGone(ctx context.Context, name string, d deleted) (bool, error) {
	began := time.Now()
	// Every read counts against the limits, and a delete that is not done at once takes its time.
	wait := pace{max(5*c.firstPoll, d.after), 30 * time.Second}
	if d.status == http.StatusOK {
		// Done, says Azure: so it is looked at once.
		wait.next = 0
	}
	for {
		if err := sleep(ctx, wait.next); err != nil {
			return false, fmt.Errorf("the delete has not finished yet: %w", err)
		}
		wait.next = min(max(4*wait.next, c.firstPoll), wait.most)
		// One 404 is enough here: should it be wrong, the delete goes on all the same.
		g, err := c.getPatiently(ctx, name)
		if err != nil {
			return false, err
		}
		if g == nil || !g.owns(d.token) {
			return true, nil
		}
		if time.Since(began) > sendAgain {
			return false, nil
		}
	}
}

// Kill ends a job: its containers are stopped, and after their end, at most after grace, the group is deleted. Grace 0
// deletes at once. A group that is not there is [ErrNotFound]; one that Pacific did not make is left alone, with
// [ErrNotManaged], unless Force is set; one whose job had ended before is deleted all the same, with [ErrAlreadyEnded].
func (c *Client) Kill(ctx context.Context, name string, opts KillOptions) error {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	grace := opts.Grace
	g, err := c.getDefinite(ctx, name)
	switch {
	case err != nil:
		return fmt.Errorf("killing container group %q: %w", name, err)
	case g == nil:
		return fmt.Errorf("killing container group %q: %w in resource group %q", name, ErrNotFound, c.resourceGroup)
	}
	if !g.Managed && !opts.Force {
		return fmt.Errorf("killing container group %q: %w", name, ErrNotManaged)
	}
	_, ended := g.Ended()
	if !ended && grace > 0 && g.Main() != nil && g.Main().Current != nil {
		c.emit(ctx, name, Event{Kind: EventStopping})
		if err := c.stopWithin(ctx, name, grace); err != nil {
			return fmt.Errorf("killing container group %q: %w", name, err)
		}
	}
	if err := c.removeOwned(ctx, name, g.Tags[TagToken]); err != nil {
		return err
	}
	if ended {
		return fmt.Errorf("killing container group %q: %w", name, ErrAlreadyEnded)
	}
	return nil
}

// stopWithin stops and waits for the end, at most for grace. Only the end of ctx itself is an error: what cannot be
// stopped is deleted.
func (c *Client) stopWithin(ctx context.Context, name string, grace time.Duration) error {
	within, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := c.stop(within, name); err != nil {
		c.log.DebugContext(ctx, "stopping before a delete", "group", name, "error", err)
		return context.Cause(ctx)
	}
	for wait := (pace{c.firstPoll, 5 * time.Second}); ; {
		g, err := c.getDefinite(within, name)
		if err != nil || g == nil {
			return context.Cause(ctx)
		}
		if _, ended := g.Ended(); ended {
			return nil
		}
		if sleep(within, wait.step()) != nil {
			return context.Cause(ctx)
		}
	}
}
