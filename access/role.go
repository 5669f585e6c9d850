package access

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// BuiltIn is the id of one of Azure's built-in roles: the same in every tenant and cloud
// (learn.microsoft.com/azure/role-based-access-control/built-in-roles).
type BuiltIn string

// The built-in roles that Pacific gives.
const (
	// Contributor may do all but give rights.
	Contributor BuiltIn = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	// Reader may read all but secrets.
	Reader BuiltIn = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	// AcrPull may pull from a container registry.
	AcrPull BuiltIn = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
	// AcrPush may pull from a container registry and push to it.
	AcrPush BuiltIn = "8311e382-0749-4cb8-b61a-304f252e45ec"
	// KeyVaultSecretsUser may read the secrets of a vault that uses roles.
	KeyVaultSecretsUser BuiltIn = "4633458b-17de-408a-b874-0445c86b69e6"
)

// Name is the role's name, as az and the portal show it. Empty for an id that is none of the constants.
func (b BuiltIn) Name() string { return builtInNames[b] }

var builtInNames = map[BuiltIn]string{
	Contributor: "Contributor", Reader: "Reader", AcrPull: "AcrPull", AcrPush: "AcrPush", KeyVaultSecretsUser: "Key Vault Secrets User",
}

// Role is a custom role of Pacific's own: the fewest actions that are enough for a purpose.
type Role struct {
	// Name is unique in the tenant; [Role.At] makes one for each scope.
	Name string
	// Description says what the role is for.
	Description string
	// Actions are what it permits.
	Actions []Action
	// Permissions are what it permits besides, each as a whole: those of a role that was read and that has exceptions or
	// actions on data. Nil for Pacific's own roles.
	Permissions []Permission
}

// Action is one permission with the reason for it.
type Action struct {
	// Name is Azure's, such as Microsoft.ContainerInstance/containerGroups/read.
	Name string
	// Reason says what is not possible without it.
	Reason string
}

// Names are the actions' names.
func (r Role) Names() []string {
	names := make([]string, 0, len(r.Actions))
	for _, a := range r.Actions {
		names = append(names, a.Name)
	}
	return names
}

// With is the role with further actions.
func (r Role) With(more ...Action) Role {
	r.Actions = append(slices.Clone(r.Actions), more...)
	return r
}

// maxPlace is how much of a scope's own name is in a role's name: all of a resource group's, which has at most 90
// characters. With JobRunner's name that makes 121 of the 128 that a role's name may have.
const maxPlace = 90

// At is the role under the name that it has at a scope, an ARM id. Names of custom roles are unique in the tenant, so that
// each scope needs a role of its own: the name gets the scope's last part, and a hash of the whole scope, which tells groups
// of the same name in two subscriptions apart. Case does not count, as in Azure.
func (r Role) At(scope string) Role {
	scope = strings.ToLower(strings.TrimRight(scope, "/"))
	place := []rune(lastSegment(scope))
	hash := sha256.Sum256([]byte(scope))
	r.Name = fmt.Sprintf("%s (%s, %x)", r.Name, string(place[:min(len(place), maxPlace)]), hash[:4])
	return r
}

// ID is the GUID that the role's definition gets at a scope. It follows from the scope and the role's name, so that a role
// that is made twice is one role.
func (r Role) ID(scope string) string {
	return uuid.NewSHA1(namespace, []byte("role|"+strings.ToLower(scope)+"|"+r.Name)).String()
}

// JobRunner is what a program needs that runs container jobs in a resource group with Pacific: create, watch, read output,
// attach, run a command inside, stop and delete. It can neither read nor change anything else in the group.
var JobRunner = Role{
	Name:        "Pacific job runner",
	Description: "Run container groups as jobs: create, watch, read logs, attach, exec, stop and delete.",
	Actions: []Action{
		{"Microsoft.Resources/subscriptions/resourceGroups/read", "find the region of a job that names none: that of its resource group"},
		{"Microsoft.ContainerInstance/containerGroups/read", "see how a job is doing and how it ended, and list jobs"},
		{"Microsoft.ContainerInstance/containerGroups/write", "create a job, and say in its tags who watches it"},
		{"Microsoft.ContainerInstance/containerGroups/delete", "delete a job when it has ended, or to end it"},
		{"Microsoft.ContainerInstance/containerGroups/stop/action", "stop a job and keep it for inspection"},
		{"Microsoft.ContainerInstance/containerGroups/containers/logs/read", "read a job's output"},
		{"Microsoft.ContainerInstance/containerGroups/containers/attach/action", "read a job's output as it is written"},
		{"Microsoft.ContainerInstance/containerGroups/containers/exec/action", "run a command in a job's container"},
	},
}

// JobCreator is what it takes to run one job at a time by hand in a resource group, with a managed identity and in a virtual
// network if need be. It lacks what only other commands than run and kill need: a shell in the container, for one.
var JobCreator = Role{
	Name:        "Pacific ACI job creator",
	Description: "Create container groups for jobs, with an identity and in a subnet, read their output, stop and delete them.",
	Actions: []Action{
		JobRunner.action("Microsoft.Resources/subscriptions/resourceGroups/read"),
		{"Microsoft.ContainerInstance/containerGroups/read", "see how the job is doing and how it ended"},
		{"Microsoft.ContainerInstance/containerGroups/write", "create the job"},
		{"Microsoft.ContainerInstance/containerGroups/delete", "delete the job at its end"},
		{"Microsoft.ContainerInstance/containerGroups/stop/action", "stop the job at its time limit, and keep it for inspection"},
		JobRunner.action("Microsoft.ContainerInstance/containerGroups/containers/logs/read"),
		JobRunner.action("Microsoft.ContainerInstance/containerGroups/containers/attach/action"),
		AssignIdentity,
		JoinSubnet,
	},
}

// Worker is what a worker needs that runs jobs in a resource group, pulling their images as a managed identity.
var Worker = JobRunner.With(AssignIdentity)

// action is the role's action of that name.
func (r Role) action(name string) Action {
	return r.Actions[slices.IndexFunc(r.Actions, func(a Action) bool { return a.Name == name })]
}

// AssignIdentity is what a program needs besides [JobRunner] to run jobs with a managed identity.
var AssignIdentity = Action{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "give a job its managed identity"}

// JoinSubnet is what a program needs besides [JobRunner] to run jobs in a virtual network.
var JoinSubnet = Action{"Microsoft.Network/virtualNetworks/subnets/join/action", "put a job into a subnet"}

// namespace is Pacific's own for ids that are made from names, so that two runs make the same one.
var namespace = uuid.MustParse("5c3c9a2e-6d0f-5b5e-9d3a-2f1f6a8f2c11")
