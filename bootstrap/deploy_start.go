package bootstrap

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/azure"
)

// principalLimit is how long a deployment is repeated that Azure refuses because it does not know a principal. A new one is
// known everywhere within ten minutes (learn.microsoft.com/azure/role-based-access-control/troubleshooting); one that is not
// by then does not exist.
const principalLimit = 10 * time.Minute

// deploy starts the deployment and waits for its end. A principal that Azure does not know yet passes.
func (b *Bootstrapper) deploy(ctx context.Context, s *state, note func(string)) error {
	name, culprits := s.request.deployment(), ""
	var unknown time.Time // since when a principal is not known
	err := azure.Repeat(ctx, azure.RepeatOptions{
		For: "Azure to know the new identity", Waiting: b.o.Waiting,
		Passing: func(e *azure.Error) bool {
			if !e.Has("PrincipalNotFound") {
				return false
			}
			if unknown.IsZero() {
				unknown = time.Now()
			}
			return time.Since(unknown) < principalLimit
		},
	}, func(ctx context.Context) error {
		if err := b.start(ctx, s, note); err != nil {
			return err
		}
		end, err := b.ended(ctx, s, note)
		switch {
		case err != nil:
			return err
		case end == nil:
			return errors.New("its record is gone")
		case end.state != succeeded && end.failure != nil:
			culprits = b.client.targets(ctx, operations{s.request.ResourceGroup, name, failed})
			return end.failure
		case end.state != succeeded:
			return fmt.Errorf("it ended as %s", end.state)
		}
		s.outputs = end.outputs
		return nil
	})
	if _, ok := errors.AsType[*WaitError](err); ok {
		return err
	}
	if err != nil && s.request.ours() {
		if deleted := deletedSecret(culprits, err); deleted != nil {
			return deleted
		}
	}
	if err != nil && culprits != "" {
		return fmt.Errorf("deployment %s: %s: %w", name, culprits, err)
	}
	if err != nil {
		return fmt.Errorf("deployment %s: %w", name, err)
	}
	return b.verify(ctx, s)
}

// start sends the deployment, once, though the answer may be lost.
//
//	PUT ──▶ accepted ──▶ done
//	 ▲ │
//	 │ ├──▶ lost ──▶ is the deployment of our name this one? ── yes ──▶ done
//	 │ │                            no
//	 ├─│────────────────────────────┘
//	 │ └──▶ another one runs ──▶ wait for its end ──▶ was it this one, or is all there? ── yes ──▶ done
//	 │                                                        no
//	 └────────────────────────────────────────────────────────┘
//
// To send it twice would write the secrets and start the worker twice.
func (b *Bootstrapper) start(ctx context.Context, s *state, note func(string)) error {
	run, lost := rand.Text(), false
	for {
		err := b.client.repeat(ctx, "the deployment", func(ctx context.Context) error {
			if lost {
				r, err := b.client.record(ctx, s.request.ResourceGroup, s.request.deployment())
				if err != nil || r.sentBy(run) {
					return err
				}
			}
			// The poller is not needed: the record says more, and of a deployment of another run too.
			_, err := b.client.deployments.BeginCreateOrUpdate(ctx, s.request.ResourceGroup, s.request.deployment(), s.deploymentBody(run), nil)
			if e := azure.Explain(err); e != nil && e.Sent() {
				lost = true
			}
			return err
		})
		if e := azure.Explain(err); e == nil || !e.Has("DeploymentActive") {
			return err
		}
		if err := b.waitForOther(ctx, s, note); err != nil {
			return err
		}
		if s.record.sentBy(run) || s.done() {
			return nil
		}
	}
}

// sentBy reports whether a deployment is the one that this call of ours sent; false for none.
func (r *record) sentBy(run string) bool { return r != nil && r.run == run }

// deploymentBody is what is sent.
func (s *state) deploymentBody(run string) armresources.Deployment {
	tags := map[string]string{tagFingerprint: s.fingerprint, tagRun: run}
	if s.request.ours() {
		tags[TagEnvironment] = s.request.NamePrefix // then a destroy deletes the record too
	}
	return armresources.Deployment{
		Properties: &armresources.DeploymentProperties{
			Mode: to.Ptr(armresources.DeploymentModeIncremental), Template: json.RawMessage(s.template.JSON()), Parameters: parametersBody(s.parameters),
		},
		Tags: azure.SDKTags(tags),
	}
}

// waitForOther waits for the end of a deployment that is running, and looks at what is there then. Azure takes no second one
// of that name meanwhile.
func (b *Bootstrapper) waitForOther(ctx context.Context, s *state, note func(string)) error {
	note("waiting for the deployment that is running")
	if _, err := b.ended(ctx, s, note); err != nil {
		return err
	}
	return b.look(ctx, s)
}
