// Package arm is the core of the emulated Azure Resource Manager: what every
// service room rests on and the only thing they share.
//
// Start with [New], give it to the service rooms (each has a Register function
// that calls [Core.Handle] and [Core.AddType]), then serve it: a [Core] is the
// http.Handler for the host management.azure.com.
//
// What the core does for every operation, so that no service does it: it finds
// the operation by method and path (fixed segments without regard to case,
// empty segments collapsed), demands an api-version, verifies the token, checks
// that subscription, provider and resource group exist, asks the authorisation
// hook, reads the body (bounded), counts against ARM's throttling, applies the
// faults and latencies of package faults, writes the reply with ARM's headers and
// error shape, and enters the call in the request log.
//
// Services meet only here: in the resource store ([Core.Put], [Core.Get]), in
// [Core.Workloads] and [Core.Subnets], through the hooks of [ResourceType], and by the
// requests that one sends to another with [Core.Do].
package arm

import (
	"io"
	"net/http"

	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// Handler answers one operation. A nil Response with a nil error is an empty 200.
// An error that is (or wraps) an *Error is sent as it is; any other error is a 500
// InternalServerError whose text is not shown to the client but logged.
type Handler func(*Request) (*Response, error)

// Operation is one row of the routing table.
type Operation struct {
	// ID is the operationId of Microsoft's API files, such as
	// ContainerGroups_CreateOrUpdate; it is what a fault's "operation" names.
	ID string
	// Method and Path are the route. Path is written as in Microsoft's API files, with
	// {subscriptionId}, {resourceGroupName} and so on, without the query.
	Method, Path string
	// Action is the RBAC action that the operation needs, such as
	// Microsoft.ContainerInstance/containerGroups/write. Empty derives read, write, delete or
	// TYPE/NAME/action from the route.
	Action string
	// TokenOnly operations need a token but no right: every caller of the tenant may send them.
	TokenOnly bool
	// PerItem operations are lists that show every caller who has some right in their scope what that caller may read;
	// their handlers leave the rest out with [Core.Allowed].
	PerItem bool
	// AnyScope operations are answered whether or not what their path is in exists: they serve nothing there.
	AnyScope bool
	// Anonymous operations need no token and no api-version check (none of ARM's own but /metadata/endpoints).
	Anonymous bool
}

// Principal is the verified caller, as its token says.
type Principal struct {
	ObjectID string // oid
	AppID    string // appid
	TenantID string // tid
	Name     string // for messages
}

// Request is one call, as handlers see it.
type Request struct {
	*http.Request
	Operation Operation
	// Params holds the path's {names}, in the caller's spelling, each a decoded segment.
	Params map[string]string
	// APIVersion is the query's api-version, lower case.
	APIVersion string
	// Principal is nil only for anonymous operations.
	Principal *Principal
	// Body is the whole request body; nil if there was none.
	Body []byte
	// Region is where the call's resource is, or would be: the path's {location}, the stored resource's, the
	// body's, the resource group's; empty for calls that have none.
	Region string
	// Fault is the injected fault of a call that the handler still gets: only ProvisioningState matters to
	// handlers (let the call succeed, its long-running operation end so), with Code and Message for the error.
	// [Core.StartOperation] applies it by itself.
	Fault faults.Effect

	core *Core
	// id is what the path names, rest what is left of the path after it. A list's id ends with the provider.
	id   ResourceID
	rest []string
}

// Response is what a handler answers.
type Response struct {
	// Status is the HTTP status; 0 is 200.
	Status int
	// Header is merged into ARM's own headers.
	Header http.Header
	// Body is marshalled as JSON; nil sends no body.
	Body any
	// Stream writes a JSON body that is too large to be held in memory; it counts instead of Body. Its errors are those of
	// the writer. Nil: Body it is.
	Stream func(w io.Writer) error
}
