package jobtemplate

import (
	"maps"
	"slices"
	"strings"
)

const (
	envName = "env"
	// nameName is the variable in which contextName stands for the flow and its run.
	nameName    = "name"
	contextName = "ctx"
)

// baseJobTemplate is a pool's template.
type baseJobTemplate struct {
	JobConfiguration map[string]any `json:"job_configuration"`
	Variables        struct {
		Properties map[string]map[string]any `json:"properties"`
	} `json:"variables"`
}

// empty reports whether a value says nothing: a text, list or map with nothing in it. Null says something.
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

// chosenVariables are the job variables that deployment and run give together.
type chosenVariables struct {
	values map[string]any
	// hidesEnv: one of them gives null for env, so that the pool's own environment does not count.
	hidesEnv bool
}

// jobVariables lays the run's variables over the deployment's: whole values, but env name by name, and what dotted
// keys (3.x) give one by one.
func jobVariables(deployment, run map[string]any, dots bool) (chosenVariables, error) {
	merged, dotted, hidesEnv := map[string]any{}, map[string]bool{}, false
	for _, layer := range []map[string]any{deployment, run} {
		if env, given := layer[envName]; given && env == nil {
			hidesEnv = true
		}
		layer, deep, err := undotted(layer, dots)
		if err != nil {
			return chosenVariables{}, err
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
	return chosenVariables{merged, hidesEnv}, nil
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
		above, hasAbove := value.(map[string]any)
		switch {
		case hasBelow && hasAbove:
			value = deepOverlay(below, above)
		case hasBelow && key == envName && !empty(value) && value != nil:
			return nil, nil, &Error{Kind: ErrValue, Field: key, Problem: "must be a map of names to values, and is " + nature(value)}
		case hasBelow && key == envName:
			value = below // null hides the layers below, and this layer's dotted ones stay
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

// defaults are the values of the pool's variables that have one.
func (t *baseJobTemplate) defaults(newest bool) map[string]any {
	values := map[string]any{}
	for name, property := range t.Variables.Properties {
		if value, ok := property["default"]; ok && (value != nil || !newest) {
			values[name] = value
		}
	}
	return values
}

// configuration is the pool's job configuration with all values in their places, references not yet resolved.
func (t *baseJobTemplate) configuration(f *filler, chosen chosenVariables) map[string]any {
	f.values, f.declared = t.defaults(f.newest), t.Variables.Properties
	base := t.environment(f.values[envName], chosen, f.newest)
	maps.Copy(f.values, chosen.values)
	filled := make(map[string]any, len(base))
	for key, value := range base {
		if key == armTemplate {
			continue // it has a meaning of its own: see ownTemplate
		}
		if value = f.fill(value, key); value != (missing{}) {
			filled[key] = value
		}
	}
	return filled
}

// environment is the job configuration with the layers of env over each other: the template's own map, the pool's default,
// and what deployment and run give. A template that only refers to the variable env stays as it is.
func (t *baseJobTemplate) environment(byDefault any, chosen chosenVariables, newest bool) map[string]any {
	base := maps.Clone(t.JobConfiguration)
	own, isMap := base[envName].(map[string]any)
	defaults, _ := byDefault.(map[string]any)
	if chosen.hidesEnv {
		own, defaults = nil, nil
	}
	if len(defaults) > 0 {
		// 3.x lays the pool's default over the template's own map, 2.20 puts it in its place.
		if isMap && newest {
			own = overlay(own, defaults)
		} else {
			own, isMap = defaults, true
		}
	}
	given, isGiven := chosen.values[envName].(map[string]any)
	if _, has := base[envName]; isMap || isGiven && (!has || base[envName] == nil) {
		base[envName] = overlay(own, given)
	}
	return base
}

// says reports whether somebody wrote the value that the template itself gives to one of the two times: into the job
// configuration, or as the default of a variable. Pools that Prefect made all have the defaults 240 and 5, in a variable with
// Prefect's title and a description that is not Pacific's; there nobody chose them.
func (t *baseJobTemplate) says(name string) bool {
	if text, isText := t.JobConfiguration[name].(string); !isText && t.JobConfiguration[name] != nil || isText && !strings.Contains(text, "{{") {
		return true
	}
	property := t.Variables.Properties[name]
	if property["default"] == nil {
		return false
	}
	description, _ := property["description"].(string)
	for _, ours := range variables(false) {
		if ours.name == name {
			return description == "" || description == ours.description || property["title"] != ours.title
		}
	}
	return true
}
