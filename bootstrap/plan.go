package bootstrap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/internal/steps"
)

// Kind is a kind of thing that is made. That of a type which is not in the list below is Azure's own name for it.
type Kind string

// The kinds. The first five are those of steps, but for the worker's, which has a resource of its own too.
const (
	KindGroup        Kind = "resource group"
	KindProviders    Kind = "resource providers"
	KindDeletedVault Kind = "deleted key vault"
	KindDeployment   Kind = "deployment"
	KindRunning      Kind = "running worker"
	KindAddress      Kind = "public IP address"
	KindNAT          Kind = "NAT gateway"
	KindNetwork      Kind = "virtual network"
	KindSubnet       Kind = "subnet"
	KindIdentity     Kind = "managed identity"
	KindVault        Kind = "key vault"
	KindSecret       Kind = "secret"
	KindAssignment   Kind = "role assignment"
	KindWorker       Kind = "container group"
)

var kinds = map[string]Kind{
	"Microsoft.Network/publicIPAddresses":              KindAddress,
	"Microsoft.Network/natGateways":                    KindNAT,
	"Microsoft.Network/virtualNetworks":                KindNetwork,
	"Microsoft.Network/virtualNetworks/subnets":        KindSubnet,
	"Microsoft.ManagedIdentity/userAssignedIdentities": KindIdentity,
	"Microsoft.KeyVault/vaults":                        KindVault,
	"Microsoft.KeyVault/vaults/secrets":                KindSecret,
	"Microsoft.Authorization/roleAssignments":          KindAssignment,
	"Microsoft.ContainerInstance/containerGroups":      KindWorker,
}

func kindOf(kind string) Kind {
	for name, known := range kinds {
		if strings.EqualFold(name, kind) {
			return known
		}
	}
	return Kind(kind)
}

// nameOf is a resource's name for people: a role assignment's own name is a GUID.
func nameOf(r *armtemplate.Resource) string {
	if strings.EqualFold(r.Type, "Microsoft.KeyVault/vaults/secrets") {
		return lastSegment(r.Name)
	}
	return r.Name
}

// Action is what is to be done with a resource.
type Action string

// The actions of a plan.
const (
	// ActionCreate: it is not there.
	ActionCreate Action = "create"
	// ActionKeep: it is there and stays as it is.
	ActionKeep Action = "keep"
	// ActionUpdate: it is there and is written again; Detail says why.
	ActionUpdate Action = "update"
	// ActionDelete: it is there and goes. In a plan to destroy, the Detail of what stays says why.
	ActionDelete Action = "delete"
	// ActionWait: it is being made or started; that is waited for.
	ActionWait Action = "wait"
	// ActionRecover: a key vault or a secret was deleted, and is brought back.
	ActionRecover Action = "recover"
	// ActionPurge: a deleted key vault goes for good.
	ActionPurge Action = "purge"
)

// Resource is one line of a plan.
type Resource struct {
	// Kind and Name say what it is.
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	// Action is what is to be done, and Detail adds to it; it may be empty.
	Action Action `json:"action"`
	Detail string `json:"detail,omitempty"`
}

// Plan says what is there and what would be made.
type Plan struct {
	// Request is what was asked for, with its defaults filled in.
	Request Request `json:"-"`
	// Location is the region of everything.
	Location string `json:"location"`
	// Deployment is the deployment's name, KeyVault the vault's; empty if there is none.
	Deployment string `json:"deployment"`
	KeyVault   string `json:"keyVault,omitempty"`
	// Resources are all that the template makes, in its order.
	Resources []Resource `json:"resources"`
	// Warnings name what is wrong with a template of the caller's.
	Warnings []string `json:"warnings,omitempty"`
}

// Changes reports whether anything would be changed.
func (p Plan) Changes() bool {
	return slices.ContainsFunc(p.Resources, func(r Resource) bool { return r.Action != ActionKeep })
}

// find looks at what is there: for people, and as what the steps found. It changes nothing but the state.
func (b *Bootstrapper) find(ctx context.Context, s *state) (Plan, []steps.Item, error) {
	items, err := steps.Plan(ctx, b.steps(s), nil)
	if err != nil {
		return Plan{}, nil, err
	}
	plan := Plan{Request: s.request, Location: s.location, Deployment: s.request.deployment()}
	for _, item := range items {
		kind := Kind(item.Step)
		row := Resource{Kind: kind, Name: item.Line, Action: actionOf(item.State)}
		switch kind {
		case KindGroup:
			row.Detail = "in " + s.location
			plan.Resources = append(plan.Resources, row)
		case KindDeployment:
			plan.Resources = append(plan.Resources, s.rows(item.State == steps.Present)...)
		case KindProviders:
			if item.State != steps.Present {
				row.Action, row.Detail = ActionUpdate, "is registered"
				plan.Resources = append(plan.Resources, row)
			}
		case KindRunning:
			if item.State != steps.Present {
				row.Action = ActionWait
				plan.Resources = append(plan.Resources, row)
			}
		}
	}
	if vaults := s.of(KindVault); len(vaults) > 0 {
		plan.KeyVault = vaults[0].name
	}
	if !s.request.ours() {
		if plan.Warnings, err = s.warnings(ctx); err != nil {
			return plan, nil, err
		}
	}
	return plan, items, nil
}

func actionOf(state steps.State) Action {
	switch state {
	case steps.Absent:
		return ActionCreate
	case steps.Different:
		return ActionUpdate
	}
	return ActionKeep
}

// label is a resource's name in a plan.
func (r *resource) label() string {
	properties, _ := r.body["properties"].(map[string]any)
	if r.kind != KindAssignment {
		return r.name
	}
	role, _ := properties["roleDefinitionId"].(string)
	id := strings.ToLower(lastSegment(role))
	name := cmp.Or(access.BuiltIn(id).Name(), broad[id], id)
	scope, _, _ := strings.Cut(r.id, "/providers/Microsoft.Authorization/roleAssignments/")
	return fmt.Sprintf("%s on %s", name, lastSegment(scope))
}
