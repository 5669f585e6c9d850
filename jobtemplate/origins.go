package jobtemplate

import (
	"context"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// Layer is who gave a value of a job.
type Layer string

// The layers, from the one that wins over all others down.
const (
	// LayerFlowRun and LayerDeployment are the job variables of each.
	LayerFlowRun    Layer = "flow run"
	LayerDeployment Layer = "deployment"
	// LayerDefault is the default of a variable in the pool's base job template.
	LayerDefault Layer = "variable default"
	// LayerPool is what the pool's job configuration says without a variable.
	LayerPool Layer = "work pool"
	// LayerPacific is what Pacific gives where nobody said anything.
	LayerPacific Layer = "Pacific"
)

// Origin says where one value of a job comes from.
type Origin struct {
	// Field is a job variable, such as cpu, or one variable of the environment: env["NAME"].
	Field string `json:"field"`
	// From is the layer whose value counts.
	From Layer `json:"from"`
	// Through are the blocks and variables of Prefect's, and the names of the environment, that the value refers to, as they
	// are written. Most have none.
	Through []string `json:"through,omitempty"`
}

// origins finds where each value comes from.
type origins struct {
	in       *Input
	template *baseJobTemplate
	// layers are the job variables of deployment and run, dotted keys made maps.
	layers [2]map[string]any
}

// layersUp are the layers of job variables from the one that wins down.
var layersUp = []struct {
	at   int
	name Layer
}{{1, LayerFlowRun}, {0, LayerDeployment}}

// newOrigins keeps what is needed. Layers whose dotted keys contradict each other have been refused before.
func newOrigins(in *Input, template baseJobTemplate, layers []map[string]any) *origins {
	o := &origins{in: in, template: &template}
	for i, layer := range layers {
		o.layers[i], _, _ = undotted(layer, in.newest())
	}
	return o
}

// Explain is [Render] that also says where each value comes from: first the job variables in the order of a template's,
// then the environment by name.
func Explain(ctx context.Context, in Input) (*Plan, []Origin, error) {
	resolved, err := in.resolve(ctx)
	if err != nil {
		return nil, nil, err
	}
	plan, err := in.render(ctx, resolved)
	if err != nil {
		return nil, nil, err
	}
	return plan, append(resolved.origins.fields(plan, resolved), resolved.origins.environment(plan.Job.Env)...), nil
}

// fields gives one Origin for each job variable that Pacific knows, env left out.
func (o *origins) fields(plan *Plan, resolved *resolution) []Origin {
	var all []Origin
	for _, v := range variables(false) {
		if v.name == envName {
			continue
		}
		origin := o.field(v.name)
		switch {
		case v.name == startTimeoutName && plan.Job.StartTimeout == 0, v.name == pollIntervalName && plan.Job.PollInterval == 0:
			origin = Origin{Field: v.name, From: LayerPacific} // Prefect's default stands for Pacific's own
		case resolved.arm != nil && origin.From == LayerPacific:
			origin.From = LayerPool // its own ARM template says it, or leaves it to Azure
		}
		all = append(all, origin)
	}
	return all
}

// field follows the placeholders of a field's place in the job configuration.
func (o *origins) field(name string) Origin {
	written := o.template.JobConfiguration[name]
	if written == nil || empty(written) {
		return Origin{Field: name, From: LayerPacific}
	}
	found := Origin{Field: name, From: LayerPacific}
	if _, alone := sole(pytext.Str(written)); !alone || len(valueRoots(written)) == 0 {
		found.From = LayerPool // with more than a variable in it
	}
	o.follow(&found, written)
	return found
}

// follow looks for the variables that a value of the template refers to.
func (o *origins) follow(found *Origin, written any) {
	found.Through = append(found.Through, references(written)...)
	for _, root := range valueRoots(written) {
		value, from := o.variable(root)
		if rank(from) < rank(found.From) {
			found.From = from
		}
		found.Through = append(found.Through, references(value)...)
	}
}

// variable is the value of a job variable that counts, and who gave it.
func (o *origins) variable(name string) (any, Layer) {
	for _, layer := range layersUp {
		if value, given := o.layers[layer.at][name]; given && !empty(value) {
			return value, layer.name
		}
	}
	if value := o.template.Variables.Properties[name]["default"]; value != nil && !empty(value) {
		return value, LayerDefault
	}
	return nil, LayerPacific
}

// environment gives one Origin for each variable of the container's environment.
func (o *origins) environment(env map[string]string) []Origin {
	all := make([]Origin, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		all = append(all, o.envVariable(name))
	}
	return all
}

// envVariable looks for a name from the layer that wins down.
func (o *origins) envVariable(name string) Origin {
	field := `env["` + name + `"]`
	for _, layer := range layersUp {
		if own, _ := o.layers[layer.at][envName].(map[string]any); !empty(own[name]) && own[name] != nil {
			return Origin{Field: field, From: layer.name, Through: references(own[name])}
		}
	}
	if own, _ := o.template.Variables.Properties[envName]["default"].(map[string]any); !empty(own[name]) && own[name] != nil {
		return Origin{Field: field, From: LayerDefault, Through: references(own[name])}
	}
	if own, _ := o.template.JobConfiguration[envName].(map[string]any); !empty(own[name]) && own[name] != nil {
		found := Origin{Field: field, From: LayerPool}
		o.follow(&found, own[name])
		return found
	}
	return Origin{Field: field, From: LayerPacific}
}

// rank orders the layers: 0 wins.
func rank(l Layer) int {
	return slices.Index([]Layer{LayerFlowRun, LayerDeployment, LayerDefault, LayerPool, LayerPacific}, l)
}

// valueRoots are the job variables that a value refers to, each once.
func valueRoots(v any) []string {
	var roots []string
	eachPlaceholder(v, func(p placeholder) {
		if root := firstPart(p.name); p.kind == kindValue && root != contextName && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	})
	return roots
}

// references are the placeholders of a value that reach outside of the template, and the blocks that it refers to.
func references(v any) []string {
	var found []string
	eachPlaceholder(v, func(p placeholder) {
		if p.kind != kindValue && !slices.Contains(found, p.name) {
			found = append(found, p.name)
		}
	})
	if object, ok := v.(map[string]any); ok {
		ref, _ := object["$ref"].(map[string]any)
		if id, _ := ref["block_document_id"].(string); id != "" {
			found = append(found, "block "+id)
		}
	}
	return found
}

// eachPlaceholder goes through the texts of a value.
func eachPlaceholder(v any, do func(placeholder)) {
	switch v := v.(type) {
	case string:
		for _, p := range placeholders(v) {
			do(p)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			eachPlaceholder(v[key], do)
		}
	case []any:
		for _, value := range v {
			eachPlaceholder(value, do)
		}
	}
}
