package armtemplate

import (
	"cmp"
	"context"
	"encoding/json"
	"time"
)

// Options are what a template is evaluated with. The zero value evaluates a template without required parameters.
type Options struct {
	Parameters Parameters
	Scope      Scope
	// Name is that of the deployment; "" is main.
	Name string
	// TemplateLink is the URL that the template came from, for deployment().properties.templateLink.uri; "" if from none.
	TemplateLink string
	// TemplateHash is deployment().properties.templateHash, which Azure alone can compute; "" if it is not known.
	TemplateHash string
	// Deployer is who deploys, for deployer(); members that are empty stay expressions, but for the name of a user if the
	// object is known: a service principal has none.
	Deployer Deployer
	// Environment is the result of environment(); nil is Azure's public cloud.
	Environment json.RawMessage
	// Now is the time of utcNow(); nil is the clock.
	Now func() time.Time
	// NewGUID makes the results of newGuid(); nil makes random ones.
	NewGUID func() string
	// Secret reads a parameter that names a secret of a key vault. Without it such a parameter stays an expression.
	Secret func(ctx context.Context, ref SecretReference) (string, error)
	// HideSecrets keeps the values of secure parameters out of bodies, names and outputs, to show them to people: what is
	// computed of one stays an expression, [concat('x', parameters('key'))]. Conditions and the counts of loops use the values.
	// It is for plans: such bodies can't be sent.
	HideSecrets bool
	// Secrets are texts that no message may hold, and take those of the deployment while it is evaluated; nil begins without.
	Secrets *Secrets
	// Limits are how much the template may cost; zero members are the defaults.
	Limits Limits
}

// ScopeKind is the kind of place that a template is deployed to.
type ScopeKind string

// The kinds of place. The zero value is the one that the template's $schema names.
const (
	ResourceGroup   ScopeKind = "resourceGroup"
	Subscription    ScopeKind = "subscription"
	ManagementGroup ScopeKind = "managementGroup"
	Tenant          ScopeKind = "tenant"
)

// Scope is the place that a template is deployed to. Members that are empty stay expressions in the results, but for those
// that ids are made of, which have defaults.
type Scope struct {
	Kind             ScopeKind
	TenantID         string
	TenantName       string // the tenant's display name
	CountryCode      string // the tenant's
	SubscriptionID   string // default: 00000000-0000-0000-0000-000000000000
	SubscriptionName string
	ResourceGroup    string // default: resource-group
	ManagementGroup  string // default: management-group
	// Location is that of the resource group, or above groups that of the deployment.
	Location string
	// Tags are those of the resource group. If they are not nil, nothing else manages the group: its managedBy is left out, as
	// ARM does.
	Tags map[string]string
}

// Deployer is who deploys.
type Deployer struct{ TenantID, ObjectID, UserPrincipalName string }

// SecretReference names a secret of a key vault.
type SecretReference struct{ VaultID, Name, Version string }

// Limits are how much one evaluation may cost, nested templates counted in. Templates that Azure accepts stay far below them.
type Limits struct {
	Steps int // nodes of expressions and of the template that are evaluated; default 4 million
	Bytes int // size of all results together, as if nothing in them were shared; default 128 MiB
}

// What ARM allows.
const (
	maxTemplate   = 4 << 20 // bytes, of the template and of what it expands to
	maxParameters = 256
	maxVariables  = 256
	maxResources  = 800
	maxOutputs    = 64
	maxCopy       = 800
)

// maxNesting is how deep templates may be nested. ARM names no limit.
const maxNesting = 32

func (o Options) withDefaults(kind ScopeKind) Options {
	o.Name = cmp.Or(o.Name, "main")
	o.Scope.Kind = cmp.Or(o.Scope.Kind, kind)
	o.Scope.SubscriptionID = cmp.Or(o.Scope.SubscriptionID, "00000000-0000-0000-0000-000000000000")
	o.Scope.ResourceGroup = cmp.Or(o.Scope.ResourceGroup, "resource-group")
	o.Scope.ManagementGroup = cmp.Or(o.Scope.ManagementGroup, "management-group")
	o.Limits.Steps = cmp.Or(o.Limits.Steps, 4_000_000)
	o.Limits.Bytes = cmp.Or(o.Limits.Bytes, 128<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Secrets == nil {
		o.Secrets = &Secrets{}
	}
	if o.NewGUID == nil {
		o.NewGUID = randomGUID
	}
	return o
}

// ID is the id of the scope: what the ids of resources in it begin with. A tenant's is empty.
func (s Scope) ID() string {
	switch s.Kind {
	case Tenant:
		return ""
	case ManagementGroup:
		return "/providers/Microsoft.Management/managementGroups/" + s.ManagementGroup
	case Subscription:
		return "/subscriptions/" + s.SubscriptionID
	}
	return "/subscriptions/" + s.SubscriptionID + "/resourceGroups/" + s.ResourceGroup
}
