package jobtemplate

import (
	"context"
	"maps"
)

// resolveEnv puts the map in the place of each env that is a reference: in the template, in its default, and in the layers
// of job variables. Only then can the layers be merged.
func (in *Input) resolveEnv(ctx context.Context, r *resolver, t *baseJobTemplate, layers []map[string]any) error {
	for i, layer := range layers {
		env, err := r.envMap(ctx, layer[envName], nil)
		if err != nil {
			return err
		}
		if env != nil {
			layers[i] = maps.Clone(layer)
			layers[i][envName] = env
		}
	}
	if property := t.Variables.Properties[envName]; property != nil {
		env, err := r.envMap(ctx, property["default"], nil)
		if err != nil {
			return err
		}
		if env != nil {
			t.Variables.Properties = maps.Clone(t.Variables.Properties)
			t.Variables.Properties[envName] = maps.Clone(property)
			t.Variables.Properties[envName]["default"] = env
		}
	}
	values := t.defaults(in.newest())
	for _, layer := range layers {
		maps.Copy(values, layer)
	}
	filler := &filler{values: values, env: in.Lookups.Env, newest: in.newest(), declared: t.Variables.Properties}
	if text, ok := t.JobConfiguration[envName].(string); ok && refersTo(text, envName) {
		return nil
	}
	env, err := r.envMap(ctx, t.JobConfiguration[envName], filler)
	r.wrong = append(r.wrong, filler.missed...)
	if err == nil && env != nil {
		t.JobConfiguration = maps.Clone(t.JobConfiguration)
		t.JobConfiguration[envName] = env
	}
	return err
}

// envMap gives the map that an env refers to, and nil for one that needs no resolving. What is no map at the end is wrong.
func (r *resolver) envMap(ctx context.Context, env any, f *filler) (map[string]any, error) {
	switch given := env.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if ref, _ := given["$ref"].(map[string]any); ref["block_document_id"] == nil {
			return nil, nil
		}
	case string:
		if given == "" {
			return nil, nil
		}
	}
	if f != nil {
		env = f.fill(env, envName)
	}
	resolved, err := r.resolve(ctx, env)
	if err != nil {
		return nil, err
	}
	switch found := resolved.(type) {
	case map[string]any:
		return found, nil
	case nil, missing:
		return map[string]any{}, nil
	case string:
		if found == "" && env != "" {
			return map[string]any{}, nil
		}
	}
	r.wrong = append(r.wrong, &Error{Kind: ErrValue, Field: envName, Problem: "must be a map of names to values, and is " + nature(resolved)})
	return map[string]any{}, nil
}
