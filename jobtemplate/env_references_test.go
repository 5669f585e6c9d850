package jobtemplate_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// renderEnv gives the environment that a pool, its deployment and its run give, without what tells the run.
func renderEnv(t *testing.T, v prefect.Version, own, byDefault, deployment, run any) (map[string]string, error) {
	t.Helper()
	given := func(env any) vars {
		if env == "absent" {
			return nil
		}
		return vars{"env": env}
	}
	template, err := json.Marshal(vars{
		"job_configuration": vars{"env": own, "resource_group_name": "rg", "subscription_id": "s"},
		"variables":         vars{"properties": vars{"env": vars{"default": byDefault}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := jobtemplate.Input{
		Version: v, Template: template, Deployment: &prefect.Deployment{JobVariables: given(deployment)},
		FlowRun: prefect.FlowRun{ID: runID, Name: "r", JobVariables: given(run)},
	}
	in.Lookups.Variable = func(_ context.Context, name string) (any, bool, error) {
		value, ok := vars{"common": vars{"A": "variable", "V": "variable"}, "text": "x"}[name]
		return value, ok, nil
	}
	in.Lookups.Block = func(context.Context, jobtemplate.BlockKey) (map[string]any, error) {
		return vars{"A": "block", "B": "block"}, nil
	}
	plan, err := jobtemplate.Render(t.Context(), in)
	if err != nil {
		return nil, err
	}
	delete(plan.Job.Env, "PREFECT__FLOW_RUN_ID")
	return plan.Job.Env, nil
}

// TestEnvIsNeverLost: an environment that is a reference, a list, a text or null is merged, refused or hides.
func TestEnvIsNeverLost(t *testing.T) {
	const common, absent = "{{ prefect.variables.common }}", "absent"
	block := vars{"$ref": vars{"block_document_id": "id-1"}}
	for title, test := range map[string]struct {
		own, byDefault, deployment, run any
		want                            map[string]string // nil: refused
	}{
		"reference over a map":          {"{{ env }}", nil, vars{"A": "d", "D": "d"}, common, map[string]string{"A": "variable", "V": "variable", "D": "d"}},
		"map over a reference":          {"{{ env }}", nil, common, vars{"A": "run"}, map[string]string{"A": "run", "V": "variable"}},
		"block by id over a map":        {"{{ env }}", nil, vars{"A": "d", "D": "d"}, block, map[string]string{"A": "block", "B": "block", "D": "d"}},
		"template's own map":            {vars{"O": "own"}, nil, absent, common, map[string]string{"A": "variable", "V": "variable", "O": "own"}},
		"template's own reference":      {common, nil, absent, vars{"A": "run"}, map[string]string{"A": "run", "V": "variable"}},
		"pool's default is a reference": {"{{ env }}", common, vars{"D": "d"}, absent, map[string]string{"A": "variable", "V": "variable", "D": "d"}},
		"no env in the template":        {nil, nil, vars{"D": "d"}, absent, map[string]string{"D": "d"}},
		"null hides all":                {vars{"O": "own"}, vars{"P": "pool"}, vars{"D": "d"}, nil, map[string]string{}},
		"null hides the pool's":         {"{{ env }}", vars{"P": "pool"}, nil, vars{"R": "run"}, map[string]string{"R": "run"}},
		"list":                          {vars{"O": "own"}, nil, vars{"D": "d"}, []any{"A=1"}, nil},
		"list below a map":              {"{{ env }}", nil, []any{"A=1"}, vars{"R": "run"}, nil},
		"text":                          {vars{"O": "own"}, nil, vars{"D": "d"}, "A=1", nil},
		"reference to a text":           {vars{"O": "own"}, nil, absent, "{{ prefect.variables.text }}", nil},
		"number":                        {vars{"O": "own"}, nil, absent, 1, nil},
	} {
		for _, v := range []prefect.Version{v2(), v3()} {
			got, err := renderEnv(t, v, test.own, test.byDefault, test.deployment, test.run)
			if test.want == nil {
				if e, ok := errors.AsType[*jobtemplate.Error](err); !ok || e.Field != "env" || !errors.Is(err, jobtemplate.ErrValue) {
					t.Errorf("%s (%s): error %v, want one of env", title, v, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s (%s): %v", title, v, err)
			} else if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (%s): -want +got:\n%s", title, v, diff)
			}
		}
	}
}

func TestEnvOfAMissingReference(t *testing.T) {
	_, err := renderEnv(t, v3(), "{{ env }}", nil, vars{"D": "d"}, "{{ prefect.variables.none }}")
	if !errors.Is(err, jobtemplate.ErrReference) {
		t.Errorf("error %v, want %v", err, jobtemplate.ErrReference)
	}
}
