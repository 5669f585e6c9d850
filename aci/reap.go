package aci

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Reap finds leftovers among the groups that Pacific made and, with Delete, deletes them: first the whole plan is made,
// then it is carried out. A group without Pacific's tag is never touched, nor one that has taken the name of a leftover
// in the meantime. What could not be deleted is in the list with its error, and all such errors are joined in the second
// result.
func (c *Client) Reap(ctx context.Context, opts ReapOptions) ([]Reaped, error) {
	ctx, told := withEvents(ctx, opts.Events)
	defer told()
	if opts.OlderThan < 0 {
		return nil, fmt.Errorf("aci: ReapOptions.OlderThan is %s; it cannot be negative", opts.OlderThan)
	}
	groups, err := c.List(ctx, ListOptions{Tags: opts.Tags})
	if err != nil {
		return nil, err
	}
	var plan []Reaped
	now := time.Now()
	for _, g := range groups {
		reason := leftover(g, opts, now)
		if reason == "" && opts.Ended && g.Keep != KeepAlways {
			if reason, err = c.hasEnded(ctx, &g); err != nil {
				return nil, err
			}
		}
		if reason != "" {
			plan = append(plan, Reaped{Group: g, Reason: reason})
		}
	}
	if !opts.Delete {
		return plan, nil
	}
	var failures []error
	for i := range plan {
		if plan[i].Err = c.reapOne(ctx, &plan[i]); plan[i].Err != nil {
			failures = append(failures, plan[i].Err)
		}
	}
	return plan, errors.Join(failures...)
}

// reapOne deletes one leftover. It was listed some time ago, minutes where there are many: so it is read again right
// before the delete, as its name may be another job's by now.
func (c *Client) reapOne(ctx context.Context, r *Reaped) error {
	now, err := c.getDefinite(ctx, r.Group.Name)
	switch {
	case err != nil:
		return fmt.Errorf("deleting container group %q: %w", r.Group.Name, err)
	case now == nil:
	case !now.sameAs(&r.Group):
		r.LeftAlone = "the leftover is gone, and another group has its name now"
		return nil
	default:
		if err := c.removeSeen(ctx, r.Group.Name, now.Tags[TagToken]); err != nil {
			return err
		}
	}
	r.Deleted = true
	return nil
}

// sameAs reports whether two reads saw one and the same group of Pacific's.
func (g *Group) sameAs(other *Group) bool {
	return g.Managed == other.Managed && g.Tags[TagToken] == other.Tags[TagToken] && g.Created.Equal(other.Created)
}

// settleTime is how long a run may still be busy with a group whose job has ended or is past its deadline: it stops the
// container, reads the last output and deletes the group, each with its own patience. Who looks for leftovers leaves the
// group alone until then.
const settleTime = DefaultStopGrace + lastPatience + cleanupTime

// leftover says why a group is one, going by its tags alone; empty if it is none.
func leftover(g Group, opts ReapOptions, now time.Time) string {
	switch {
	case !g.Managed:
		return ""
	case !g.Deadline.IsZero() && now.Sub(g.Deadline) > settleTime:
		return "past its deadline of " + g.Deadline.UTC().Format(time.RFC3339)
	case opts.OlderThan > 0 && !g.Created.IsZero() && now.Sub(g.Created) >= opts.OlderThan:
		return fmt.Sprintf("made %s ago", now.Sub(g.Created).Round(time.Second))
	}
	return ""
}

// hasEnded asks what a list does not tell, and puts it into g.
func (c *Client) hasEnded(ctx context.Context, g *Group) (reason string, err error) {
	now, err := c.getDefinite(ctx, g.Name)
	if err != nil || now == nil || !now.sameAs(g) {
		return "", err
	}
	*g = *now
	code, ended := g.Ended()
	if main := g.Main(); ended && main != nil && main.Current != nil && time.Since(main.Current.Finished) < settleTime {
		return "", nil // its run may still read its output, and deletes it then
	}
	switch {
	case g.Keep.Keeps(code != nil && *code == 0):
		return "", nil
	case code != nil:
		return fmt.Sprintf("its container has ended with exit code %d", *code), nil
	case ended:
		return "its container has ended", nil
	case g.State.Stopped():
		return "it was stopped before its container ran", nil
	case g.Provisioning.Failed():
		return "its provisioning state is Failed: Azure gave up on it, and bills it all the same", nil
	}
	return "", nil
}
