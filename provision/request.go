package provision

import (
	"time"

	"github.com/pacific-aci/pacific/access"
)

// Pool types that can be provisioned.
const (
	// TypePush is a pool whose runs Prefect Cloud starts by itself.
	TypePush = "azure-container-instance:push"
	// TypeWorker is a pool whose runs a worker starts.
	TypeWorker = "azure-container-instance"
)

// DefaultLocation is the region where nothing else says one, as in Prefect's provisioner.
const DefaultLocation = "eastus"

// Request says what to provision. The zero value of a field means its default, but for Subscription.
type Request struct {
	// Subscription, its name and the id of its tenant. The id and the tenant are needed, the name is for people.
	Subscription, SubscriptionName, Tenant string
	// Location is the region of what is created; the resource group's if there is one, else DefaultLocation.
	Location string
	// DefaultLocation is the region where neither Location nor a resource group says one; [DefaultLocation].
	DefaultLocation string
	// Names are the resources' names; see [DefaultNames].
	Names Names
	// Role is what the application may do in the resource group. Empty is the role that it has there, else [RoleContributor].
	Role Role
	// SecretLifetime is how long the application's secret is valid; 0: Azure's default, which is two years for Microsoft
	// Graph and one year for az.
	SecretLifetime time.Duration
	// SkipLogin leaves docker's configuration and the profile's default namespace as they are.
	SkipLogin bool
}

// Role is what the application may do in the resource group.
type Role string

const (
	// RoleContributor is Azure's Contributor: all but giving rights. It is what Prefect's provisioner gives; what Prefect
	// Cloud needs of it is not public.
	RoleContributor Role = "contributor"
	// RoleLeast is Pacific's own role with the fewest actions that Pacific's worker needs, [access.Worker].
	RoleLeast Role = "least"
)

// Roles lists the values of [Role].
var roles = []Role{RoleContributor, RoleLeast}

// Roles lists the roles that can be given, the default first.
func Roles() []Role { return append([]Role(nil), roles...) }

// leastRole is [RoleLeast] in actions: jobs, and the managed identity that pulls their images. Each resource group has one of
// its own, under the name that [access.Role.At] gives it.
var leastRole = access.Worker

// groupID is the ARM id of the resource group, be it there or not.
func (r Request) groupID() string {
	return "/subscriptions/" + r.Subscription + "/resourceGroups/" + r.Names.ResourceGroup
}

// grant is the role as a right at the resource group.
func (r Role) grant(principal, scope string) Grant {
	g := Grant{Principal: principal, Scope: scope}
	if r == RoleLeast {
		role := leastRole.At(scope)
		g.Custom = &role
	} else {
		g.Role = access.Contributor
	}
	return g
}

// grants are [Role.grant] and the same right under the names that earlier versions of Pacific gave it: the least role had
// one name for the whole tenant.
func (r Role) grants(principal, scope string) []Grant {
	all := []Grant{r.grant(principal, scope)}
	if r == RoleLeast {
		all = append(all, Grant{Principal: principal, Scope: scope, Custom: &leastRole})
	}
	return all
}
