package template

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/pacific-aci/pacific/armtemplate"
)

// view is what evaluate prints: the resources as they are sent, each with its id, and the outputs.
type view struct {
	Resources []json.RawMessage `json:"resources"`
	Outputs   json.RawMessage   `json:"outputs"`
}

// viewOf collects the resources of a deployment. Nested templates stand for their resources; a deployment that has none of
// its own template is kept.
func viewOf(ctx context.Context, d *armtemplate.Deployment) (json.RawMessage, error) {
	all, err := d.Flatten(ctx)
	if err != nil {
		return nil, err
	}
	v := view{Resources: []json.RawMessage{}}
	for _, r := range all {
		nested, err := r.Nested(ctx)
		if err != nil {
			return nil, err
		}
		if nested != nil {
			continue
		}
		one, err := resourceView(ctx, r)
		if err != nil {
			return nil, err
		}
		v.Resources = append(v.Resources, one)
	}
	if v.Outputs, err = outputsView(ctx, d); err != nil {
		return nil, err
	}
	return marshal(v)
}

// resourceView is the body of a resource with what its address is made of before it, and what it waits for after it.
func resourceView(ctx context.Context, r *armtemplate.Resource) (json.RawMessage, error) {
	body, err := r.Body(ctx, nil)
	if err != nil {
		return nil, err
	}
	head := struct {
		ID         string   `json:"id"`
		Type       string   `json:"type"`
		Name       string   `json:"name"`
		APIVersion string   `json:"apiVersion"`
		DependsOn  []string `json:"dependsOn,omitempty"`
		OnlyNew    bool     `json:"onlyIfNotExists,omitempty"`
	}{ID: r.ID, Type: r.Type, Name: r.Name, APIVersion: r.APIVersion, OnlyNew: r.OnlyIfNotExists}
	for _, on := range r.DependsOn {
		if !on.Existing {
			head.DependsOn = append(head.DependsOn, on.ID)
		}
	}
	out, err := marshal(head)
	if err != nil || string(body) == "{}" {
		return out, err
	}
	return append(append(bytes.TrimSuffix(out, []byte("}")), ','), body[1:]...), nil
}

// outputsView is what ARM answers as the outputs: type and value by name, in the template's order, without secret values.
func outputsView(ctx context.Context, d *armtemplate.Deployment) (json.RawMessage, error) {
	outputs, err := d.Outputs(ctx, nil)
	if err != nil {
		return nil, err
	}
	b := []byte("{")
	for i, o := range outputs {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := marshal(o.Name)
		if err != nil {
			return nil, err
		}
		one := struct {
			Type  string          `json:"type,omitempty"`
			Value json.RawMessage `json:"value,omitempty"`
		}{o.Type, o.Value}
		if o.Secure {
			one.Value = nil
		}
		text, err := marshal(one)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), text...)
	}
	return append(b, '}'), nil
}

// marshal writes JSON without escaping what HTML minds.
func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
