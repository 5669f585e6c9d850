package jobtemplate

import (
	"maps"
	"slices"
	"strings"
)

const envName = "env"

// baseJobTemplate is a pool's template.
type baseJobTemplate struct {
	JobConfiguration map[string]any `json:"job_configuration"`
	Variables        struct {
		Properties map[string]map[string]any `json:"properties"`
	} `json:"variables"`
}

// empty tells whether a value says nothing: a text, list or map with nothing in it. Null says something.
func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// overlay lays a map over another, but for empty texts over something that is not empty. Null lies over all.
func overlay(lower, upper map[string]any) map[string]any {
	merged := maps.Clone(lower)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range upper {
		if have := merged[key]; empty(value) && have != nil && !empty(have) {
			continue
		}
		merged[key] = value
	}
	return merged
}

// jobVariables lays the run's variables over the deployment's: whole values, but env name by name, and what dotted
// keys (3.x) give one by one.
func jobVariables(deployment, run map[string]any, dots bool) (map[string]any, error) {
	merged, dotted := map[string]any{}, map[string]bool{}
	for _, layer := range []map[string]any{deployment, run} {
		layer, deep, err := undotted(layer, dots)
		if err != nil {
			return nil, err
		}
		maps.Copy(dotted, deep)
		for key, value := range layer {
			_, taken := merged[key]
			below, hasBelow := merged[key].(map[string]any)
			above, hasAbove := value.(map[string]any)
			switch {
			case hasBelow && hasAbove && dotted[key]:
				merged[key] = deepOverlay(below, above)
			case hasBelow && hasAbove && key == envName:
				merged[key] = overlay(below, above)
			case taken && empty(value):
			default:
				merged[key] = value
			}
		}
	}
	// An empty one must not hide the pool's default either.
	maps.DeleteFunc(merged, func(_ string, value any) bool { return empty(value) })
	return merged, nil
}

// undotted turns keys such as env.A into maps, under the maps that are there as such, and tells which keys it made.
func undotted(layer map[string]any, dots bool) (map[string]any, map[string]bool, error) {
	whole, parts, deep := map[string]any{}, map[string]any{}, map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(layer)) {
		if !dots || !strings.Contains(key, ".") {
			whole[key] = layer[key]
			continue
		}
		path := strings.Split(withDots(key), ".")
		within := parts
		for _, name := range path[:len(path)-1] {
			next, ok := within[name].(map[string]any)
			if !ok {
				if _, taken := within[name]; taken {
					return nil, nil, &Error{Kind: ErrValue, Field: key, Problem: "another job variable gives " + name + " a value that holds no others", Want: "give one of the two"}
				}
				next = map[string]any{}
				within[name] = next
			}
			within = next
		}
		within[path[len(path)-1]] = layer[key]
		deep[path[0]] = true
	}
	for key, value := range whole {
		below, hasBelow := parts[key].(map[string]any)
		if above, hasAbove := value.(map[string]any); hasBelow && hasAbove {
			value = deepOverlay(below, above)
		}
		parts[key] = value
	}
	return parts, deep, nil
}

// deepOverlay is overlay for maps in maps too.
func deepOverlay(lower, upper map[string]any) map[string]any {
	upper = maps.Clone(upper)
	for key, value := range upper {
		below, hasBelow := lower[key].(map[string]any)
		if above, hasAbove := value.(map[string]any); hasBelow && hasAbove {
			upper[key] = deepOverlay(below, above)
		}
	}
	return overlay(lower, upper)
}

// configuration is the pool's job configuration with all values in their places, references not yet resolved.
func (t *baseJobTemplate) configuration(variables map[string]any, newest bool, env func(string) (string, bool)) map[string]any {
	values := map[string]any{}
	for name, property := range t.Variables.Properties {
		if value, ok := property["default"]; ok && (value != nil || !newest) {
			values[name] = value
		}
	}
	base := maps.Clone(t.JobConfiguration)
	if defaults, ok := values[envName].(map[string]any); ok && len(defaults) > 0 {
		// 3.x lays the pool's default over the template's own map, 2.20 puts it in its place.
		own, hasOwn := base[envName].(map[string]any)
		if hasOwn && newest {
			base[envName] = overlay(own, defaults)
		} else {
			base[envName] = defaults
		}
	}
	maps.Copy(values, variables)
	if own, ok := base[envName].(map[string]any); ok {
		if above, ok := values[envName].(map[string]any); ok {
			base[envName] = overlay(own, above)
		}
	}
	applied := make(map[string]any, len(base))
	for key, value := range base {
		if key == armTemplate {
			continue // it is compared as it stands
		}
		if value = apply(value, values, env); value != (missing{}) {
			applied[key] = value
		}
	}
	return applied
}
