package aci

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/azure"
)

// TagToken is the owner token: a random word of one call of Create or Run. By it the call recognises its own group when
// Azure's answer to the PUT was lost. It is not secret.
const TagToken = "pacific-token"

// cleanupTime bounds what is done for a job after its caller's context has ended.
const cleanupTime = 5 * time.Minute

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// start brings the group of one job into being. A PUT has no condition: it would replace somebody else's group, and a
// second PUT of our own restarts the containers. So a PUT is sent only after a read has said that the name is free:
//
//	 taken ── two 404s ──▶ send ── 2xx ───────────────▶ accepted: the caller watches the group
//	   │                  ▲    │
//	   │ a group          │    │ refused, or no clear answer
//	   │                  │    ▼
//	   │     waitToRetry ─┴── afterRefusal             it reads the group, as the class of the error asks
//	   ▼     (startRule)       │    │
//	existing ◀── a group ──────┘    └─ no rule, or the start deadline ──▶ an error; then discard
//	   ├─▶ ours, or the same attempt of another worker: accepted
//	   └─▶ another job's: ExistsError
//
// Where an answer was lost (unclear), the group may still appear, until settled. If the job is given up before that,
// discard waits until it can no more, and deletes what appears (settle).
type start struct {
	c         *Client
	job       Job
	name      string
	madeUp    bool // the name is random, so it can be nobody else's
	watched   bool // the caller goes on to watch the group
	container string
	wire      *armcontainerinstance.ContainerGroup // without the tags of one PUT
	warnings  []Warning
	token     string
	requested time.Time
	deadline  time.Time // the start deadline
	tries     int
	operation string // the URL where Azure reports how the creation goes

	// What the PUTs did.
	accepted bool        // Azure took one, or the group that was there is ours
	request  *putRequest // one that is under way though its caller's context has ended
	unclear  int         // how many had no clear answer
	unseen   bool        // one was waited for so long that its container may have run and be gone
	settled  time.Time   // from when on none of the unclear ones can take effect any more
}

// mayExist reports whether there may be a group of ours, now or later.
func (s *start) mayExist() bool { return s.accepted || s.request != nil || s.unclear > 0 }

// newStart checks the job. It sends nothing but, where no region is given, the request for the resource group's.
func (c *Client) newStart(ctx context.Context, job Job) (*start, error) {
	madeUp := job.Name == ""
	if madeUp {
		job.Name = job.NewName()
	}
	if err := job.Validate(); err != nil {
		return nil, err
	}
	requested := time.Now()
	timeout := job.StartTimeout
	if timeout <= 0 {
		timeout = DefaultStartTimeout
	}
	location := ""
	if job.Location == "" && (job.Base == nil || deref(job.Base.Location) == "") {
		var err error
		if location, err = c.regionFor(ctx, job, timeout); err != nil {
			return nil, err
		}
	}
	wire, warnings, err := job.ContainerGroup(location)
	if err != nil {
		return nil, err
	}
	s := &start{c: c, job: job, name: job.Name, container: job.mainContainer(), wire: wire, warnings: warnings, token: rand.Text(), madeUp: madeUp}
	for _, w := range warnings {
		c.emit(ctx, s.name, Event{Kind: EventWarning, Warning: &w})
	}
	s.requested, s.deadline = requested, requested.Add(timeout)
	return s, nil
}

// regionFor asks for the region for no longer than the job may take to start, or to end.
func (c *Client) regionFor(ctx context.Context, job Job, timeout time.Duration) (string, error) {
	cause := context.DeadlineExceeded
	if job.Timeout > 0 && job.Timeout < timeout {
		timeout, cause = job.Timeout, ErrTimeout
	}
	within, cancel := context.WithTimeoutCause(ctx, timeout, cause)
	defer cancel()
	location, err := c.region(within)
	if err == nil || within.Err() == nil || ctx.Err() != nil {
		return location, err
	}
	if cause == ErrTimeout {
		err = ErrTimeout
	} else if e := azure.Explain(err); e != nil {
		err = e
	}
	return "", fmt.Errorf("asking for the region of resource group %q, for %s: %w", c.resourceGroup, timeout, err)
}

// Create creates the job's container group and returns when Azure has accepted it, which is before it runs.
//
// A group of that name is an [*ExistsError], unless it is this very attempt: it has Pacific's tags and all of
// Job.Tags, [TagAttempt] among them. Then it is returned as it is. Whatever answer is lost, there is never a second
// group. Refusals that pass are tried again until the start deadline, by the class of the error; a final one is a
// [*StartError].
func (c *Client) Create(ctx context.Context, job Job) (*Group, error) {
	ctx, told := withEvents(ctx, job.Events)
	defer told()
	s, err := c.newStart(ctx, job)
	if err != nil {
		return nil, err
	}
	g, err := s.put(ctx)
	if err == nil || job.LeaveFailed {
		return g, err
	}
	if failed := s.cleanup(ctx); failed != nil {
		err = errors.Join(err, failed)
	}
	return nil, err
}

// cleanup deletes what a start that failed has left or may still leave, even after ctx's end.
func (s *start) cleanup(ctx context.Context) error {
	if !s.mayExist() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	return inTime(ctx, s.name, s.discard(ctx))
}

