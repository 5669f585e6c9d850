package armtemplate_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
)

// vectorsFile names the file with expressions and templates and their true results.
const vectorsFile = "PACIFIC_ARM_VECTORS"

// differences are the vectors with which we do not agree, each with the reason.
var differences = map[string]string{}

// vector is one line of the file.
type vector struct {
	ID         string                     `json:"id"`
	Expression string                     `json:"expression"`
	Template   json.RawMessage            `json:"template"`
	Parameters map[string]json.RawMessage `json:"parameters"`
	Variables  map[string]json.RawMessage `json:"variables"`
	Context    struct {
		Scope           string                     `json:"scope"`
		SubscriptionID  string                     `json:"subscriptionId"`
		ResourceGroup   string                     `json:"resourceGroup"`
		ManagementGroup string                     `json:"managementGroup"`
		References      map[string]json.RawMessage `json:"references"`
	} `json:"context"`
	Expect json.RawMessage `json:"expect"`
}

func TestVectors(t *testing.T) {
	name := os.Getenv(vectorsFile)
	if name == "" {
		t.Skipf("%s is not set: it names the file with expressions and their true results", vectorsFile)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var agree, differ, skipped int
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		problem := v.check()
		reason, known := differences[v.ID]
		switch {
		case problem == "" && known:
			t.Errorf("%s agrees, although it is listed as different: %s", v.ID, reason)
		case problem == "":
			agree++
		case known:
			differ++
		default:
			differ++
			t.Errorf("%s: %s\n%s%s", v.ID, problem, v.Expression, v.Template)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("armtemplate: vectors: %d agree, %d differ, %d skipped\n", agree, differ, skipped)
	if agree == 0 {
		t.Errorf("%s holds no vector that agrees", name)
	}
}

// check compares our result with the true one, and says what is different.
func (v *vector) check() string {
	text := []byte(v.Template)
	if v.Expression != "" {
		text = v.wrapped()
	}
	got := v.evaluate(text)
	var want map[string]json.RawMessage
	_ = json.Unmarshal(v.Expect, &want)
	if fragment, ok := want["error"]; ok && len(want) == 1 {
		return got.failedWith(fragment)
	}
	if got.err != nil {
		return got.err.Error()
	}
	if v.Expression != "" {
		return compare("result", got.outputs["r"], v.Expect)
	}
	var problems []string
	for _, what := range slices.Sorted(maps.Keys(want)) {
		problems = append(problems, got.compare(what, want[what])...)
	}
	return strings.Join(problems, "; ")
}

// wrapped makes a template of an expression: its result is the output r.
func (v *vector) wrapped() []byte {
	parameters := map[string]any{}
	for name := range v.Parameters {
		parameters[name] = map[string]any{"nullable": true}
	}
	schema := map[string]string{"": "deploymentTemplate", "resourceGroup": "deploymentTemplate", "subscription": "subscriptionDeploymentTemplate",
		"managementGroup": "managementGroupDeploymentTemplate", "tenant": "tenantDeploymentTemplate"}[v.Context.Scope]
	text, err := json.Marshal(map[string]any{
		"$schema":         "https://schema.management.azure.com/schemas/2019-08-01/" + schema + ".json#",
		"contentVersion":  "1.0.0.0",
		"languageVersion": "2.0",
		"parameters":      parameters,
		"variables":       v.Variables,
		"resources":       map[string]any{},
		"outputs":         map[string]any{"r": map[string]any{"nullable": true, "value": v.Expression}},
	})
	if err != nil {
		panic(err)
	}
	return text
}

// result is what evaluating a template came to.
type result struct {
	err     error
	d       *armtemplate.Deployment
	outputs map[string]json.RawMessage
	bodies  map[*armtemplate.Resource]map[string]any
}

func (v *vector) evaluate(text []byte) *result {
	ctx := context.Background()
	got := &result{outputs: map[string]json.RawMessage{}, bodies: map[*armtemplate.Resource]map[string]any{}}
	t, err := armtemplate.Parse(text)
	if err != nil {
		return &result{err: err}
	}
	parameters := armtemplate.Parameters{}
	for name, p := range v.Parameters {
		parameters[name] = armtemplate.Parameter{Value: p}
	}
	got.d, err = t.Evaluate(ctx, armtemplate.Options{
		Parameters: parameters, Now: func() time.Time { return time.Date(2024, 3, 5, 1, 2, 3, 0, time.UTC) },
		Scope: armtemplate.Scope{Kind: armtemplate.ScopeKind(v.Context.Scope), SubscriptionID: v.Context.SubscriptionID,
			ResourceGroup: v.Context.ResourceGroup, ManagementGroup: v.Context.ManagementGroup},
	})
	if err != nil {
		return &result{err: err}
	}
	if err := got.deploy(ctx, v.Context.References); err != nil {
		return &result{err: err}
	}
	return got
}

// deploy evaluates everything in order, as a server would: a resource is what its body says.
func (got *result) deploy(ctx context.Context, references map[string]json.RawMessage) error {
	state := map[string]json.RawMessage{}
	resolver := &armtemplate.Resolver{Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
		if v, ok := references[r.ResourceID+"|"+r.APIVersion]; ok {
			return json.Marshal(map[string]json.RawMessage{"properties": v})
		}
		if v, ok := state[strings.ToLower(r.ResourceID)]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("%s is not deployed", r.ResourceID)
	}}
	for _, batch := range got.d.Batches() {
		for _, r := range batch {
			body, err := r.Body(ctx, resolver)
			if err != nil {
				return err
			}
			if state[strings.ToLower(r.ID)], err = stateOf(ctx, r, body); err != nil {
				return err
			}
			var o map[string]any
			if err := json.Unmarshal(body, &o); err != nil {
				return err
			}
			o["name"], o["type"] = r.Name, r.Type
			got.bodies[r] = o
		}
	}
	outputs, err := got.d.Outputs(ctx, resolver)
	for _, o := range outputs {
		got.outputs[o.Name] = o.Value
	}
	return err
}

// stateOf is what a server answers after the PUT of a resource: the body, and for a nested deployment its outputs.
func stateOf(ctx context.Context, r *armtemplate.Resource, body json.RawMessage) (json.RawMessage, error) {
	nested, err := r.Nested(ctx)
	if err != nil || nested == nil {
		return body, err
	}
	list, err := nested.Outputs(ctx, nil)
	if err != nil {
		return nil, err
	}
	outputs := map[string]any{}
	for _, o := range list {
		outputs[o.Name] = map[string]any{"type": o.Type, "value": o.Value}
	}
	return json.Marshal(map[string]any{"properties": map[string]any{"outputs": outputs}})
}

// failedWith reports an error other than the one that a fragment is of; an array holds several spellings.
func (got *result) failedWith(fragment json.RawMessage) string {
	if got.err == nil {
		return "no error; want " + string(fragment)
	}
	var any []string
	if json.Unmarshal(fragment, &any) != nil {
		any = []string{""}
		_ = json.Unmarshal(fragment, &any[0])
	}
	for _, f := range any {
		if f == "*" || strings.Contains(got.err.Error(), f) {
			return ""
		}
	}
	return fmt.Sprintf("error %q; want %s", got.err, fragment)
}

// compare holds one thing that a vector expects against the result.
func (got *result) compare(what string, want json.RawMessage) []string {
	var problems []string
	add := func(p string) {
		if p != "" {
			problems = append(problems, p)
		}
	}
	var names, types, deployed []string
	var resources []any
	for _, r := range got.d.Resources {
		names, types = append(names, r.Name), append(types, r.Type)
		if !r.Skipped && !r.Existing {
			deployed, resources = append(deployed, r.Name), append(resources, got.bodies[r])
		}
	}
	switch what {
	case "outputs":
		all, _ := json.Marshal(got.outputs)
		add(compare(what, all, want))
	case "outputsMatch":
		var patterns map[string]string
		_ = json.Unmarshal(want, &patterns)
		for name, p := range patterns {
			var s string
			_ = json.Unmarshal(got.outputs[name], &s)
			if !regexp.MustCompile(p).MatchString(s) {
				add(fmt.Sprintf("output %s is %q, which %s does not match", name, s, p))
			}
		}
	case "resourceNames", "resourceTypes", "deployedNames":
		of, _ := json.Marshal(map[string][]string{"resourceNames": names, "resourceTypes": types, "deployedNames": deployed}[what])
		if bytes.Equal(of, []byte("null")) {
			of = []byte("[]")
		}
		add(compare(what, of, want))
	case "batches":
		var batches [][]string
		for _, b := range got.d.Batches() {
			var of []string
			for _, r := range b {
				of = append(of, r.Name)
			}
			batches = append(batches, of)
		}
		of, _ := json.Marshal(batches)
		add(compare(what, of, want))
	case "resources":
		var list []any
		_ = json.Unmarshal(want, &list)
		if len(list) != len(resources) {
			add(fmt.Sprintf("%d resources; want %d", len(resources), len(list)))
			break
		}
		for i, w := range list {
			if !subset(w, resources[i]) {
				add(fmt.Sprintf("resource %d is %v; want %v", i, resources[i], w))
			}
		}
	default:
		add("the test does not know how to check " + what)
	}
	return problems
}

// compare compares two JSON values without regard to the order of members.
func compare(what string, got, want json.RawMessage) string {
	a, b := decode(got), decode(want)
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return fmt.Sprintf("%s is %s; want %s", what, got, want)
}

func decode(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err.Error()
	}
	return v
}

// subset reports whether everything in want is in got.
func subset(want, got any) bool {
	switch want := want.(type) {
	case map[string]any:
		of, ok := got.(map[string]any)
		for k, v := range want {
			ok = ok && subset(v, of[k])
		}
		return ok
	case []any:
		of, ok := got.([]any)
		if !ok || len(of) != len(want) {
			return false
		}
		for i := range want {
			if !subset(want[i], of[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(want, got)
}
