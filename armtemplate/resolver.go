package armtemplate

import (
	"context"
	"encoding/json"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Resolver answers what only the running deployment can know. Members that are nil, and a nil Resolver, leave the calls in
// the results as expressions. If both are set, a result that still is one is an error: it asks for a fact that [Options] do
// not have, or for one of the functions that only Azure can answer, such as roleDefinitions.
//
// A [Deployment] is not safe for use by several goroutines. Those that share one hold a mutex while they evaluate; a member
// of the Resolver may release it while it waits for an answer, and take it again before it returns.
type Resolver struct {
	// Reference returns a resource as a GET of it does, id, properties and all; null for one that is not there, if the request
	// is Optional.
	Reference func(ctx context.Context, r ReferenceRequest) (json.RawMessage, error)
	// List returns what a POST of a list action does, such as the keys of a storage account.
	List func(ctx context.Context, r ListRequest) (json.RawMessage, error)
}

// leftover refuses a value that is still not known although everything was asked for.
func (r *Resolver) leftover(v value.Value) error {
	if r == nil || r.Reference == nil || r.List == nil {
		return nil
	}
	if u := firstUnknown(v); u != nil {
		return value.Errorf("The expression '%s' can't be evaluated here.", shortened("["+u.Text+"]"))
	}
	return nil
}

func firstUnknown(v value.Value) *value.Unknown {
	switch v := v.(type) {
	case *value.Unknown:
		return v
	case []value.Value:
		for _, e := range v {
			if u := firstUnknown(e); u != nil {
				return u
			}
		}
	case *value.Object:
		for i := range v.Len() {
			_, e := v.At(i)
			if u := firstUnknown(e); u != nil {
				return u
			}
		}
	}
	return nil
}

// ReferenceRequest is a call of reference.
type ReferenceRequest struct {
	ResourceID string
	APIVersion string
	Resource   *Resource // the resource, if it is one of the template; nil otherwise
	Full       bool      // whether the template asks for the whole resource or its properties alone
	// Optional is set where the template can do without the resource: then the answer may be null.
	Optional bool
}

// ListRequest is a call of listKeys or another function that begins with list.
type ListRequest struct {
	Function   string // as the template spells it
	ResourceID string
	APIVersion string
	Body       json.RawMessage // the function values; nil if there are none
	Resource   *Resource       // the resource, if it is one of the template; nil otherwise
}
