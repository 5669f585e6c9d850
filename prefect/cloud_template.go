package prefect

import (
	"context"
	"encoding/json"
	"net/http"
)

// CloudPoolTemplate is the base job template that Prefect Cloud gives to new pools of a type, push pools among them, which
// no other server knows. [ErrNotFound] says that it names none for this type. It must not be asked of another server.
//
// The path and the shape are those of Prefect's own client (prefect/client/cloud.py and prefect/workers/utilities.py).
func (c *Client) CloudPoolTemplate(ctx context.Context, kind string) (json.RawMessage, error) {
	type worker struct {
		Type     string          `json:"type"`
		Template json.RawMessage `json:"default_base_job_configuration"`
	}
	doing := "reading the template of pools of type " + kind
	all, err := do(ctx, c, request[map[string]map[string]worker]{doing: doing, method: http.MethodGet, path: "/collections/work_pool_types"})
	if err != nil {
		return nil, err
	}
	for _, collection := range all {
		for _, one := range collection {
			if one.Type == kind && len(one.Template) > 0 && string(one.Template) != "null" {
				return one.Template, nil
			}
		}
	}
	return nil, &Error{Doing: doing, Kind: ErrNotFound, Message: "Prefect Cloud names no template for this type"}
}
