package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
)

// Az is the [Cloud] that runs az: the commands of Prefect's provisioner, in its order, for those who have az and nothing
// else, or who want to see what is done. Make it with [NewAz].
//
// It differs from that provisioner's commands where those are wrong or say too little:
//
//   - account list is run once and az --version never: a missing az and a missing sign-in are told apart without. The
//     default subscription is taken, not the first one.
//   - account list-locations is not run: the field that it asks for is never set. provider show lists the regions that
//     have container groups, where somebody chooses one or the resource group is to be made.
//   - group show follows group exists, because what is made belongs into the group's region, not the default one.
//   - group create and acr create have a tag, so that only a registry of ours is reused and deleted.
//   - ad app show looks for the application of the credentials block: a block whose application is gone is no use.
//   - ad app credential list and delete come before the reset, which names its secret: a secret whose answer was lost would
//     fill the list for ever.
//   - role assignment create names the principal's type, and is repeated while Azure does not know a new principal.
//   - acr list has no prefix: the registry may be named by the user or by the pool's template.
//   - acr login needs docker; where there is none, the token is asked for and stored by Pacific.
//   - A failure ends the run.
type Az struct {
	runner       *azcli.Runner
	subscription string
	store        func(ctx context.Context, server, username, token string) error
	waiting      func(azure.Wait)
}

// AzOptions are settings of [NewAz].
type AzOptions struct {
	// Subscription is the id of the subscription.
	Subscription string
	// Store keeps a registry's token where docker looks for it, where there is no docker to do so itself.
	Store func(ctx context.Context, server, username, token string) error
	// Waiting is told before each wait. Nil: nobody is told.
	Waiting func(azure.Wait)
}

// NewAz makes a Cloud of the az that runner runs. It runs nothing.
func NewAz(runner *azcli.Runner, o AzOptions) *Az {
	return &Az{runner: runner, subscription: o.Subscription, store: o.Store, waiting: o.Waiting}
}

var _ Cloud = (*Az)(nil)

// run runs one command in the subscription.
func (a *Az) run(ctx context.Context, args ...string) error {
	_, err := a.runner.Run(ctx, append(args, "--subscription", a.subscription), azcli.Options{IgnoreExists: true})
	return err
}

// decode runs one command and reads its output.
func (a *Az) decode(ctx context.Context, to any, args ...string) error {
	result, err := a.runner.Run(ctx, append(args, "--output", "json"), azcli.Options{JSON: true})
	if err != nil {
		return err
	}
	return result.Decode(to)
}

// in is args with the subscription.
func (a *Az) in(args ...string) []string { return append(args, "--subscription", a.subscription) }

// absent reports whether az says that a thing is not there.
func absent(err error) bool {
	e, ok := errors.AsType[*azcli.CommandError](err)
	return ok && e.NotFound()
}

// ignoreAbsent is nil for an error that says that a thing is not there.
func ignoreAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}

// repeat runs a command again while az's error has one of the codes, which pass by themselves.
func (a *Az) repeat(ctx context.Context, what string, run func(context.Context) error, codes ...string) error {
	began, next := time.Now(), time.Second
	for {
		err := run(ctx)
		e, ok := errors.AsType[*azcli.CommandError](err)
		if !ok || ctx.Err() != nil || !says(e, codes) {
			return err
		}
		if a.waiting != nil {
			a.waiting(azure.Wait{For: what, Err: azure.NewError(azure.Detail{Code: e.Code, Message: e.Message}), Next: next, Since: time.Since(began)})
		}
		if pause(ctx, next) != nil {
			return fmt.Errorf("waited %s for %s: %w", time.Since(began).Round(time.Second), what, errors.Join(err, ctx.Err()))
		}
		next = min(next*3/2, 15*time.Second)
	}
}

// says reports whether an error of az has one of the codes, which it may only have in its text.
func says(e *azcli.CommandError, codes []string) bool {
	for _, code := range codes {
		if strings.EqualFold(e.Code, code) || strings.Contains(e.Stderr, code) {
			return true
		}
	}
	return false
}
