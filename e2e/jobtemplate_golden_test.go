//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

const (
	goldenRun        = "0f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f"
	goldenFlow       = "1f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f"
	goldenDeployment = "2f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f"
	goldenPool       = "3f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f"
	goldenUpdated    = "2024-05-06T07:08:09.089000+00:00"
	goldenPuller     = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
	goldenSubnet     = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
)

// golden is one case: a template, the variables of a deployment and a run; or a job block.
type golden struct {
	title string
	// improves names what Pacific does otherwise on purpose. Such a case must differ from Prefect's.
	improves string
	// only is the major version that the case is for; 0: both.
	only int
	// groupOnly: only the container group is compared, not the job configuration.
	groupOnly bool
	// Edit and Requests change the default template: its job configuration, and what its ARM template asks for.
	Edit     m `json:"edit,omitempty"`
	Requests m `json:"requests,omitempty"`

	Template   json.RawMessage `json:"template"` // null: the default one of Prefect's own worker
	Deployment map[string]any  `json:"deployment"`
	Variables  map[string]any  `json:"variables"`
	Block      map[string]any  `json:"block,omitempty"`

	RunID        string `json:"run_id"`
	Run          string `json:"run"`
	FlowID       string `json:"flow_id"`
	Flow         string `json:"flow"`
	DeploymentID string `json:"deployment_id"`
	PoolID       string `json:"pool_id"`
	Updated      string `json:"updated"`
}

// goldenGroup is a container group in the words of the Python program.
type goldenGroup struct {
	Name, Image, Subscription         string
	ClientID                          string `json:"client_id"`
	ResourceGroup                     string `json:"resource_group"`
	Labels, Env                       map[string]string
	Command, Identities, Subnets, DNS []string
	CPU, Memory                       float64
	Registries                        []map[string]string
	Stream, Keep                      bool
}

type goldenAnswer struct {
	Version string
	Base    map[string]string
	Default json.RawMessage
	Results []struct {
		Configuration map[string]any
		Group         *goldenGroup
		Error         string
	}
	Templates []string
}

type m = map[string]any

// goldenKnown are the blocks and variables that the cases refer to.
func goldenKnown() (byID, byName map[string]m, variables m) {
	byID = map[string]m{
		goldenPool:       {"client_id": "c", "tenant_id": "t", "client_secret": "s", "credential_kwargs": m{}},
		goldenDeployment: {"registry_url": "r.azurecr.io", "username": "u", "password": "p {{ prefect.variables.tag }}", "reauth": true},
	}
	byName = map[string]m{
		"secret/key":   {"value": "hush"},
		"json/deep":    {"value": m{"key": m{"nested-key": "v"}, "list": []any{m{"k": 1.5}, true, nil, "x"}, "valuable": 7}},
		"json/values":  {"value": m{"values": "inside"}},
		"registry/two": {"registry_url": "r.io", "username": "u"},
	}
	return byID, byName, m{"tag": "v1", "other-tag": "x y"}
}

func (g golden) input(major int, answer goldenAnswer, version prefect.Version) jobtemplate.Input {
	byID, byName, variables := goldenKnown()
	template := g.Template
	if len(template) == 0 {
		template = g.changed(answer.Default)
	}
	updated, err := time.Parse(time.RFC3339, g.Updated)
	if err != nil {
		panic(err)
	}
	in := jobtemplate.Input{
		Version: version, Template: template, Settings: answer.Base, WorkerName: "worker",
		Flow:       &prefect.Flow{ID: prefect.ID(g.FlowID), Name: g.Flow},
		WorkPool:   &prefect.WorkPool{ID: prefect.ID(g.PoolID), Name: "pool"},
		Deployment: &prefect.Deployment{ID: prefect.ID(g.DeploymentID), Name: "prod", JobVariables: g.Deployment, Updated: prefect.At(updated)},
		FlowRun: prefect.FlowRun{ID: prefect.ID(g.RunID), Name: g.Run, FlowID: prefect.ID(g.FlowID), DeploymentID: prefect.ID(g.DeploymentID),
			JobVariables: g.Variables},
		Lookups: jobtemplate.Lookups{
			Env: func(name string) (string, bool) { return "worker's", name == "GOLDEN" },
			Block: func(_ context.Context, key jobtemplate.BlockKey) (map[string]any, error) {
				data, ok := byID[string(key.ID)]
				if key.ID == "" {
					data, ok = byName[key.String()]
				}
				if !ok {
					return nil, prefect.ErrNotFound
				}
				return data, nil
			},
			Variable: func(_ context.Context, name string) (any, bool, error) {
				value, ok := variables[name]
				return value, ok, nil
			},
		},
	}
	if g.Block != nil {
		in.Deployment, in.WorkPool, in.WorkerName, in.Template = nil, nil, "", nil
	}
	return in
}

