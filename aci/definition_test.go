package aci_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Resource ids in their right form, as tests use them.
const (
	reader = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/jobs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
	puller = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/jobs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
	subnet = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/jobs"
)

// sidecars is a base with a bit of everything that only a base can say.
func sidecars(t testing.TB) *armcontainerinstance.ContainerGroup {
	t.Helper()
	group := new(armcontainerinstance.ContainerGroup)
	if err := json.Unmarshal([]byte(`{
		"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/old", "name": "old", "type": "x",
		"location": "northeurope", "zones": ["1"], "tags": {"team": "blue", "Pacific-Created": "2020-01-01T00:00:00Z"},
		"identity": {"type": "SystemAssigned, UserAssigned", "principalId": "p", "tenantId": "t", "userAssignedIdentities": {"`+puller+`": {"clientId": "c"}}},
		"properties": {
			"provisioningState": "Succeeded", "instanceView": {"state": "Succeeded"}, "priority": "Regular", "restartPolicy": "OnFailure",
			"imageRegistryCredentials": [{"server": "docker.io", "username": "hub", "password": "p1"}, {"server": "example.azurecr.io", "username": "u", "password": "p2"}],
			"initContainers": [{"name": "prepare", "properties": {"image": "busybox", "environmentVariables": [{"name": "A", "secureValue": "s"}], "instanceView": {"restartCount": 1}}}],
			"containers": [
				{"name": "proxy", "properties": {"image": "envoy:1", "resources": {"requests": {"cpu": 0.5, "memoryInGB": 0.5}}, "instanceView": {"restartCount": 3}}},
				{"name": "work", "properties": {"image": "python:3", "command": ["python"], "environmentVariables": [{"name": "KEPT", "value": "1"}, {"name": "TZ", "value": "UTC"}],
					"resources": {"requests": {"cpu": 2, "memoryInGB": 3.5}}, "volumeMounts": [{"name": "results", "mountPath": "/out"}]}}],
			"volumes": [{"name": "results", "emptyDir": {}}, {"name": "secrets", "secret": {"key": "c2VjcmV0"}}, {"name": "share", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "k"}},
				{"name": "source", "gitRepo": {"repository": "https://user:token@example.com/r.git"}}],
			"diagnostics": {"logAnalytics": {"workspaceId": "w", "workspaceKey": "k"}},
			"dnsConfig": {"nameServers": ["10.0.0.1"], "searchDomains": "example.com"}}}`), group); err != nil {
		t.Fatal(err)
	}
	return group
}

// jobs are the cases whose definitions are in testdata/definitions.
func jobs(t testing.TB) map[string]aci.Job {
	return map[string]aci.Job{
		"zero":    {},
		"command": {Name: "hello", Command: []string{"echo", "hello world"}},
		"image":   {Name: "hello", Command: []string{"echo", "hello world"}, Image: "alpine:latest"},
		"size":    {Name: "hello", CPU: 2, MemoryGB: 1.5},
		"gpu":     {Name: "hello", CPU: 1, MemoryGB: 1, GPUCount: 1, GPUSKU: "V100"},
		"env": {Name: "hello", Env: map[string]string{"PLANET": "earth", "TZ": "UTC", "EMPTY": "", "LC_ALL": "C", "SEEN": "yes"},
			SecureEnv: map[string]string{"API_KEY": "k", "LANG": "C"}, VisibleEnv: []string{"SEEN"}},
		"entrypoint": {Name: "hello", Entrypoint: "/entry.sh", Command: []string{"run"}},
		"identities": {Name: "hello", Identities: []string{reader, "/SUBSCRIPTIONS" + reader[len("/subscriptions"):]}},
		"registry-identity": {Name: "hello", Image: "example.azurecr.io/job:1", Identities: []string{reader},
			Registries: []aci.Registry{{Server: "https://Example.azurecr.io/", Identity: puller}}},
		"registry-password": {Name: "hello", Image: "prefix/job", Registries: []aci.Registry{
			{Server: "https://index.docker.io/v1/", Username: "u", Password: "p"}}},
		"registry-port": {Name: "hello", Image: "registry.example.com:5000/job", Registries: []aci.Registry{
			{Server: "http://registry.example.com:5000//", Username: "u", Password: "p"}}},
		"base-registries": {Name: "hello", Image: "b.io/job", Base: base(t, `{"properties": {"containers": [{}, {"name": "b", "properties": {"image": "a.io/b", @}}],
			"imageRegistryCredentials": [{"server": "a.io", "identity": "`+puller+`"}]}}`), Registries: []aci.Registry{{Server: "b.io", Identity: reader}}},
		"network":  {Name: "hello", SubnetIDs: []string{subnet}, DNSServers: []string{"10.0.0.10", "fd00::1"}},
		"tags":     {Name: "hello", Tags: map[string]string{"team": "red", aci.TagOwner: "worker-1", aci.TagAttempt: "2"}, Keep: aci.KeepOnFailure},
		"location": {Name: "hello", Location: "West Europe"},
		"base":     {Name: "hello", Base: sidecars(t)},
		"base-main": {Name: "hello", Base: sidecars(t), MainContainer: "work", Image: "python:3.13", Entrypoint: "tini", CPU: 1,
			Env: map[string]string{"TZ": "CET", "NEW": "n"}, Tags: map[string]string{"TEAM": "red"}, Location: "westus2",
			Identities: []string{puller, reader}, DNSServers: []string{"10.0.0.2"},
			Registries: []aci.Registry{{Server: "index.docker.io", Username: "own", Password: "p3"}}},
		"base-added": {Name: "hello", Base: sidecars(t), MainContainer: "job", Command: []string{"true"}},
	}
}

func TestContainerGroupGolden(t *testing.T) {
	for name, job := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			before, err := json.Marshal(job.Base)
			if err != nil {
				t.Fatal(err)
			}
			group, _, err := job.ContainerGroup("eastus")
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := json.Marshal(group)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, encoded)

			again, _, err := job.ContainerGroup("eastus")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(group, again); diff != "" {
				t.Errorf("the second definition differs from the first:\n%s", diff)
			}
			*group.Properties.Containers[0].Name = "changed"
			after, err := json.Marshal(job.Base)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(before), string(after)); diff != "" {
				t.Errorf("Base was changed:\n%s", diff)
			}
		})
	}
}

// golden compares JSON with a file, both with the same indentation.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "definitions", name+".json")
	var tree any
	if err := json.Unmarshal(got, &tree); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	indented = append(indented, '\n')
	if *update {
		if err := os.WriteFile(file, indented, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(indented)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// A Job's slices must not share memory with what is built from them: the entrypoint was once put into the
// caller's list.
func TestContainerGroupLeavesTheJobAlone(t *testing.T) {
	command := append(make([]string, 0, 8), "run", "it")
	job := aci.Job{Name: "hello", Entrypoint: "tini", Command: command}
	for range 2 {
		group, _, err := job.ContainerGroup("")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, argument := range group.Properties.Containers[0].Properties.Command {
			got = append(got, *argument)
			*argument = "changed"
		}
		if diff := cmp.Diff([]string{"tini", "run", "it"}, got); diff != "" {
			t.Errorf("command (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{"run", "it"}, job.Command); diff != "" {
		t.Errorf("the caller's command (-want +got):\n%s", diff)
	}
}

func TestContainerGroupRefusesWhatValidateRefuses(t *testing.T) {
	group, warnings, err := aci.Job{Name: "No Good"}.ContainerGroup("eastus")
	if err == nil || group != nil || warnings != nil {
		t.Errorf("got %v, %v, %v; want an error alone", group, warnings, err)
	}
}
