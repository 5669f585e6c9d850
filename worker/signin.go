package worker

import (
	"context"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// containers is the client for the worker's own place.
func (w *Worker) containers() *aci.Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ownPlace
}

// refusesSignIn reports whether Azure, or whoever signs in to it, refused the credentials.
func refusesSignIn(err error) bool {
	e := azure.Explain(err)
	return e != nil && e.Class == azure.ClassAuthentication
}

// renewOwn gives the worker's own place a client for the credentials that hold by now, if Azure has refused those that it has.
// It reports whether that is another client.
func (w *Worker) renewOwn(ctx context.Context, cause error) bool {
	if !refusesSignIn(cause) || w.cfg.ContainersNow == nil {
		return false
	}
	client, err := w.cfg.ContainersNow(ctx)
	if err != nil {
		w.cfg.Log.DebugContext(ctx, "the worker's credentials cannot be read anew", "error", err)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if client == w.ownPlace || !strings.EqualFold(client.ResourceGroupID(), w.ownPlace.ResourceGroupID()) {
		return false
	}
	w.ownPlace = client
	w.cfg.Log.InfoContext(ctx, "Azure refused the worker's credentials; going on with those that its pool names now")
	return true
}

// signInAnew gives a flight the client for the credentials that its pool, deployment and variables name by now, if Azure has
// refused those that it has: a secret may have been replaced while the run was in flight. It reports whether that is another
// client. One for another place is left: the group is where it was made.
func (w *Worker) signInAnew(ctx context.Context, f *flight, cause error) bool {
	if !refusesSignIn(cause) || w.cfg.ContainersFor == nil {
		return false
	}
	// The flight's own run has no job variables any more, and its live may have ended.
	run, err := w.cfg.Prefect.FlowRun(ctx, f.run.ID)
	if err != nil {
		f.log.DebugContext(ctx, "a run's credentials cannot be read anew", "error", err)
		return false
	}
	_, plan, err := w.makePlan(&flight{run: run, attempt: f.attempt, takeover: f.takeover, live: ctx, log: f.log, client: f.client, group: f.group})
	if err != nil {
		f.log.DebugContext(ctx, "a run's credentials cannot be read anew", "error", err)
		return false
	}
	client, err := w.cfg.ContainersFor(ctx, plan)
	if err != nil || client == f.client || !strings.EqualFold(client.ResourceGroupID(), f.client.ResourceGroupID()) {
		return false
	}
	f.log.InfoContext(ctx, "Azure refused the credentials of a run; going on with those that its pool, deployment or variables name now")
	f.client = client
	w.mu.Lock()
	defer w.mu.Unlock()
	if key := strings.ToLower(client.ResourceGroupID()); w.others[key] != nil {
		w.others[key] = client
	}
	return true
}