// TestPrefectJobTemplates holds our rendering against that of Prefect's own workers and job block.
func TestPrefectJobTemplates(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			version := prefectVersion(t, major)
			cases := slices.DeleteFunc(append(goldenCases(t, version), randomGolden(400)...), func(g golden) bool { return g.only != 0 && g.only != major })
			answer := askGolden(t, python, version, cases)
			if answer.Version != version.Text || len(answer.Results) != len(cases) {
				t.Fatalf("Prefect %s gave %d results; want %s and %d", answer.Version, len(answer.Results), version.Text, len(cases))
			}
			for i, objection := range answer.Templates {
				if wrong := i%4 == 3; wrong != (objection != "") {
					t.Errorf("template %d: the server's word is %q, for values that are wrong: %t", i, objection, wrong)
				}
			}
			agreed, resolved := 0, 0
			for i, g := range cases {
				if g.check(t, major, answer, i, version) {
					agreed++
				}
				if answer.Results[i].Configuration != nil {
					resolved++
				}
			}
			t.Logf("Prefect %s: %d of %d cases agree; it resolves %d templates", answer.Version, agreed, len(cases), resolved)
			if resolved < len(cases)/2 {
				t.Errorf("only %d of %d templates can be resolved, which proves too little", resolved, len(cases))
			}
		})
	}
}

