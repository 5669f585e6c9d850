package azureemulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// goWords are what a message has when it shows Go's types instead of JSON's.
var goWords = regexp.MustCompile(`json: |Go struct|Go value|unmarshal|float64|\bu?int(8|16|32|64)?\b|map\[|\[\](string|any|byte)|reflect\.|interface \{`)

// Every member of every body that clients send is replaced by a value of each kind in turn: the
// answer may be what it likes, but it never speaks of Go, and it is never a 500.
func TestWrongValuesNeverShowGoTypes(t *testing.T) {
	s := start(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	w := onWire(t, s)
	if got := w.arm("PUT", "resourcegroups/g", `{"location":"eastus"}`); got.StatusCode != 201 {
		t.Fatalf("%d %s", got.StatusCode, got.text)
	}
	const group = "resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/job"
	refused := 0
	for _, call := range []struct{ method, path, body string }{
		{"PUT", "resourcegroups/h", `{"location":"eastus","managedBy":"x","tags":{"a":"b"}}`},
		{"PATCH", "resourcegroups/g", `{"managedBy":"x","tags":{"a":"b"}}`},
		{"PATCH", "resourcegroups/g/providers/Microsoft.Resources/tags/default", `{"operation":"Merge","properties":{"tags":{"a":"b"}}}`},
		{"PUT", group + "?api-version=2024-05-01-preview", fullGroup},
		{"PATCH", group + "?api-version=2024-05-01-preview", `{"tags":{"a":"b"}}`},
		{"POST", group + "/containers/main/exec?api-version=2024-05-01-preview", `{"command":"sh","terminalSize":{"rows":1,"cols":2}}`},
		{"PUT", "resourcegroups/g/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01", fullDeployment},
		{"PATCH", "settings", `{"latency":{"pull":"1s"},"propagation":{"directory":"0s"},"retryAfter":"1s","throttle":{"enabled":false,"reads":{"bucket":1,"perSecond":2}},"quota":{"containerGroups":100,"enforced":false},"logs":{"runningBytes":1},"restartsOnFailureDespiteNever":0,"regions":["eastus","westeurope"]}`},
		{"POST", "faults", `[{"match":{"operation":"X_Y","region":""},"skip":0,"times":1,"effect":{"status":409,"code":"X","retryAfter":"2s","drop":false}}]`},
		{"POST", "events", `{"kind":"restart","resourceId":"/subscriptions/x"}`},
	} {
		send := w.arm
		if !strings.HasPrefix(call.path, "resource") {
			send = w.control
		}
		for _, body := range variants(t, call.body) {
			got := send(call.method, call.path, body)
			if goWords.MatchString(got.text) || got.StatusCode >= 500 && got.StatusCode != 501 {
				t.Errorf("%s %s %s: %d %s", call.method, call.path, body, got.StatusCode, got.text)
			}
			if got.StatusCode == 400 {
				refused++
			}
		}
		w.control("DELETE", "faults", "")
	}
	if refused < 100 {
		t.Errorf("only %d bodies were refused: the test does not reach the readers", refused)
	}
}

// fullDeployment has the members of a deployment that clients send, but for typed parameters: messages about them name the
// types of templates, and int is one.
const fullDeployment = `{"tags":{"a":"b"},"properties":{"mode":"Incremental","debugSetting":{"detailLevel":"none"},"parameters":{"q":{"value":null,"reference":null}},
 "template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
  "variables":{"v":1},"resources":[{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"me-too","location":"eastus","tags":{"a":"b"},"dependsOn":[],"properties":{}}]}}}`

// fullGroup has every member of a container group that clients send.
const fullGroup = `{"location":"eastus","tags":{"a":"b"},"zones":["1"],"identity":{"type":"SystemAssigned","userAssignedIdentities":{}},"properties":{
 "sku":"Standard","osType":"Linux","restartPolicy":"Never","priority":"Regular",
 "containers":[{"name":"main","properties":{"image":"x","command":["a"],"ports":[{"protocol":"TCP","port":80}],
   "environmentVariables":[{"name":"N","value":"v"},{"name":"S","secureValue":"s"}],"configMap":{"keyValuePairs":{"k":"v"}},
   "resources":{"requests":{"cpu":1,"memoryInGB":1},"limits":{"cpu":1,"memoryInGB":1}},
   "volumeMounts":[{"name":"work","mountPath":"/mnt","readOnly":false}],
   "livenessProbe":{"exec":{"command":["true"]},"periodSeconds":5},"readinessProbe":{"httpGet":{"path":"/","port":80,"scheme":"http"},"initialDelaySeconds":1}}}],
 "initContainers":[{"name":"first","properties":{"image":"x","command":["a"]}}],
 "volumes":[{"name":"work","emptyDir":{}},{"name":"keys","secret":{"k":"dg=="}},{"name":"code","gitRepo":{"repository":"https://example.com/x","revision":"main","directory":"."}}],
 "imageRegistryCredentials":[{"server":"example.com","username":"u","password":"p"}],
 "ipAddress":{"type":"Public","ports":[{"protocol":"TCP","port":80}],"dnsNameLabel":"l"},
 "dnsConfig":{"nameServers":["10.0.0.1"],"searchDomains":"x","options":"y"},
 "diagnostics":{"logAnalytics":{"workspaceId":"w","workspaceKey":"k","logType":"ContainerInsights","metadata":{"a":"b"}}},
 "subnetIds":[{"id":"/x","name":"y"}],"extensions":[],"encryptionProperties":{"keyName":"k"}}}`

// variants are the document with one of its values replaced, for each value and each kind.
func variants(t *testing.T, document string) []string {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(document), &tree); err != nil {
		t.Fatal(err)
	}
	var all []string
	var visit func(v any, set func(any))
	visit = func(v any, set func(any)) {
		for _, other := range []any{nil, true, -1.5, 1e12, "text", "", []any{[]any{}}, map[string]any{"x": map[string]any{}}} {
			set(other)
			text, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(text))
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				visit(v[name], func(to any) { v[name] = to })
			}
		case []any:
			for i := range v {
				visit(v[i], func(to any) { v[i] = to })
			}
		}
	}
	visit(tree, func(to any) { tree = to })
	return all
}

// A client of Azure may send what Json.NET reads: the ARM template of Prefect's demo has its numbers as text.
func TestGroupWithNumbersAsText(t *testing.T) {
	s := start(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	w := onWire(t, s)
	w.arm("PUT", "resourcegroups/g", `{"Location":"eastus"}`)
	for i, body := range []string{
		`{"location":"eastus","properties":{"osType":"Linux","restartPolicy":"Never","containers":[{"name":"main","properties":{"image":"x","resources":{"requests":{"cpu":"1.0","memoryInGb":"1.0"}}}}]}}`,
		`{"Location":"eastus","Tags":{"n":1},"Properties":{"OsType":"Linux","RestartPolicy":"Never","Containers":[{"Name":"main","Properties":{"Image":"x","Command":["sleep",1],"EnvironmentVariables":[{"Name":"N","Value":5}],"Resources":{"Requests":{"Cpu":1,"MemoryInGB":1}}}}]}}`,
	} {
		path := fmt.Sprintf("resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/job%d?api-version=2023-05-01", i)
		got := w.arm("PUT", path, body)
		if got.StatusCode != 201 || !strings.Contains(got.text, `"requests":{"memoryInGB":1,"cpu":1}`) {
			t.Errorf("%d %s", got.StatusCode, got.text)
		}
	}
}
