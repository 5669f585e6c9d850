//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// goldenCases are run with the template of Prefect's own worker and with ours.
func goldenCases(t *testing.T, version prefect.Version) []golden {
	t.Helper()
	ours, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version)
	if err != nil {
		t.Fatal(err)
	}
	acr := m{"registry_url": "r.azurecr.io", "identity": goldenPuller}
	var cases []golden
	for _, g := range []golden{
		{title: "nothing"},
		{title: "each field", Deployment: m{"image": "a.io/i:2", "command": "python  -m x", "entrypoint": "/tini", "cpu": 2, "memory": 1.5,
			"identities": []any{goldenPuller}, "subnet_ids": []any{goldenSubnet}, "dns_servers": []any{"10.0.0.1"}, "stream_output": true,
			"keep_container_group": true, "image_registry": acr, "env": m{"A": "1"}, "labels": m{"team": "x"}}},
		{title: "quotes", Variables: m{"command": `sh -c "echo 'a' \"b\" \\ \n" 'x y'\ z ""`}},
		{title: "open quote", Variables: m{"command": `echo "a`}},
		{title: "numbers as text", Variables: m{"cpu": "2", "memory": "1.5", "stream_output": "yes"}},
		{title: "no number", Variables: m{"cpu": "two"}},
		{title: "env over env", Deployment: m{"env": m{"A": "1", "B": "2"}}, Variables: m{"env": m{"B": "3", "C": 4, "D": 1.0, "E": true}}},
		{title: "env run only", Variables: m{"env": m{"PREFECT__FLOW_RUN_ID": "mine"}}},
		{title: "env list", Variables: m{"env": m{"A": []any{1, "b", nil, m{"c": 1.5}}}}},
		{title: "labels over", Variables: m{"labels": m{"prefect.io/flow-name": "mine"}}},
		{title: "dotted env", only: 3, Deployment: m{"env.A": "1", "env": m{"B": "2"}}, Variables: m{"env.C": "3"}},
		{title: "dotted ignored", only: 2, Variables: m{"env.A": "1"}},
		{title: "dotted through a text", only: 3, Variables: m{"env.A": "1", "env.A.B": "2"}},
		{title: "credentials by id", Deployment: m{"aci_credentials": m{"$ref": m{"block_document_id": goldenPool}}}},
		{title: "credentials in part", Deployment: m{"aci_credentials": m{"client_id": "c"}}},
		{title: "no credentials", Deployment: m{"aci_credentials": m{"client_id": nil, "tenant_id": nil, "client_secret": nil}}},
		{title: "registry by id", Deployment: m{"image_registry": m{"$ref": m{"block_document_id": goldenDeployment}}}},
		{title: "both registries", Deployment: m{"image_registry": m{"registry_url": "r.azurecr.io", "identity": goldenPuller, "username": "u", "password": "p"}}},
		{title: "registry in part", Deployment: m{"image_registry": m{"registry_url": "r.azurecr.io", "username": "u"}}},
		{title: "block in env", Variables: m{"env": m{"K": "{{ prefect.blocks.secret.key }}", "V": "{{ prefect.variables.tag }}"}}},
		{title: "no such variable", Variables: m{"env": m{"W": "a-{{ prefect.variables.none }}-b"}}, improves: "a reference that finds nothing is an error"},
		{title: "block in text", only: 3, Variables: m{"env": m{"K": "x{{ prefect.blocks.secret.key }}"}}},
		{title: "block in text of 2", only: 2, Variables: m{"env": m{"K": "x{{ prefect.blocks.secret.key }}"}}},
		{title: "no such block", Variables: m{"env": m{"K": "{{ prefect.blocks.secret.none }}"}}},
		{title: "name with context", only: 3, Variables: m{"name": "x-{{ ctx.flow.name }}-{{ ctx.flow_run.name }}-{{ ctx.no.thing }}"}},
		{title: "name of one placeholder", only: 3, Variables: m{"name": "{{ ctx.no.thing }}"}},
		{title: "no image", Variables: m{"image": ""}, improves: "empty never overrides"},
		{title: "null image", Variables: m{"image": nil}, improves: "null unsets"},
		{title: "null cpu", Variables: m{"cpu": nil}, improves: "null unsets"},
		{title: "null env", Deployment: m{"env": m{"A": "1"}}, Variables: m{"env": nil}, improves: "null unsets"},
		{title: "null setting", Variables: m{"env": m{"PREFECT_API_URL": nil}}, improves: "null unsets"},
		{title: "null entrypoint", Variables: m{"entrypoint": nil}},
		{title: "empty setting", Variables: m{"env": m{"PREFECT_API_URL": ""}}, improves: "empty never overrides"},
		{title: "blank command", Variables: m{"command": "   "}, improves: "a command without a word is none"},
		{title: "dotted run over deployment", only: 3, Deployment: m{"env": m{"A": "1"}}, Variables: m{"env.A": "2"}, improves: "run over deployment"},
		{title: "one GPU field", Variables: m{"gpu_count": 1}, improves: "GPU fields do something"},
	} {
		given := m{"resource_group_name": "rg", "subscription_id": "sub"}
		maps.Copy(given, g.Deployment)
		g.Deployment = given
		for name, template := range map[string]json.RawMessage{"theirs": nil, "ours": ours} {
			g.Template = template
			cases = append(cases, named(g, name+": "+g.title))
		}
	}
	return slices.Concat(cases, blockCases(), typeCases(), templateCases())
}

