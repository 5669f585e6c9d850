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
	var known map[string]Knowledge
	if opts.Known != nil && len(groups) > 0 {
		if known, err = opts.Known(ctx, groups); err != nil {
			return nil, err
		}
	}
	var plan []Reaped
	for _, g := range groups {
		reason := known[g.Name].Leftover
		switch {
		case known[g.Name].Spare:
			continue
		case reason == "":
			if reason, err = c.leftover(ctx, &g, opts); err != nil {
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
		if plan[i].Err = c.reapOne(ctx, &plan[i], opts.Turn); plan[i].Err != nil {
			failures = append(failures, plan[i].Err)
		}
	}
	return plan, errors.Join(failures...)
}

// reapOne deletes one leftover. It was listed some time ago, minutes where there are many: so it is read again right
// before the delete, as its name may be another job's by now.
func (c *Client) reapOne(ctx context.Context, r *Reaped, turn func(context.Context, *Group) error) error {
	if turn != nil {
		if err := turn(ctx, &r.Group); err != nil {
			return fmt.Errorf("deleting container group %q: %w", r.Group.Name, err)
		}
	}
	now, err := c.confirmGone(ctx, r.Group.Name)
	switch {
	case err != nil:
		return fmt.Errorf("deleting container group %q: %w", r.Group.Name, err)
	case now == nil:
	case !now.sameAs(&r.Group):
		r.LeftAlone = "the leftover is gone, and another group has its name now"
		return nil
	case now.watched(time.Now()) && !r.Group.watched(time.Now()):
		r.LeftAlone = "somebody watches it again"
		return nil
	default:
		if err := c.removeSeen(ctx, removal{name: r.Group.Name, token: now.Tags[TagToken]}); err != nil {
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

// leftover says why a group that was listed is one, empty if it is none. Azure's lists do not tell what containers do: a
// group that may be one is read, and g is then what was read.
func (c *Client) leftover(ctx context.Context, g *Group, opts ReapOptions) (string, error) {
	now := time.Now()
	age := ""
	if opts.OlderThan > 0 && !g.Created.IsZero() && now.Sub(g.Created) >= opts.OlderThan {
		age = fmt.Sprintf("made %s ago", now.Sub(g.Created).Round(time.Second))
	}
	asked := opts.Ended || opts.Unwatched && g.unwatched(now)
	switch {
	case !g.Managed:
		return "", nil
	case !g.Deadline.IsZero() && now.Sub(g.Deadline) > settleTime:
		return "past its deadline of " + g.Deadline.UTC().Format(time.RFC3339), nil
	case age != "" && !g.watched(now):
		return age, nil
	case age == "" && (!asked || g.Keep == KeepAlways || g.watched(now)):
		return "", nil
	}
	read, err := c.getDefinite(ctx, g.Name)
	if err != nil {
		return "", fmt.Errorf("reading container group %q: %w", g.Name, err)
	}
	if read == nil || !read.sameAs(g) {
		return "", nil
	}
	*g = *read
	over := g.over(now)
	switch {
	case age != "":
		// Its lease may outlast its end, and the run that watched it.
		if over == "" || g.runs() {
			return "", nil
		}
		return age, nil
	case g.watched(now):
		return "", nil
	case over != "" && opts.Ended:
		code, _ := g.Ended()
		if g.Keep.Keeps(code != nil && *code == 0) {
			return "", nil
		}
		return over, nil
	case opts.Unwatched && g.runs() && g.unwatched(now):
		return "left behind: nobody has watched it since " + g.WatchedUntil.UTC().Format(time.RFC3339), nil
	}
	return "", nil
}

// runs reports that the group's job has not come to an end, as far as a read tells. A group that Azure gave up on may go
// on trying.
func (g *Group) runs() bool {
	_, ended := g.Ended()
	return !ended && !g.State.Stopped()
}

// over says how a group that was read came to its end; empty if it did not, or so lately that its run may still read its
// output, which then deletes it.
func (g *Group) over(now time.Time) string {
	code, ended := g.Ended()
	switch {
	case ended && now.Sub(g.Main().Current.Finished) < settleTime:
		return ""
	case code != nil:
		return fmt.Sprintf("its container has ended with exit code %d", *code)
	case ended:
		return "its container has ended"
	case g.State.Stopped():
		return "it was stopped before its container ran"
	case g.Provisioning.Failed():
		return "its provisioning state is Failed: Azure gave up on it, and bills it all the same"
	}
	return ""
}
