package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// ErrDeclined says that somebody was shown the plan and did not want it. Nothing was changed.
var ErrDeclined = errors.New("declined")

// Options are a bootstrapper's settings. Cloud and Request.Subscription are needed.
type Options struct {
	Cloud   *azure.Cloud
	Request Request
	// Confirm is shown the plan before anything is changed. [ErrDeclined] ends everything. Nil: the plan is carried out.
	Confirm func(ctx context.Context, plan Plan) error
	// Report is told of progress; a step's name is its [Kind]. Nil: nobody is told.
	Report func(steps.Event)
	// Waiting is told before each wait for another answer of Azure's. Nil: nobody is told.
	Waiting func(azure.Wait)
}

// Bootstrapper makes an environment. Make it with [New]; it carries out one call at a time.
type Bootstrapper struct {
	o      Options
	client *client
	jobs   *aci.Client
}

// New makes a bootstrapper. It sends nothing. The errors are a [*NameError] and those of the clients.
func New(o Options) (*Bootstrapper, error) {
	o.Request = o.Request.withDefaults()
	if err := o.Request.check(); err != nil {
		return nil, err
	}
	c, err := newClient(o.Cloud, o.Request.Subscription, o.Waiting)
	if err != nil {
		return nil, err
	}
	jobs, err := aci.NewClient(aci.Config{Cloud: o.Cloud, Subscription: o.Request.Subscription, ResourceGroup: o.Request.ResourceGroup})
	if err != nil {
		return nil, err
	}
	return &Bootstrapper{o: o, client: c, jobs: jobs}, nil
}

// check refuses what can be refused without asking anybody.
func (r Request) check() error {
	if !r.ours() {
		return nil
	}
	if err := CheckNamePrefix(r.NamePrefix); err != nil {
		return err
	}
	if r.KeyVault != "" {
		if err := CheckKeyVault(r.KeyVault); err != nil {
			return err
		}
	}
	var names []string
	for _, s := range r.Secrets {
		if err := CheckSecret(s.Name); err != nil {
			return err
		}
		if err := s.checkValue(); err != nil {
			return err
		}
		name := strings.ToLower(s.Name)
		if slices.Contains(names, name) {
			return fmt.Errorf("secret %s is given twice", s.Name)
		}
		names = append(names, name)
	}
	if r.Image == "" {
		return nil
	}
	if err := aci.CheckImage(r.Image); err != nil {
		return err
	}
	if (r.WorkPool == "") == (r.Queue == "") {
		return errors.New("a worker needs either a work pool or a queue")
	}
	if name := r.WorkPool + r.Queue; !utf8.ValidString(name) {
		return fmt.Errorf("the name %q of what the worker polls is not valid UTF-8", name)
	}
	return nil
}

// Plan says what is there and what [Bootstrapper.Bootstrap] would make. It changes nothing. The errors are a [*NameError], a
// [*VaultNameError], a [*ManyVaultsError], an [*ElsewhereError], a [*ForeignError], a [*TemplateError], an access.RightsError and those of Azure.
func (b *Bootstrapper) Plan(ctx context.Context) (Plan, error) {
	s := b.begin()
	plan, _, err := b.find(ctx, s)
	if err != nil {
		return plan, err
	}
	return plan, b.checkRights(ctx, s, plan)
}

// planHolds is how old a plan may be for what it found there not to be looked for again. A caller that asks nobody takes no
// time; while a person thinks, anything may happen.
const planHolds = 10 * time.Second

// holding are the items of a plan that need not be found again when it is this old: those before the first step that has
// something to do, which may change what was found for the steps after it.
func holding(found []steps.Item, age time.Duration) []steps.Item {
	if age > planHolds {
		return nil
	}
	if i := slices.IndexFunc(found, func(item steps.Item) bool { return item.State != steps.Present }); i >= 0 {
		return found[:i]
	}
	return found
}

// Result is what there is at the end of [Bootstrapper.Bootstrap].
type Result struct {
	// Changed are the kinds of the steps that did something.
	Changed []Kind
	// KeyVault and KeyVaultURI are the vault's name and address, Identity and Subnet are ARM ids, Worker is the name of the
	// container group. Empty for what the template does not make.
	KeyVault, KeyVaultURI, Identity, Subnet, Worker string
	// WorkerLacks are the actions that a worker of our template needs to start jobs in the resource group and its identity has no
	// role for. Our template gives it none: whoever may start jobs may also have them run as the identity. Nil: none are missing,
	// or that cannot be seen.
	WorkerLacks []string
	// Outputs are those of the deployment, but for secrets; nil if there was nothing to deploy.
	Outputs map[string]any
}

// Bootstrap makes what is missing. It may be stopped anywhere and called again: what is there is found, and the end is the
// same. An error of a step is a [*steps.Error]; what was made before it stays.
func (b *Bootstrapper) Bootstrap(ctx context.Context) (Result, error) {
	s := b.begin()
	plan, found, err := b.find(ctx, s)
	if err != nil {
		return Result{}, err
	}
	planned := time.Now()
	if err := b.checkRights(ctx, s, plan); err != nil {
		return Result{}, err
	}
	if b.o.Confirm != nil {
		if err := b.o.Confirm(ctx, plan); err != nil {
			return Result{}, err
		}
	}
	done, err := steps.Continue(ctx, b.steps(s), holding(found, time.Since(planned)), b.o.Report)
	result := s.result()
	for _, name := range done.Changed {
		result.Changed = append(result.Changed, Kind(name))
	}
	if err == nil {
		result.WorkerLacks, err = b.workerLacks(ctx, s)
	}
	return result, err
}

func (b *Bootstrapper) begin() *state { return &state{request: b.o.Request} }
