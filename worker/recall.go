package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
)

// errUnseen: the run's container group is where this worker cannot look, so nothing follows from its absence elsewhere.
var errUnseen = errors.New("its container group is in another subscription than its pool, deployment and variables name now")

// placeOf names where a plan's container group is made, for a label: the resource group, and a digest of the subscription,
// whose id Prefect treats as a secret.
func placeOf(plan *jobtemplate.Plan) string {
	return strings.ToLower(plan.ResourceGroup) + "@" + accountOf(plan)
}

func accountOf(plan *jobtemplate.Plan) string {
	sum := sha256.Sum256([]byte(strings.ToLower(string(plan.SubscriptionID))))
	return hex.EncodeToString(sum[:4])
}

// clientOf opens the place of a plan. An attempt that another worker has written down stays where that worker made it,
// whatever the run's pool, deployment and variables say by now.
func (w *Worker) clientOf(f *flight, plan *jobtemplate.Plan) (*aci.Client, error) {
	if w.cfg.ContainersFor == nil {
		return w.containers(), nil
	}
	was, _ := f.run.Labels[labelPlace].(string)
	if _, written := splitPID(f.run); f.takeover && written == f.attempt && was != "" && was != placeOf(plan) {
		group, account, _ := strings.Cut(was, "@")
		if account != accountOf(plan) {
			return nil, errUnseen
		}
		plan.ResourceGroup = group
	}
	client, err := w.cfg.ContainersFor(f.live, plan)
	if err != nil {
		return nil, fmt.Errorf("opening resource group %q: %w", plan.ResourceGroup, err)
	}
	w.remember(client)
	return client, nil
}

// recall reads what the worker before knew of an attempt that is taken over: what its events are related to, and who wants its
// output. An error is that of the plan.
func (w *Worker) recall(f *flight) (*jobtemplate.Plan, error) {
	made, plan, err := w.makePlan(f)
	var of relations
	if made != nil {
		of = relationsOf(f.run, made.Flow, made.Deployment)
	}
	w.begins(f, of)
	// Another agent may live, and forwards the output itself.
	forward := w.cfg.ForwardOutput && w.queues == nil
	output := w.outputs.of(f.run, outputOptions{print: err == nil && plan.StreamOutput, forward: forward})
	again := w.insist(f.live, f.log, "reading a run's logs", func() error { return output.resume(f.live) })
	if again == nil {
		f.output = output
	}
	return plan, err
}

// find looks for the group of a run that is not among those listed: it may be in a resource group of the run's own. Where
// that cannot be told, nothing is concluded from its absence.
func (w *Worker) find(ctx, _ context.Context, f *flight) step {
	plan, err := w.recall(f)
	if err == nil {
		f.client, err = w.clientOf(f, plan)
	}
	if err != nil && w.cfg.ContainersFor != nil {
		f.log.WarnContext(ctx, "a run is left as it is, because it is not known where its container group is", "group", f.group, "error", err)
		return nil
	}
	if err == nil {
		f.keep = plan.Job.Keep
	}
	return w.watch
}
