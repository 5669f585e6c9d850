package aci

import (
	"context"
	"errors"
	"strings"
	"time"
)

// A 404 is a fact only if Azure means it. Resource Manager keeps a copy of its index in each region and answers from the
// nearest; a copy that is behind, or a region that takes over for another, answers 404 for a group that runs (Microsoft's
// support in hashicorp/terraform-provider-azurerm#18268). The list of the resource group comes from Container Instances
// itself. So a group counts as gone only after 404s for absentFor and a list without it:
//
//	404 ──▶ 404s for absentFor ──▶ the list lacks the group   gone: OutcomeVanished
//	                           ├─▶ the list has the group     not gone; both are asked again
//	                           ├─▶ no answer to the list      both are asked again
//	                           └─▶ the list is refused        gone after 404s for absentUnlisted
const (
	// absentFor is how long reads must find nothing before the list is asked. Assumed: no figure is published. It is longer
	// than one replica's lag was seen to be, and short enough for whoever waits for a job that somebody deleted.
	absentFor = 15 * time.Second
	// absentUnlisted takes the list's place for those who may not list. Assumed, like absentFor.
	absentUnlisted = 2 * time.Minute
)

// absentFor is shorter where Config.FirstPoll is: an emulator in the same process has no replicas.
func (c *Client) absentFor() time.Duration { return min(absentFor, 15*c.firstPoll) }

// errContradiction is two answers of Azure's of which one must be wrong.
var errContradiction = errors.New("a read says that the group does not exist, but the resource group's list has it")

// listing is what the resource group's list says of one group.
type listing struct {
	has bool
	err error // there was no list
}

// listed asks the resource group's list for the group with this token, once.
func (c *Client) listed(ctx context.Context, name, token string) *listing {
	ctx = c.regional(ctx)
	pages := c.groups.NewListByResourceGroupPager(c.resourceGroup, nil)
	for range mostPages {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return &listing{err: err}
		}
		for _, wire := range page.Value {
			if wire != nil && strings.EqualFold(deref(wire.Name), name) && newGroup(wire).owns(token) {
				return &listing{has: true}
			}
		}
		if !pages.More() {
			return &listing{}
		}
	}
	return &listing{err: errTooManyPages}
}

// absentLongEnough reports whether the reads have found nothing for so long that the list is worth asking.
func (w *watch) absentLongEnough() bool {
	return !w.view.absent.IsZero() && time.Since(w.view.absent) >= w.c.absentFor()
}

// notFound acts on a read that did not find our group. In the minute after Azure took the PUT, that means that the group is
// not there yet.
func (w *watch) notFound(l *listing) *ending {
	if w.view.state != viewMissing {
		w.seeAgain()
	}
	if w.seen.group == nil && time.Since(w.limits.accepted) < notYet {
		w.readSoon(w.step())
		if w.startOverdue() {
			return w.startMissed()
		}
		return nil
	}
	w.missed()
	if w.isStopping() && w.view.missing > 1 {
		return &ending{outcome: w.stopping.why} // the delete that comes next finds out whether it is gone
	}
	if l == nil {
		w.readSoon(max(min(w.step(), w.c.absentFor()-time.Since(w.view.absent)), w.c.goneAfter()))
		return nil
	}
	switch e, isLost := lost(l.err); {
	case l.err == nil && l.has:
		w.lose(viewMissing, 0, errContradiction)
	case isLost:
		w.lose(viewMissing, e.RetryAfter, e)
	case l.err != nil && time.Since(w.view.absent) < absentUnlisted:
		w.readSoon(w.step())
	default:
		return &ending{outcome: OutcomeVanished, gone: true, reason: "the container group is gone; somebody or something deleted it"}
	}
	return nil
}

// replaced acts on a read that found another group with our group's name. A second read must agree.
func (w *watch) replaced() *ending {
	w.seeAgain()
	if w.missed(); w.view.missing < 2 {
		w.readSoon(w.c.goneAfter())
		return nil
	}
	end := &ending{outcome: OutcomeReplaced, gone: true, foreign: true, reason: "the container group is gone, and another one has its name now, which was left alone"}
	if w.isStopping() {
		end.outcome = w.stopping.why
	}
	return end
}

// missed counts a read that did not find our group. Those that follow come soon.
func (w *watch) missed() {
	w.view.state = viewMissing
	if w.view.missing++; w.view.missing == 1 {
		w.view.absent, w.view.wait = time.Now(), w.c.firstPoll
	}
}
