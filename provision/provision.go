package provision

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/prefect"
)

// TagProvisioned is on what the provisioner made, and only that is ever reused unasked or deleted by [Provisioner.Destroy].
// Its value is the kind of work pool.
const TagProvisioned = "pacific-provisioned"

// ErrDeclined says that somebody was shown the plan and did not want it. Nothing was changed.
var ErrDeclined = errors.New("declined")

// Options are a provisioner's settings. Cloud, Prefect and Request.Subscription are needed.
type Options struct {
	// Cloud is Azure, as [NewNative] or [NewAz] reach it.
	Cloud Cloud
	// Prefect keeps the credentials block.
	Prefect *prefect.Client
	// Request says what to provision.
	Request Request
	// Confirm is shown the plan before anything is changed. It returns the request to carry out, which may have other names;
	// then it is shown the new plan, until the request comes back as it was given. [ErrDeclined] ends everything. Nil: the
	// plan is carried out.
	Confirm func(ctx context.Context, plan Plan) (Request, error)
	// SignIn tries the secret of an existing credentials block. The block is replaced only if Entra's code says that the secret
	// is wrong or has expired: any other refusal may pass, or a new secret would not end it. Nil: the secret is taken to be valid.
	SignIn func(ctx context.Context, tenant, clientID, secret string) error
	// Namespace is the docker build namespace in Prefect's profile, and SetNamespace writes it. Nil: there is none to write.
	Namespace    func() string
	SetNamespace func(namespace string) error
	// SignedIn reports whether docker has a sign-in to a registry that a provisioner left, and SignOut takes it away, where
	// the registry is deleted. Nil: docker's configuration stays as it is.
	SignedIn func(ctx context.Context, server string) (bool, error)
	SignOut  func(ctx context.Context, server string) error
	// Regions lists where container groups can be; none: that is not known. It is asked before anything is made in a region
	// that the caller names. Nil: Azure decides.
	Regions func(ctx context.Context) ([]string, error)
	// MissingActions says which actions in Azure no role allows at a scope, and to whom. It is asked before
	// Confirm is. Nil: Azure refuses when a right is needed.
	MissingActions func(ctx context.Context, scope string, actions []string) (principal string, missing []string, err error)
	// Report is told of progress; a step's name is its [Kind], and the text its name. Nil: nobody is told.
	Report func(steps.Event)
}

// Provisioner makes what a push work pool needs in Azure. Make it with [New]; it carries out one call at a time.
type Provisioner struct{ o Options }

// New makes a provisioner. It sends nothing.
func New(o Options) *Provisioner { return &Provisioner{o} }

// Plan says what is there and what [Provisioner.Provision] would make for the pool, whose template has to have a place for
// all of it. It changes nothing. The errors are a [*NameError], a [*LocationError], an
// [*ElsewhereError], a [*TemplateError] and those of Azure and Prefect.
func (p *Provisioner) Plan(ctx context.Context, pool string, base json.RawMessage) (Plan, error) {
	s, err := p.begin(pool, base, p.o.Request)
	if err != nil {
		return Plan{}, err
	}
	return p.plan(ctx, s)
}

// Provision makes what the pool lacks and returns its base job template with the defaults that refer to it. The template
// that is given stays as it is; so do Azure and Prefect if the error is [ErrDeclined], which comes with that template.
//
// It may be stopped anywhere and called again: what is there is found, and the end is the same, with no second
// application, secret, registry or role assignment. An error of a step is a [*steps.Error]; what was made before it stays. A
// [*DisabledError] comes before anything is made.
func (p *Provisioner) Provision(ctx context.Context, pool string, base json.RawMessage) (json.RawMessage, error) {
	request := p.o.Request
	for {
		s, err := p.begin(pool, base, request)
		if err != nil {
			return nil, err
		}
		confirmed, found, err := p.confirmed(ctx, s)
		if errors.Is(err, ErrDeclined) {
			return base, err
		}
		if err != nil {
			return nil, err
		}
		if confirmed != s.request {
			request = confirmed
			continue
		}
		if _, err := steps.Continue(ctx, listOf(p.steps(s)), s.handedOn(found), p.o.Report); err != nil {
			return nil, err
		}
		return json.Marshal(s.template.Template)
	}
}

// planHolds is how long a plan may be before its run for what it found there not to be looked for again. A caller that asks
// nobody takes no time; while a person thinks, anything may happen.
const planHolds = 10 * time.Second

// handedOn is what a run need not look for again. The application is looked for together with the credentials block, which
// another run may have saved meanwhile.
func (s *state) handedOn(found []steps.Item) []steps.Item {
	return slices.DeleteFunc(found, func(item steps.Item) bool { return item.Step == string(KindApplication) && !s.usable() })
}

// confirmed is the request that is to be carried out, after a look at what it would make, and what that look has found if
// it still holds.
func (p *Provisioner) confirmed(ctx context.Context, s *state) (Request, []steps.Item, error) {
	if p.o.Confirm == nil && p.o.MissingActions == nil {
		return s.request, nil, nil
	}
	plan, found, err := p.find(ctx, s)
	if err != nil {
		return Request{}, nil, err
	}
	if err := s.disabled(); err != nil {
		return Request{}, nil, err
	}
	if err := p.CheckRights(ctx, plan); err != nil {
		return Request{}, nil, err
	}
	if p.o.Confirm == nil {
		return s.request, found, nil
	}
	asked := time.Now()
	confirmed, err := p.o.Confirm(ctx, plan)
	if time.Since(asked) > planHolds {
		found = nil
	}
	return confirmed, found, err
}

// begin checks the request, as far as that can be done without asking anybody.
func (p *Provisioner) begin(pool string, base json.RawMessage, r Request) (*state, error) {
	if err := CheckPool(pool); err != nil {
		return nil, err
	}
	read, err := readTemplate(base)
	if err != nil {
		return nil, err
	}
	open := r.Role == ""
	if open {
		r.Role = RoleContributor
	}
	r.Names = r.Names.or(DefaultNames(pool))
	if err := r.Names.Check(); err != nil {
		return nil, err
	}
	return &state{pool: pool, request: r, roleOpen: open, template: read}, nil
}

func listOf(all []step) []steps.Step {
	list := make([]steps.Step, 0, len(all))
	for _, one := range all {
		list = append(list, one.step())
	}
	return list
}
