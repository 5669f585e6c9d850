package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// VerifyOptions are what [Provisioner.Verify] needs besides what provisioning does. Both functions are needed.
type VerifyOptions struct {
	// Push sends an image to a registry under a reference such as example.azurecr.io/pacific-verify:1.
	Push func(ctx context.Context, reference string, image v1.Image) error
	// Open signs in as the pool's application.
	Open func(ctx context.Context, tenant, clientID, secret string) (*azure.Cloud, error)
	// Waiting is told before each wait for an application that Entra does not know yet, or for a right that does not count yet.
	// Nil: nobody is told.
	Waiting func(azure.Wait)
	// FirstPoll is as [aci.Config.FirstPoll]. Zero: a second.
	FirstPoll time.Duration
}

// Verified is the proof that a pool's runs can start.
type Verified struct {
	// Group is the name of the container group that was run and is deleted again.
	Group string `json:"containerGroup"`
	// Image is the reference that was pushed and pulled.
	Image string `json:"image"`
	// ExitCode is the container's.
	ExitCode int `json:"exitCode"`
	// Took is how long it all took.
	Took time.Duration `json:"-"`
}

// VerifyError says what keeps a pool's runs from starting.
type VerifyError struct {
	// Missing is what is missing, in words.
	Missing string

	cause error
}

// Error says what is missing and how that was seen.
func (e *VerifyError) Error() string {
	if e.cause == nil {
		return e.Missing
	}
	return e.Missing + ": " + e.cause.Error()
}

// Unwrap returns the error that showed it; may be nil.
func (e *VerifyError) Unwrap() error { return e.cause }

// verifyRepository is the repository of the image that is pushed; it stays in the registry, at some hundred bytes.
const verifyRepository = "pacific-verify"

// commandNotFound is the exit code of a local Azure without containers, which starts the image's program on this machine,
// where it is not.
const commandNotFound = 127

// Verify proves that what was provisioned for a pool is enough to start a container: an image with one tiny program is
// pushed to the registry; then, signed in as the pool's application, a container group is run with the managed identity,
// which pulls it. The proof is that Azure reports the image as pulled and the container as started, and exit code 0.
//
// What was made a moment ago may not be known yet, and rights may not count yet: such a refusal is asked again until ctx ends,
// which should be after ten minutes or more. The error is a [*VerifyError] where something is missing.
func (p *Provisioner) Verify(ctx context.Context, pool string, base json.RawMessage, o VerifyOptions) (*Verified, error) {
	began := time.Now()
	s, err := p.begin(pool, base, p.o.Request)
	if err != nil {
		return nil, err
	}
	if err := p.lookAtAll(ctx, s); err != nil {
		return nil, err
	}
	reference := s.registry.LoginServer + "/" + verifyRepository + ":1"
	image, err := probeImage()
	if err != nil {
		return nil, err
	}
	if err := o.Push(ctx, reference, image); err != nil {
		return nil, &VerifyError{"an image cannot be pushed to " + s.registry.LoginServer, err}
	}
	unusable := "nobody can sign in with credentials block " + s.request.Names.CredentialsBlock
	cloud, err := o.Open(ctx, s.request.Tenant, s.credentials.clientID, string(s.credentials.secret))
	if err != nil {
		return nil, &VerifyError{unusable, err}
	}
	defer cloud.CloseIdleConnections()
	client, err := aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: s.request.Subscription, ResourceGroup: s.group.Name, Location: s.group.Location, FirstPoll: o.FirstPoll,
	})
	if err != nil {
		return nil, err
	}
	v := &verification{state: s, client: client, job: aci.Job{
		Image:      reference,
		Registries: []aci.Registry{{Server: s.registry.LoginServer, Identity: s.identity.ID}},
		Identities: []string{s.identity.ID},
		Tags:       provisioned(),
	}, emulated: cloud.Emulated(), waiting: o.Waiting}
	if err := v.untilSignedIn(ctx, cloud); err != nil {
		return nil, &VerifyError{unusable, err}
	}
	done, err := v.untilItCounts(ctx)
	if err != nil {
		return nil, err
	}
	done.Image, done.Took = reference, time.Since(began)
	return done, nil
}

// lookAtAll reads what is there, and refuses to go on if something is missing.
func (p *Provisioner) lookAtAll(ctx context.Context, s *state) error {
	items, err := steps.Plan(ctx, listOf(p.steps(s)), nil)
	if err != nil {
		return err
	}
	if s.credentials != nil && !s.usable() {
		return &VerifyError{Missing: "credentials block " + s.request.Names.CredentialsBlock + " cannot be used: " + s.credentials.broken}
	}
	if err := s.disabled(); err != nil {
		return err
	}
	for _, item := range items {
		if item.State != steps.Present && item.Step != string(KindLogin) && item.Step != string(KindNamespace) {
			return &VerifyError{Missing: fmt.Sprintf("the %s %s is missing", item.Step, item.Line)}
		}
	}
	return nil
}

// verification is one proof.
type verification struct {
	state    *state
	client   *aci.Client
	job      aci.Job
	emulated bool
	waiting  func(azure.Wait)
}

// untilItCounts runs the job until its end is a proof, again after refusals that may pass. It repeats whole jobs after
// definite answers, and so shares nothing with the loops of package aci, which repeat requests after indefinite ones.
func (v *verification) untilItCounts(ctx context.Context) (*Verified, error) {
	began, next := time.Now(), 5*time.Second
	for {
		done, err := v.once(ctx)
		if err == nil || ctx.Err() != nil || !v.mayPass(err) {
			return done, err
		}
		if v.waiting != nil {
			v.waiting(azure.Wait{For: "the new rights to take effect", Err: azure.Explain(err), Next: next, Since: time.Since(began)})
		}
		if azure.Sleep(ctx, next) != nil {
			return nil, err
		}
		next = min(next*3/2, 30*time.Second)
	}
}

// once runs the job.
func (v *verification) once(ctx context.Context) (*Verified, error) {
	seen := map[string]bool{}
	job := v.job
	job.Events = func(e aci.Event) {
		if e.Platform != nil {
			seen[strings.ToLower(e.Platform.Name)] = true
		}
	}
	result, err := v.client.Run(ctx, job)
	switch start, isStart := errors.AsType[*aci.StartError](err); {
	case isStart && start.Phase == aci.PhaseRequested:
		return nil, &VerifyError{"the pool's application cannot start a container group", err}
	case isStart:
		return nil, &VerifyError{"the container group does not start", err}
	case err != nil:
		return nil, err
	case result.ExitCode == nil:
		return nil, &VerifyError{"the container ended without an exit code", errors.New(result.Reason)}
	case !seen["pulled"] || !seen["started"]:
		return nil, &VerifyError{Missing: "Azure does not report that the image was pulled and the container started"}
	case *result.ExitCode != 0 && !(v.emulated && *result.ExitCode == commandNotFound):
		return nil, &VerifyError{fmt.Sprintf("the container ended with exit code %d instead of 0", *result.ExitCode), errors.New(result.Reason)}
	}
	return &Verified{Group: result.Name, ExitCode: *result.ExitCode}, nil
}
