package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// record is a deployment as Azure keeps it.
type record struct {
	state string
	// environment, fingerprint and run are those of the tags; empty for a deployment of another tool's.
	environment, fingerprint, run string

	failure *azure.Error
	outputs map[string]any
}

// The tags of a deployment: which template it was with which parameters, and which call of ours sent it.
const (
	tagFingerprint = "pacific-fingerprint"
	tagRun         = "pacific-run"
)

// The states in which a deployment has ended.
const (
	succeeded = "Succeeded"
	failed    = "Failed"
	canceled  = "Canceled"
)

// running reports whether the deployment has not ended; false for none.
func (r *record) running() bool {
	return r != nil && !slices.Contains([]string{succeeded, failed, canceled, ""}, r.state)
}

func (r *record) failed() bool { return r != nil && (r.state == failed || r.state == canceled) }

// record reads a deployment; nil if there is none.
func (c *client) record(ctx context.Context, group, name string) (*record, error) {
	got, err := get(ctx, c, "deployment "+name, func(ctx context.Context) (armresources.DeploymentsClientGetResponse, error) {
		return c.deployments.Get(ctx, group, name, nil)
	})
	if got == nil || err != nil {
		return nil, err
	}
	r := &record{environment: azure.Text(got.Tags[TagEnvironment]), fingerprint: azure.Text(got.Tags[tagFingerprint]), run: azure.Text(got.Tags[tagRun])}
	if p := got.Properties; p != nil {
		r.state = azure.Text(p.ProvisioningState)
		if p.Error != nil {
			r.failure = azure.NewError(detailOf(p.Error))
		}
		r.outputs = outputsOf(p.Outputs)
	}
	return r, nil
}

// detailOf turns the error of a deployment into one that azure reads: what failed is inside, often as JSON in a message.
func detailOf(e *armresources.ErrorResponse) azure.Detail {
	d := azure.Detail{Code: azure.Text(e.Code), Message: azure.Text(e.Message), Target: azure.Text(e.Target)}
	for _, inner := range e.Details {
		if inner != nil {
			d.Details = append(d.Details, detailOf(inner))
		}
	}
	return d
}

// outputsOf are the values of a deployment's outputs; those of secrets are not among them.
func outputsOf(outputs any) map[string]any {
	all, _ := outputs.(map[string]any)
	values := map[string]any{}
	for name, output := range all {
		one, _ := output.(map[string]any)
		if value, ok := one["value"]; ok {
			values[name] = value
		}
	}
	return values
}

// deploymentStep deploys the template.
//
//	        ┌───────────────── running ◀───────┐
//	        ▼                                  │
//	wait for its end ──▶ all there? ── no ──▶ PUT ──▶ wait for its end ──▶ Succeeded ──▶ look at all of it
//	                         │                               │
//	                        yes                       Failed, Canceled
//	                         ▼                               ▼
//	                       done                    the resource's own error
func (b *Bootstrapper) deploymentStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindDeployment),
		Line: s.request.deployment,
		Check: func(ctx context.Context) (steps.State, error) {
			// What was recovered is there now, and another run may have made the rest.
			if !s.looked {
				if err := b.look(ctx, s); err != nil {
					return steps.Absent, err
				}
			}
			s.looked = false
			if s.record != nil {
				s.outputs = s.record.outputs
			}
			switch {
			case s.done():
				return steps.Present, nil
			case s.any():
				return steps.Different, nil
			}
			return steps.Absent, nil
		},
		Do: func(ctx context.Context, note func(string)) error {
			if s.record.running() {
				if err := b.waitForOther(ctx, s, note); err != nil {
					return err
				}
				if s.done() {
					s.outputs = s.record.outputs
					return nil
				}
			}
			if err := b.recoverSecrets(ctx, s, note); err != nil {
				return err
			}
			err := b.deploy(ctx, s, note)
			if vault := s.heldByDeleted(err); vault != nil {
				// Only now it is known that there is a deleted vault. With it come its secrets.
				note("recovering key vault " + vault.name)
				if err := b.client.recover(ctx, s.request, s.unseen(vault)); err != nil {
					return err
				}
				if err := b.look(ctx, s); err != nil {
					return err
				}
				return b.deploy(ctx, s, note)
			}
			return err
		},
	}
}

// awaited is a deployment whose end is waited for.
type awaited struct {
	name  string
	limit time.Duration
	note  func(string)
}

// await waits for the end of a deployment, and tells what it is busy with. The record is nil if it is gone.
func (b *Bootstrapper) await(ctx context.Context, a awaited) (*record, error) {
	said, began := "", time.Now()
	for pause := firstPause; ; pause = next(pause) {
		r, err := b.client.record(ctx, b.o.Request.ResourceGroup, a.name)
		if err != nil || !r.running() {
			return r, err
		}
		busy := r.state
		if targets := b.client.targets(ctx, operations{b.o.Request.ResourceGroup, a.name, ""}); targets != "" {
			busy += ", making " + targets
		}
		if time.Since(began) >= a.limit {
			return nil, &WaitError{For: "deployment " + a.name, State: busy, Limit: a.limit}
		}
		if busy != said {
			a.note("waiting for the deployment: " + busy)
			said = busy
		}
		if err := azure.Sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("waiting for the deployment, which goes on: %w", err)
		}
	}
}

// The limits of waits for a deployment. Ours takes minutes; another template may make what takes Azure hours, such as a
// gateway. A cancelled one ends when what it was making is made.
const (
	ourLimit    = 30 * time.Minute
	anyLimit    = 3 * time.Hour
	cancelLimit = 10 * time.Minute
)

// limit is how long a deployment of the request may take.
func (r Request) limit() time.Duration {
	if r.ours() {
		return ourLimit
	}
	return anyLimit
}

// ended waits for the end of the request's deployment.
func (b *Bootstrapper) ended(ctx context.Context, s *state, note func(string)) (*record, error) {
	return b.await(ctx, awaited{s.request.deployment(), s.request.limit(), note})
}

// operations are those of a deployment with a state; of "", those that have not succeeded.
type operations struct{ group, deployment, state string }

// targets names what a deployment is making, or with a state what of it has ended so; empty if that cannot be told, which is
// no reason to stop.
func (c *client) targets(ctx context.Context, which operations) string {
	var names []string
	for pages := c.operations.NewListPager(which.group, which.deployment, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return ""
		}
		for _, o := range page.Value {
			if o.Properties == nil || o.Properties.TargetResource == nil {
				continue
			}
			now, target := azure.Text(o.Properties.ProvisioningState), o.Properties.TargetResource
			if which.state == "" && now == succeeded || which.state != "" && now != which.state {
				continue
			}
			kind := kindOf(azure.Text(target.ResourceType))
			if strings.EqualFold(string(kind), deploymentType) {
				kind = KindDeployment
			}
			names = append(names, string(kind)+" "+azure.Text(target.ResourceName))
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// verify looks at all that was deployed: a deployment that says Succeeded is not believed.
func (b *Bootstrapper) verify(ctx context.Context, s *state) error {
	for _, r := range s.resources {
		r.there, r.unseen = nil, false
	}
	for _, r := range s.parentsFirst() {
		if err := b.lookAt(ctx, s, r); err != nil {
			return err
		}
		known := (!strings.Contains(r.id, "[") || r.kind == KindAssignment) && !r.unseen
		if r.there == nil && known && s.request.ours() {
			return fmt.Errorf("deployment %s succeeded, but %s %s is not there", s.request.deployment(), r.kind, r.label())
		}
	}
	return nil
}
