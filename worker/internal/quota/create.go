package quota

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// Pending is a job that is to be created.
type Pending struct {
	Job aci.Job
	// Name is what people call the run. Told is called when it has to wait, and whenever the reason changes; nil: nobody is.
	Name string
	Told func(Place)
	// Confirm is called when there is room, before Azure is asked, with the context of the waiting: much may have happened to
	// the run since it got in line. Its error ends the create. nil: nobody is asked.
	Confirm func(context.Context) error
}

// A TooLargeError is about a job that takes more than the whole of one of the region's limits, so that waiting never helps.
type TooLargeError struct {
	// Limit is the limit as Azure lists it, Needs what the job takes of it.
	Limit aci.Usage
	Needs float64
	err   error
}

// Error says what is needed and what the limit is.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the container group needs %s of %s, and the region's limit is %d: %v", number(e.Needs), e.Limit.Name, e.Limit.Limit, e.err)
}

// Hint says what to do.
func (e *TooLargeError) Hint() string {
	return "ask for less, use another region, or ask Azure to raise the limit"
}

// Unwrap gives Azure's refusal.
func (e *TooLargeError) Unwrap() error { return e.err }

// Create waits for room and creates the job's group, as aci's Client.Create does. If Azure refuses the group because a
// limit is used up, the run goes back to its place in line. line's end ends the waiting, ctx's end everything. The job's
// StartTimeout begins anew with each try. What is larger than a whole limit is a [*TooLargeError].
//
// The grant must be released when the group is gone. It is nil if there is an error.
func (l *Ledger) Create(ctx, line context.Context, p Pending) (*aci.Group, *Grant, error) {
	job := p.Job
	if err := job.Validate(); err != nil {
		return nil, nil, err
	}
	location, takes := job.Takes()
	job.NoQuotaWait, job.LeaveFailed = true, true
	w := l.newWaiter(Need{Name: p.Name, Location: location, Takes: takes}, p.Told)
	for {
		grant, err := l.acquire(line, w)
		if err != nil {
			return nil, nil, err
		}
		if p.Confirm != nil {
			if err := p.Confirm(line); err != nil {
				grant.Release()
				return nil, nil, err
			}
		}
		group, err := l.client.Create(ctx, job)
		if err == nil {
			grant.Created()
			return group, grant, nil
		}
		if ctx.Err() != nil {
			grant.Release()
			return nil, nil, err
		}
		if again, err := grant.refuse(err); !again {
			grant.Release()
			return nil, nil, err
		}
	}
}

// refuse takes Azure's refusal over into the ledger, and gives the share back. It reports whether waiting may help, and if
// not, why.
func (g *Grant) refuse(err error) (again bool, why error) {
	failure, ok := errors.AsType[*aci.StartError](err)
	e := azure.Explain(err)
	if !ok || e == nil || e.Class != azure.ClassQuota && e.Class != azure.ClassThrottled {
		return false, err
	}
	l, r := g.ledger, g.region
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Class == azure.ClassQuota {
		if limit, ok := r.tooLarge(g.takes); ok {
			return false, &TooLargeError{Limit: limit, Needs: g.takes[limit.Name], err: err}
		}
		if limit, needs := inWords(e.Message); needs > limit.Limit {
			return false, &TooLargeError{Limit: limit, Needs: float64(needs), err: err}
		}
	}
	l.refused++
	delete(r.grants, g)
	now := time.Now()
	r.refusal = "Azure refused a container group (" + cmp.Or(e.Code, string(failure.Phase)) + ")"
	if e.Class == azure.ClassThrottled {
		if !now.Before(r.throttled) { // several refusals at once are one
			r.throttled = now.Add(r.throttle)
			r.throttle = min(2*r.throttle, mostThrottle)
		}
		r.throttled = later(r.throttled, now.Add(e.RetryAfter))
		return true, nil
	}
	r.mustAsk, r.refusedTakes = true, g.takes
	if !now.Before(r.blocked) { // several refusals at once are one
		r.blocked = now.Add(r.block)
		r.block = min(2*r.block, mostBlock)
	}
	return true, nil
}

// refusalWords are what Azure says of a limit that is used up (MicrosoftDocs/azure-docs#51738).
var refusalWords = regexp.MustCompile(`quota '(\w+)' exceeded.*Limit: '(\d+)', Usage: '\d+' Requested: '(\d+)'`)

// inWords reads the limit and what was asked for from Azure's refusal, for an identity that may not list the limits. Zero if
// it is worded otherwise.
func inWords(message string) (limit aci.Usage, needs int) {
	m := refusalWords.FindStringSubmatch(message)
	if m == nil {
		return aci.Usage{}, 0
	}
	most, err := strconv.Atoi(m[2])
	if err != nil {
		return aci.Usage{}, 0
	}
	if needs, err = strconv.Atoi(m[3]); err != nil {
		return aci.Usage{}, 0
	}
	return aci.Usage{Name: m[1], Limit: most}, needs
}
