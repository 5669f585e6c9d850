package provision

import (
	"context"
	"slices"
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
//   - ad app create gives the application another name, and ad app update its own one together with a mark, so that only one
//     of ours is deleted, and a run that is killed in between is gone on with. ad app list precedes them: az would take over
//     an application of that name.
//   - ad app show looks for the application of the credentials block: a block whose application is gone is no use.
//   - ad app credential list and delete come before the reset, which names its secret: a secret whose answer was lost would
//     fill the list for ever.
//   - role assignment create names the principal's type. Commands about what was made a moment ago are repeated while the
//     directory does not know it.
//   - acr list has no prefix: the registry may be named by the user or by the pool's template. It is run again after acr
//     create: another run may have made a registry at the same time.
//   - acr login needs docker; where there is none, the token is asked for and stored by Pacific.
//   - role definition list and update are for the least role, which Prefect's provisioner does not know. update makes a role
//     too, under the id that it is given; create gives it a random one, and a second one if its answer is lost.
//   - A failure ends the run, but for failures of Azure's own, which are waited out.
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
	_, err := a.exec(ctx, a.in(args...), azcli.Options{})
	return err
}

// decode runs one command and reads its output.
func (a *Az) decode(ctx context.Context, to any, args ...string) error {
	result, err := a.exec(ctx, append(args, "--output", "json"), azcli.Options{JSON: true})
	if err != nil {
		return err
	}
	return result.Decode(to)
}

// exec runs one command until Azure's answer is definite. az itself asks a few times when Azure fails or cannot be reached,
// and then gives up. What the command does must be safe to repeat.
func (a *Az) exec(ctx context.Context, args []string, o azcli.Options) (result azcli.Result, err error) {
	err = a.repeat(ctx, "", func(ctx context.Context) (err error) {
		result, err = a.runner.Run(ctx, args, o)
		return err
	})
	return result, err
}

// in is args with the subscription.
func (a *Az) in(args ...string) []string { return append(args, "--subscription", a.subscription) }

// repeat runs commands again while az's error says that Azure's answer was lost, or has one of the codes, which pass by
// themselves. what is what is waited for; empty: Azure. A definite error is returned as az gave it.
func (a *Az) repeat(ctx context.Context, what string, run func(context.Context) error, codes ...string) error {
	var last error
	began := time.Now()
	err := azure.Repeat(ctx, azure.RepeatOptions{
		For: what, Waiting: a.waiting,
		Passing: func(e *azure.Error) bool {
			return passes(e) && time.Since(began) < azPatience || slices.ContainsFunc(codes, e.Has)
		},
	}, func(ctx context.Context) error {
		if last = run(ctx); last == nil {
			return nil
		}
		if e := answerOf(last); e != nil {
			return e
		}
		return last
	})
	if err != nil && ctx.Err() == nil {
		return last
	}
	return err
}
