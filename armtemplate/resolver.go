package armtemplate

import (
	"context"
	"encoding/json"
)

// Resolver answers what only the running deployment can know. Members that are nil, and a nil Resolver, leave the calls in
// the results as expressions.
type Resolver struct {
	// Reference returns a resource as a GET of it does, id, properties and all.
	Reference func(ctx context.Context, r ReferenceRequest) (json.RawMessage, error)
	// List returns what a POST of a list action does, such as the keys of a storage account.
	List func(ctx context.Context, r ListRequest) (json.RawMessage, error)
}

// ReferenceRequest is a call of reference.
type ReferenceRequest struct {
	ResourceID string
	APIVersion string
	Resource   *Resource // the resource, if it is one of the template; nil otherwise
	Full       bool      // whether the template asks for the whole resource or its properties alone
}

// ListRequest is a call of listKeys or another function that begins with list.
type ListRequest struct {
	Function   string // as the template spells it
	ResourceID string
	APIVersion string
	Body       json.RawMessage // the function values; nil if there are none
	Resource   *Resource       // the resource, if it is one of the template; nil otherwise
}