// put brings the group into being, within the start deadline; see [start].
func (s *start) put(ctx context.Context) (*Group, error) {
	within, cancel := context.WithDeadline(ctx, s.deadline)
	defer cancel()
	if g, err := s.taken(within); err != nil {
		return nil, s.failed(ctx, err)
	} else if g != nil {
		return s.existing(g)
	}
	for {
		s.tries++
		g, err := s.send(within)
		if err == nil {
			return g, nil
		}
		e := azure.Explain(err)
		if e == nil {
			return nil, s.failed(ctx, err)
		}
		if g, err := s.afterRefusal(within, e); err != nil {
			return nil, s.failed(ctx, err)
		} else if g != nil {
			return g, nil
		}
	}
}

// afterRefusal finds out what a PUT that failed has left. It returns the group if that is there and ours, an error if the
// job cannot start, and neither of the two when it is time for another PUT.
func (s *start) afterRefusal(ctx context.Context, e *azure.Error) (*Group, error) {
	var g *Group
	var err error
	switch e.Class {
	case azure.ClassThrottled:
	case azure.ClassUnavailable, azure.ClassConflict:
		g, err = s.readInDoubt(ctx, s.c.confirmGone)
	case azure.ClassCapacity, azure.ClassQuota, azure.ClassRegistry, azure.ClassImage, azure.ClassNetworkJoin:
		g, err = s.readInDoubt(ctx, s.c.getDefinite)
	}
	if err != nil {
		return nil, err
	}
	if g != nil && (!g.Provisioning.Failed() || !s.owns(g)) {
		return s.existing(g)
	}
	if g != nil {
		// Azure refused the group and keeps it all the same: it would go on trying, and bill.
		s.found()
		if err := s.c.remove(ctx, removal{name: s.name, token: s.token}); err != nil {
			return nil, err
		}
	}
	if err := s.waitToRetry(ctx, e); err != nil || s.unclear == 0 {
		return nil, err
	}
	// The wait may have been long, and a PUT would restart the containers of a group that has appeared meanwhile.
	switch g, err := s.readInDoubt(ctx, s.c.getDefinite); {
	case err != nil:
		return nil, err
	case g != nil:
		return s.existing(g)
	}
	return nil, nil
}

// readInDoubt reads the group after a PUT that may have made it. Refusals are waited out for as long as patience says: the
// group may run, and must not be given up because it could not be read once.
func (s *start) readInDoubt(ctx context.Context, read func(context.Context, string) (*Group, error)) (*Group, error) {
	wait := pace{s.c.firstPoll, 30 * time.Second}
	for began := time.Now(); ; {
		g, err := read(ctx, s.name)
		e := azure.Explain(err)
		if e == nil || s.unclear == 0 || time.Since(began) >= patience(err) {
			return g, err
		}
		if err := s.c.retry(ctx, s.name, &wait, e); err != nil {
			return nil, err
		}
	}
}

// taken reads the name before the first PUT, and returns the group that has it; nil if it is free. One 404 may come from a
// cache of Azure's, so two reads must agree. The second follows at once, as most names are free: only if the two disagree
// is there a wait. A name that was made up for this job needs one read.
func (s *start) taken(ctx context.Context) (*Group, error) {
	for {
		g, err := s.c.getDefinite(ctx, s.name)
		if err != nil || g != nil || s.madeUp {
			return g, err
		}
		if g, err = s.c.getDefinite(ctx, s.name); err != nil || g == nil {
			return nil, err
		}
		if err := azure.Sleep(ctx, s.c.goneAfter()); err != nil {
			return nil, err
		}
	}
}

// owns reports that the group was made by this start.
func (s *start) owns(g *Group) bool { return g != nil && g.owns(s.token) }

// existing decides whether the group that is there is ours.
func (s *start) existing(g *Group) (*Group, error) {
	if s.owns(g) {
		s.found()
		s.accepted = true
		return g, nil
	}
	same := g.Managed && s.job.Tags[TagAttempt] != ""
	for k, v := range s.job.Tags {
		// The owner may differ: another worker takes over an attempt whose worker died.
		same = same && (g.Tags[k] == v || k == TagOwner)
	}
	if same {
		s.accepted, s.token = true, g.Tags[TagToken]
		return g, nil
	}
	return nil, &ExistsError{Group: *g}
}

// waitToRetry waits as the error's rule says, or returns the error.
func (s *start) waitToRetry(ctx context.Context, e *azure.Error) error {
	wait, ok := startRule(e).after(s.tries, e.RetryAfter)
	if s.job.NoQuotaWait && (e.Class == azure.ClassQuota || e.Class == azure.ClassThrottled) {
		return e
	}
	if !ok || time.Now().Add(wait).After(s.deadline) {
		return e
	}
	s.c.emit(ctx, s.name, Event{Kind: EventRetry, Wait: wait, Err: e})
	return azure.Sleep(ctx, wait)
}

// failed makes the error of a start that ended before Azure had the group.
func (s *start) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("starting container group %q: %w", s.name, context.Cause(ctx))
	}
	if exists, ok := errors.AsType[*ExistsError](err); ok {
		return exists
	}
	failure := &StartError{Name: s.name, Phase: PhaseRequested, Tries: s.tries, Err: err}
	if errors.Is(err, context.DeadlineExceeded) {
		failure.Timeout, failure.Err = s.deadline.Sub(s.requested), errors.New("no usable answer came from Azure")
	}
	return failure
}