func askGolden(t *testing.T, python string, version prefect.Version, cases []golden) goldenAnswer {
	t.Helper()
	byID, byName, variables := goldenKnown()
	var templates []m
	for _, kind := range []string{jobtemplate.TypeWorker, jobtemplate.TypePush} {
		template, err := jobtemplate.BaseJobTemplate(kind, version)
		if err != nil {
			t.Fatal(err)
		}
		for _, values := range []m{
			{"env": m{"A": "1", "B": nil}, "entrypoint": nil, "task_start_timeout_seconds": nil, "image": nil},
			{"image_registry": m{"registry_url": "r", "identity": "i"}, "gpu_count": 1, "gpu_sku": "V100", "labels": m{"a": "b"}, "keep_container_group": true,
				"task_watch_poll_interval": 2.5, "subnet_ids": []any{"s"}},
			{"image_registry": nil},
			{"cpu": "a text"}, // the one that is to be refused
		} {
			values["resource_group_name"], values["subscription_id"] = "rg", "sub"
			values["aci_credentials"] = m{"client_id": "c", "tenant_id": "t", "client_secret": "s"}
			templates = append(templates, m{"type": kind, "template": template, "values": values})
		}
	}
	input, err := json.Marshal(m{"cases": cases, "templates": templates, "blocks": byID, "byname": byName, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/jobtemplate_golden.py")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.env["GOLDEN"] = "worker's"
	w.env["PREFECT_API_URL"] = "http://127.0.0.1:4200/api"
	out := w.run(t, input, python, script)
	var answer goldenAnswer
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	return answer
}

// check compares one case; it reports whether both agree.
func (g golden) check(t *testing.T, major int, answer goldenAnswer, i int, version prefect.Version) bool {
	t.Helper()
	theirs, in := answer.Results[i], g.input(major, answer, version)
	var plan *jobtemplate.Plan
	var err error
	var differences []string
	note := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	if g.Block != nil {
		var block prefect.AzureContainerInstanceJob
		data, _ := json.Marshal(g.Block)
		if err := json.Unmarshal(data, &block); err != nil {
			t.Fatal(err)
		}
		plan, err = jobtemplate.FromBlock(t.Context(), block, in)
	} else {
		resolved, resolveErr := jobtemplate.Resolve(t.Context(), in)
		switch {
		case g.groupOnly:
		case resolveErr == nil && theirs.Configuration != nil:
			if diff := cmp.Diff(normal(t, theirs.Configuration), normal(t, resolved)); diff != "" {
				note("configuration: -Prefect +ours:\n%s", diff)
			}
		case resolveErr != nil && theirs.Configuration != nil:
			note("ours: %v; Prefect's has a configuration", resolveErr)
		case resolveErr == nil:
			note("ours has a configuration; Prefect's: %s", theirs.Error)
		}
		if strings.HasPrefix(g.title, "random") {
			return g.report(t, differences)
		}
		plan, err = jobtemplate.Render(t.Context(), in)
	}
	switch {
	case err != nil && theirs.Error != "":
	case err != nil:
		note("ours: %v; Prefect's has none", err)
	case theirs.Error != "":
		note("ours has none; Prefect's: %s", theirs.Error)
	default:
		if diff := cmp.Diff(*theirs.Group, groupOf(plan, g.Block != nil)); diff != "" {
			note("group: -Prefect +ours:\n%s", diff)
		}
	}
	return g.report(t, differences)
}

func (g golden) report(t *testing.T, differences []string) bool {
	t.Helper()
	switch {
	case g.improves == "" && len(differences) > 0:
		input, _ := json.Marshal(g)
		t.Errorf("%s: %s\n%.1500s", g.title, strings.Join(differences, "\n"), input)
	case g.improves != "" && len(differences) == 0:
		t.Errorf("%s: Prefect does the same, so it is no improvement of ours (%s)", g.title, g.improves)
	}
	return len(differences) == 0
}

// normal is a value with each number as Python has it: whole, or not.
func normal(t *testing.T, v any) any {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, encoded)
}

// takeBase takes from the container group that is sent what the pool's own ARM template may say: Prefect's worker sends the
// same group through a deployment.
func (g *goldenGroup) takeBase(job aci.Job) {
	group, _, err := job.ContainerGroup("westeurope")
	if err != nil {
		panic(err)
	}
	properties, main := group.Properties, group.Properties.Containers[0].Properties
	g.Image, g.CPU, g.Memory = *main.Image, *main.Resources.Requests.CPU, *main.Resources.Requests.MemoryInGB
	g.Env, g.Identities, g.Subnets, g.DNS = map[string]string{}, []string{}, []string{}, []string{}
	for _, v := range main.EnvironmentVariables {
		if v.Value == nil {
			v.Value = v.SecureValue
		}
		g.Env[*v.Name] = *v.Value
	}
	if group.Identity != nil {
		g.Identities = slices.Sorted(maps.Keys(group.Identity.UserAssignedIdentities))
	}
	for _, s := range properties.SubnetIDs {
		g.Subnets = append(g.Subnets, *s.ID)
	}
	if properties.DNSConfig != nil {
		for _, server := range properties.DNSConfig.NameServers {
			g.DNS = append(g.DNS, *server)
		}
	}
}

func groupOf(plan *jobtemplate.Plan, block bool) goldenGroup {
	job := plan.Job
	g := goldenGroup{
		Name: plan.Name, Image: job.Image, Subscription: string(plan.SubscriptionID), ClientID: plan.Credentials.ClientID, ResourceGroup: plan.ResourceGroup,
		Labels: plan.Labels, Env: job.Env, Command: job.Command, Identities: append([]string{}, job.Identities...), Subnets: append([]string{}, job.SubnetIDs...),
		DNS: append([]string{}, job.DNSServers...), CPU: job.CPU, Memory: job.MemoryGB, Registries: []map[string]string{}, Stream: plan.StreamOutput, Keep: job.Keep != "",
	}
	if job.Base != nil {
		g.takeBase(job)
	}
	if block {
		g.Name = strings.TrimSuffix(job.Name, "-"+goldenRun)
	}
	if job.Entrypoint != "" {
		g.Command = append([]string{job.Entrypoint}, job.Command...)
	}
	slices.Sort(g.Identities)
	for _, r := range job.Registries {
		one := map[string]string{"server": r.Server}
		for name, value := range map[string]string{"username": r.Username, "password": r.Password, "identity": r.Identity} {
			if value != "" {
				one[name] = value
			}
		}
		g.Registries = append(g.Registries, one)
	}
	return g
}
