package prefect

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
)

// Variable is a named value that flows, and the templates of work pools, read by its name.
type Variable struct {
	ID      ID     `json:"id"`
	Created Time   `json:"created"`
	Updated Time   `json:"updated"`
	Name    string `json:"name"`
	// Value is any JSON on 3.x, numbers as encoding/json.Number; a text on 2.20.
	Value any      `json:"value"`
	Tags  []string `json:"tags"`
}

// VariableCreate describes a variable.
type VariableCreate struct {
	// Name is of small letters, digits, underscores and (on 3.x) dashes, at most 255 of them.
	Name string `json:"name"`
	// Value is anything that JSON has, at most 5,000 bytes of it. 2.20 takes only a text.
	Value any      `json:"value"`
	Tags  []string `json:"tags,omitempty"`
}

// CreateVariable makes a variable; [ErrConflict] if there is one of this name.
func (c *Client) CreateVariable(ctx context.Context, create VariableCreate) (Variable, error) {
	return do(ctx, c, request[Variable]{
		doing: "creating variable " + create.Name, method: http.MethodPost, path: "/variables/", body: create,
		settled: ifFound(
			func(ctx context.Context) (Variable, error) { return c.VariableByName(ctx, create.Name) },
			func(v Variable) bool { return sameValue(v.Value, create.Value) },
		),
	})
}

// VariableByName reads a variable; [ErrNotFound] if there is none of this name.
func (c *Client) VariableByName(ctx context.Context, name string) (Variable, error) {
	return do(ctx, c, request[Variable]{doing: "reading variable " + name, method: http.MethodGet, path: pathf("/variables/name/%s", name)})
}

// sameValue reports whether two values are the same once they are written as JSON.
func sameValue(a, b any) bool {
	var read [2]any
	for i, value := range []any{a, b} {
		encoded, err := json.Marshal(value)
		if err != nil || decodeNumbers(encoded, &read[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(read[0], read[1])
}