func named(g golden, title string) golden {
	g.title, g.RunID, g.Run, g.FlowID, g.Flow = title, goldenRun, "red-fox", goldenFlow, "My Flow"
	g.DeploymentID, g.PoolID, g.Updated = goldenDeployment, goldenPool, goldenUpdated
	return g
}

func blockCases() []golden {
	var cases []golden
	for title, data := range map[string]m{
		"nothing":  {},
		"fields":   {"image": "a.io/i:2", "command": []any{"python", "-m", "x y"}, "cpu": 2, "memory": 1.5, "identities": []any{goldenPuller}, "stream_output": true},
		"env":      {"env": m{"A": "1", "PREFECT__FLOW_RUN_ID": "mine"}, "labels": m{"prefect.io/flow-name": "mine", "l": "v"}, "name": "My Job"},
		"docker":   {"image_registry": m{"registry_url": "r.io", "username": "u", "password": "p"}, "entrypoint": nil},
		"identity": {"image_registry": m{"registry_url": "r.azurecr.io", "identity": goldenPuller}, "subnet_ids": []any{goldenSubnet}, "dns_servers": []any{"10.0.0.1"}},
	} {
		block := m{"resource_group_name": "rg", "subscription_id": "sub", "image": prefect.DefaultImage(pinned("PREFECT2"))}
		maps.Copy(block, data)
		cases = append(cases, named(golden{only: 2, Block: block}, "block: "+title))
	}
	return cases
}

// randomGolden makes templates of all forms of placeholders, with values for some of them.
func randomGolden(count int) []golden {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	name := func() string {
		if r.IntN(12) == 0 { // most paths into blocks lead nowhere, which ends the whole rendering
			return pick("prefect.blocks.secret.key", "prefect.blocks.json.deep.key", "prefect.blocks.json.deep.value.list[0].k", "prefect.blocks.json.deep.valuable",
				"prefect.blocks.json.values.values", "prefect.blocks.registry.two.username", "prefect.blocks.json.deep.none", "prefect.blocks.json.deep.list.1")
		}
		// env is not among them: its values hold placeholders, and Prefect looks at what it has put in again or not, by chance.
		parts := []string{pick("a", "b", "l", "s", "ctx", "missing", "x_1", "é", "0_1", "$GOLDEN", "$NONE", "$", "-", "prefect.variables.tag", "prefect.variables.none")}
		for range r.IntN(3) {
			parts = append(parts, pick("a", "b", "0", "-1", "1", "٢", "0_1", "_", ""))
		}
		if pick("dot", "dot", "bracket") == "bracket" && len(parts) == 2 {
			return parts[0] + "[" + parts[1] + "]"
		}
		return strings.Join(parts, ".")
	}
	text := func() string {
		var b strings.Builder
		for range 1 + r.IntN(2) {
			b.WriteString(pick("", "", "", "x", "{{", "}} ", "{", " "))
			if r.IntN(4) > 0 {
				b.WriteString("{{" + pick("", " ", "  ", "\t", "\u00a0", "\n") + name() + pick("", " ", " ", "!") + "}}")
			}
		}
		return b.String()
	}
	var template, value func(depth int) any
	template = func(depth int) any {
		switch n := r.IntN(9); {
		case n < 5 || depth == 0:
			return text()
		case n == 5:
			return []any{template(depth - 1), template(depth - 1), r.IntN(9), nil}
		case n == 6:
			return m{"{{ a }}": template(depth - 1), "k": template(depth - 1)}
		case n == 7:
			return m{"$ref": m{"block_document_id": goldenPool}, "k": text()}
		}
		return r.IntN(2) == 0
	}
	value = func(depth int) any {
		switch n := r.IntN(10); {
		case n == 0:
			return json.Number(pick("1", "-0", "1.0", "1e5", "0.1", "1e16", "1.5e300", "123456789012345678901234567890", "0.00001", "-2.50"))
		case n == 1:
			return r.IntN(2) == 0
		case n < 5 && depth > 0:
			return []any{value(depth - 1), value(depth - 1), nil}
		case n < 8 && depth > 0:
			return m{"a": value(depth - 1), "b": value(depth - 1), "0": 1}
		}
		return pick("text", "it's", `say "x"`, `both ' "`, "tab\there", "é", "\u200b", "😀", "back\\slash", "nul\x01")
	}
	var cases []golden
	for i := range count {
		properties, variables := m{}, m{}
		for _, key := range []string{"a", "b", "l", "s", "env", "ctx", "x_1", "é"} {
			if r.IntN(2) == 0 {
				properties[key] = m{"default": value(2)}
			} else {
				properties[key] = m{"default": nil}
			}
			if key == "env" {
				properties[key] = m{"default": pickMap(r, value, 0)}
			}
			if r.IntN(3) == 0 && key != "env" {
				variables[key] = value(2)
			}
		}
		configuration := m{"one": template(2), "two": template(2), "three": text()}
		configuration["env"] = []any{"{{ env }}", m{"T": text(), "A": "own"}}[r.IntN(2)]
		deployment := m{"env": m{"A": "deployment", "D": text()}}
		variables["env"] = m{"A": "run", "R": text()}
		encoded, err := json.Marshal(m{"job_configuration": configuration, "variables": m{"properties": properties}})
		if err != nil {
			panic(err)
		}
		cases = append(cases, named(golden{Template: encoded, Deployment: deployment, Variables: variables}, fmt.Sprintf("random %d", i)))
	}
	return cases
}

func pickMap(r *rand.Rand, value func(int) any, depth int) any {
	if r.IntN(2) == 0 {
		return nil
	}
	return m{"A": "pool", "P": value(depth)}
}
