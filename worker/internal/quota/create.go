package quota

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// throttlePause is how long creates stop after a 429 that does not say for how long.
const throttlePause = 5 * time.Second

// Create waits for room and creates the job's group, as aci's Client.Create does. If Azure refuses the group because a
// limit is used up, the run goes back to its place in line and waits, for as long as ctx allows; the job's StartTimeout
// begins anew with each try. What is larger than a whole limit is refused for good. name and told are as in [Need] and
// [Ledger.Acquire].
//
// The grant must be released when the group is gone. It is nil if there is an error.
func (l *Ledger) Create(ctx context.Context, job aci.Job, name string, told func(Place)) (*aci.Group, *Grant, error) {
	if err := job.Validate(); err != nil {
		return nil, nil, err
	}
	location, takes := job.Takes()
	job.NoQuotaWait = true
	w := l.newWaiter(Need{Name: name, Location: location, Takes: takes}, told)
	for {
		grant, err := l.acquire(ctx, w)
		if err != nil {
			return nil, nil, err
		}
		group, err := l.client.Create(ctx, job)
		if err == nil {
			grant.Created()
			return group, grant, nil
		}
		if ctx.Err() != nil || !grant.refuse(err) {
			grant.Release()
			return nil, nil, err
		}
	}
}

// refuse takes Azure's refusal over into the ledger, and gives the share back. It reports whether waiting may help.
func (g *Grant) refuse(err error) bool {
	failure, ok := errors.AsType[*aci.StartError](err)
	e := azure.Explain(err)
	if !ok || e == nil || e.Class != azure.ClassQuota && e.Class != azure.ClassThrottled {
		return false
	}
	l, r := g.ledger, g.region
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Class == azure.ClassQuota && r.tooLarge(g.takes) {
		return false
	}
	l.refused++
	delete(r.grants, g)
	now := time.Now()
	r.refusal = "Azure refused a container group (" + cmp.Or(e.Code, string(failure.Phase)) + ")"
	if e.Class == azure.ClassThrottled {
		r.throttled = later(r.throttled, now.Add(max(e.RetryAfter, throttlePause)))
		return true
	}
	r.mustAsk, r.refusedTakes = true, g.takes
	if !now.Before(r.blocked) { // several refusals at once are one
		r.blocked = now.Add(r.block)
		r.block = min(2*r.block, mostBlock)
	}
	return true
}
