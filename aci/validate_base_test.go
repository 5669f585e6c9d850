package aci_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/pacific-aci/pacific/aci"
)

// base reads a definition in ARM's form; what stands for @ is a container's size.
func base(t *testing.T, text string) *armcontainerinstance.ContainerGroup {
	t.Helper()
	text = strings.ReplaceAll(text, "@", `"resources":{"requests":{"cpu":0.5,"memoryInGB":0.5}}`)
	group := new(armcontainerinstance.ContainerGroup)
	if err := json.Unmarshal([]byte(text), group); err != nil {
		t.Fatal(err)
	}
	return group
}

func list(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func TestValidateBaseRefusals(t *testing.T) {
	const p = "Base.properties."
	for _, c := range []struct {
		name, base  string
		job         aci.Job
		field, says string
	}{
		{"location", `{"location":"west/europe"}`, aci.Job{}, "Base.location", "region"},
		{"identity", `{"identity":{"type":"UserAssigned","userAssignedIdentities":{"/my/managed/identity/123abc":{}}}}`, aci.Job{},
			`Base.identity.userAssignedIdentities["/my/managed/identity/123abc"]`, "userAssignedIdentities/NAME"},
		{"always", `{"properties":{"restartPolicy":"Always"}}`, aci.Job{}, p + "restartPolicy", "Never or OnFailure"},
		{"null container", `{"properties":{"containers":[null]}}`, aci.Job{}, p + "containers[0]", "null"},
		{"container name", `{"properties":{"containers":[{"name":"A"}]}}`, aci.Job{}, p + "containers[0].name", "lower-case"},
		{"side-car without a name", `{"properties":{"containers":[{"name":"a"},{"properties":{"image":"x",@}}]}}`, aci.Job{}, p + "containers[1].name", "1 to 63"},
		{"same name", `{"properties":{"containers":[{"name":"a"},{"name":"a","properties":{"image":"x",@}}]}}`, aci.Job{}, p + "containers[1].name", "containers[0] too"},
		{"name of the job", `{"properties":{"containers":[{},{"name":"job","properties":{"image":"x",@}}]}}`, aci.Job{Name: "job"}, p + "containers[1].name", "main container too"},
		{"image", `{"properties":{"containers":[{"name":"a","properties":{"image":"A"}}]}}`, aci.Job{}, p + "containers[0].properties.image", "reference"},
		{"side-car without an image", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{@}}]}}`, aci.Job{}, p + "containers[1].properties.image", "must be given"},
		{"side-car without a size", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x","resources":{"requests":{"memoryInGB":1}}}}]}}`, aci.Job{}, p + "containers[1].properties.resources.requests.cpu", "more than 0"},
		{"memory step", `{"properties":{"containers":[{"name":"a","properties":{"resources":{"requests":{"memoryInGB":0.25}}}}]}}`, aci.Job{}, p + "containers[0].properties.resources.requests.memoryInGB", "steps"},
		{"limit", `{"properties":{"containers":[{"name":"a","properties":{"resources":{"limits":{"cpu":-1}}}}]}}`, aci.Job{}, p + "containers[0].properties.resources.limits.cpu", "more than 0"},
		{"limit memory", `{"properties":{"containers":[{"name":"a","properties":{"resources":{"limits":{"memoryInGB":500}}}}]}}`, aci.Job{}, p + "containers[0].properties.resources.limits.memoryInGB", "240"},
		{"env name", `{"properties":{"containers":[{"name":"a","properties":{"environmentVariables":[{"name":"A-B","value":"1"}]}}]}}`, aci.Job{}, p + "containers[0].properties.environmentVariables[0].name", "underscores"},
		{"env null", `{"properties":{"containers":[{"name":"a","properties":{"environmentVariables":[null]}}]}}`, aci.Job{}, p + "containers[0].properties.environmentVariables[0]", "null"},
		{"env twice", `{"properties":{"containers":[{"name":"a","properties":{"environmentVariables":[{"name":"A","value":"1"},{"name":"A","value":"1"}]}}]}}`, aci.Job{}, p + "containers[0].properties.environmentVariables[1].name", "twice"},
		{"env two values", `{"properties":{"containers":[{"name":"a","properties":{"environmentVariables":[{"name":"A","value":"1","secureValue":"2"}]}}]}}`, aci.Job{}, p + "containers[0].properties.environmentVariables[0]", "secureValue"},
		{"init null", `{"properties":{"initContainers":[null]}}`, aci.Job{}, p + "initContainers[0]", "null"},
		{"init image", `{"properties":{"initContainers":[{"name":"i"}]}}`, aci.Job{}, p + "initContainers[0].properties.image", "must be given"},
		{"init name", `{"properties":{"containers":[{"name":"a"}],"initContainers":[{"name":"a","properties":{"image":"x"}}]}}`, aci.Job{}, p + "initContainers[0].name", "too"},
		{"init env", `{"properties":{"initContainers":[{"name":"i","properties":{"image":"x","environmentVariables":[{"name":"","value":"1"}]}}]}}`, aci.Job{}, p + "initContainers[0].properties.environmentVariables[0].name", "1 to 63"},
		{"containers", `{"properties":{"containers":` + list(61, `{"name":"c%d","properties":{"image":"x","resources":{"requests":{"cpu":0.1,"memoryInGB":0.1}}}}`) + `}}`, aci.Job{CPU: 0.1}, p + "containers", "60 containers, this has 61"},
		{"volumes", `{"properties":{"volumes":` + list(21, `{"name":"volume%d","emptyDir":{}}`) + `}}`, aci.Job{}, p + "volumes", "20 volumes"},
		{"volume null", `{"properties":{"volumes":[null]}}`, aci.Job{}, p + "volumes[0]", "null"},
		{"volume name", `{"properties":{"volumes":[{"name":"data","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[0].name", "5 to 63"},
		{"volume hyphens", `{"properties":{"volumes":[{"name":"my--data","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[0].name", "single inner hyphens"},
		{"volume twice", `{"properties":{"volumes":[{"name":"results","emptyDir":{}},{"name":"results","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[1].name", "twice"},
		{"volume of no kind", `{"properties":{"volumes":[{"name":"results"}]}}`, aci.Job{}, p + "volumes[0]", "of 0"},
		{"volume of two kinds", `{"properties":{"volumes":[{"name":"results","emptyDir":{},"secret":{"a":"b"}}]}}`, aci.Job{}, p + "volumes[0]", "of 2"},
		{"mount null", `{"properties":{"containers":[{"name":"a","properties":{"volumeMounts":[null]}}]}}`, aci.Job{}, p + "containers[0].properties.volumeMounts[0]", "null"},
		{"mount unknown", `{"properties":{"containers":[{"name":"a","properties":{"volumeMounts":[{"name":"results","mountPath":"/x"}]}}]}}`, aci.Job{}, p + "containers[0].properties.volumeMounts[0].name", "no volume"},
		{"mount path", `{"properties":{"volumes":[{"name":"results","emptyDir":{}}],"initContainers":[{"name":"a","properties":{"image":"x","volumeMounts":[{"name":"results","mountPath":"/a:/b"}]}}]}}`, aci.Job{}, p + "initContainers[0].properties.volumeMounts[0].mountPath", "colon"},
		{"credential null", `{"properties":{"imageRegistryCredentials":[null]}}`, aci.Job{}, p + "imageRegistryCredentials[0]", "null"},
		{"credential server", `{"properties":{"imageRegistryCredentials":[{"username":"u","password":"p"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0].server", "host"},
		{"credential both", `{"properties":{"imageRegistryCredentials":[{"server":"a.io","username":"u","identity":"` + reader + `"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0]", "one of the two"},
		{"subnet", `{"properties":{"subnetIds":[{"id":"jobs"}]}}`, aci.Job{}, p + "subnetIds[0].id", "subnets/NAME"},
		{"subnet null", `{"properties":{"subnetIds":[null]}}`, aci.Job{}, p + "subnetIds[0].id", "subnets/NAME"},
		{"dns", `{"properties":{"dnsConfig":{"nameServers":["dns"]}}}`, aci.Job{}, p + "dnsConfig.nameServers[0]", "IP address"},
		{"sum of cores", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x","resources":{"requests":{"cpu":30,"memoryInGB":1}}}}]}}`, aci.Job{CPU: 2}, "CPU", "together can have 31"},
		{"sum of memory", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x","resources":{"requests":{"cpu":1,"memoryInGB":240}}}}]}}`, aci.Job{}, "MemoryGB", "together can have 240"},
		{"spot cores", `{"properties":{"priority":"Spot"}}`, aci.Job{CPU: 5}, "CPU", "a spot group together can have 4"},
		{"spot memory", `{"properties":{"priority":"Spot"}}`, aci.Job{MemoryGB: 17}, "MemoryGB", "16 GB"},
		{"spot in a subnet", `{"properties":{"priority":"Spot"}}`, aci.Job{SubnetIDs: []string{subnet}}, p + "priority", "cannot join a subnet"},
		{"spot in public", `{"properties":{"priority":"Spot","ipAddress":{"type":"Public","ports":[{"port":80}]}}}`, aci.Job{}, p + "priority", "public address"},
		{"subnet in public", `{"properties":{"ipAddress":{"type":"Public","ports":[{"port":80}]}}}`, aci.Job{SubnetIDs: []string{subnet}}, p + "ipAddress.type", "Private"},
		{"ports", `{"properties":{"ipAddress":{"type":"Public","ports":` + list(6, `{"port":8%d}`) + `}}}`, aci.Job{}, p + "ipAddress.ports", "5 ports"},
	} {
		t.Run(c.name, func(t *testing.T) {
			job := c.job
			job.Base = base(t, c.base)
			found := invalid(t, job.Validate())
			problem := found[c.field]
			if problem == nil {
				t.Fatalf("no problem with %s; got %v", c.field, found)
			}
			if len(found) != 1 {
				t.Errorf("%d problems, want 1: %v", len(found), found)
			}
			if !strings.Contains(problem.Error(), c.says) {
				t.Errorf("%q does not say %q", problem, c.says)
			}
		})
	}
}

func TestValidateBaseAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           `{}`,
		"empty container": `{"properties":{"containers":[{}]}}`,
		"spot":            `{"properties":{"priority":"Spot"}}`,
		"system identity": `{"identity":{"type":"SystemAssigned"}}`,
		"private address": `{"properties":{"ipAddress":{"type":"Private","ports":[{"port":80}]},"subnetIds":[{"id":"` + subnet + `"}]}}`,
		"sixty":           `{"properties":{"containers":` + list(60, `{"name":"c%d","properties":{"image":"x","resources":{"requests":{"cpu":0.1,"memoryInGB":0.1}}}}`) + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := (aci.Job{Base: base(t, text)}).Validate(); err != nil {
				t.Error(err)
			}
		})
	}
	if err := (aci.Job{Base: sidecars(t)}).Validate(); err != nil {
		t.Error(err)
	}
}

// What JSON cannot hold cannot be a definition.
func TestValidateBaseThatCannotBeEncoded(t *testing.T) {
	group := &armcontainerinstance.ContainerGroup{Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
		Volumes: []*armcontainerinstance.Volume{{Name: new("results"), EmptyDir: make(chan int)}}}}
	found := invalid(t, aci.Job{Base: group}.Validate())
	if found["Base"] == nil {
		t.Errorf("got %v, want a problem with Base", found)
	}
}
