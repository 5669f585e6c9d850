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
func base(t testing.TB, text string) *armcontainerinstance.ContainerGroup {
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

// A baseRefusal is a definition with one thing wrong, and what the job lays over it.
type baseRefusal struct {
	name, base  string
	job         aci.Job
	field, says string
}

func checkBaseRefusals(t *testing.T, cases []baseRefusal) {
	t.Helper()
	laid := make([]refusal, 0, len(cases))
	for _, c := range cases {
		c.job.Base = base(t, c.base)
		laid = append(laid, refusal{c.name, c.job, c.field, c.says})
	}
	checkRefusals(t, laid)
}

const p = "Base.properties."

func TestValidateRefusesBaseContainers(t *testing.T) {
	checkBaseRefusals(t, []baseRefusal{
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
		{"containers", `{"properties":{"containers":` + list(61, `{"name":"c%d","properties":{"image":"x","resources":{"requests":{"cpu":0.1,"memoryInGB":0.1}}}}`) + `}}`, aci.Job{CPU: 0.1}, p + "containers", "60 containers, this one has 61"},
	})
}

func TestValidateRefusesBaseVolumes(t *testing.T) {
	checkBaseRefusals(t, []baseRefusal{
		{"volumes", `{"properties":{"volumes":` + list(21, `{"name":"volume%d","emptyDir":{}}`) + `}}`, aci.Job{}, p + "volumes", "20 volumes"},
		{"volume null", `{"properties":{"volumes":[null]}}`, aci.Job{}, p + "volumes[0]", "null"},
		{"volume name", `{"properties":{"volumes":[{"name":"Data","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[0].name", "1 to 63"},
		{"restart policy in lower case", `{"properties":{"restartPolicy":"always"}}`, aci.Job{}, p + "restartPolicy", "for ever"},
		{"volume hyphens", `{"properties":{"volumes":[{"name":"my--data","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[0].name", "single inner hyphens"},
		{"volume twice", `{"properties":{"volumes":[{"name":"results","emptyDir":{}},{"name":"results","emptyDir":{}}]}}`, aci.Job{}, p + "volumes[1].name", "twice"},
		{"volume of no kind", `{"properties":{"volumes":[{"name":"results"}]}}`, aci.Job{}, p + "volumes[0]", "this one has 0"},
		{"volume of two kinds", `{"properties":{"volumes":[{"name":"results","emptyDir":{},"secret":{"a":"YQ=="}}]}}`, aci.Job{}, p + "volumes[0]", "this one has 2"},
		{"mount null", `{"properties":{"containers":[{"name":"a","properties":{"volumeMounts":[null]}}]}}`, aci.Job{}, p + "containers[0].properties.volumeMounts[0]", "null"},
		{"mount unknown", `{"properties":{"containers":[{"name":"a","properties":{"volumeMounts":[{"name":"results","mountPath":"/x"}]}}]}}`, aci.Job{}, p + "containers[0].properties.volumeMounts[0].name", "is not a volume"},
		{"mount path", `{"properties":{"volumes":[{"name":"results","emptyDir":{}}],"initContainers":[{"name":"a","properties":{"image":"x","volumeMounts":[{"name":"results","mountPath":"/a:/b"}]}}]}}`, aci.Job{}, p + "initContainers[0].properties.volumeMounts[0].mountPath", "colon"},
	})
}

func TestValidateRefusesBaseGroup(t *testing.T) {
	checkBaseRefusals(t, []baseRefusal{
		{"credential null", `{"properties":{"imageRegistryCredentials":[null]}}`, aci.Job{}, p + "imageRegistryCredentials[0]", "null"},
		{"credential server", `{"properties":{"imageRegistryCredentials":[{"username":"u","password":"p"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0].server", "host"},
		{"credential both", `{"properties":{"imageRegistryCredentials":[{"server":"a.io","username":"u","identity":"` + reader + `"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0]", "one of the two"},
		{"subnet", `{"properties":{"subnetIds":[{"id":"jobs"}]}}`, aci.Job{}, p + "subnetIds[0].id", "subnets/NAME"},
		{"subnet null", `{"properties":{"subnetIds":[null]}}`, aci.Job{}, p + "subnetIds[0].id", "subnets/NAME"},
		{"dns", `{"properties":{"dnsConfig":{"nameServers":["dns"]}}}`, aci.Job{}, p + "dnsConfig.nameServers[0]", "IP address"},
		{"sum of cores", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x","resources":{"requests":{"cpu":30,"memoryInGB":1}}}}]}}`, aci.Job{CPU: 2}, "CPU", "together must have 1 to 31 cores"},
		{"sum of memory", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x","resources":{"requests":{"cpu":1,"memoryInGB":240}}}}]}}`, aci.Job{}, "MemoryGB", "together must have 1 to 240"},
		{"spot cores", `{"properties":{"priority":"Spot"}}`, aci.Job{CPU: 5}, "CPU", "a spot group together must have 1 to 4"},
		{"spot memory", `{"properties":{"priority":"Spot"}}`, aci.Job{MemoryGB: 17}, "MemoryGB", "to 16 GB"},
		{"spot in a subnet", `{"properties":{"priority":"Spot"}}`, aci.Job{SubnetIDs: []string{subnet}}, p + "priority", "cannot join a subnet"},
		{"spot in public", `{"properties":{"priority":"Spot","containers":[{"name":"a","properties":{"ports":[{"port":80}]}}],"ipAddress":{"type":"Public","ports":[{"port":80}]}}}`, aci.Job{}, p + "priority", "public address"},
		{"subnet in public", `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":80}]}}],"ipAddress":{"type":"Public","ports":[{"port":80}]}}}`, aci.Job{SubnetIDs: []string{subnet}}, p + "ipAddress.type", "Private"},
		{"ports", `{"properties":{"containers":[{"name":"a","properties":{"ports":` + list(6, `{"port":8%d}`) + `}}],"ipAddress":{"type":"Public","ports":` + list(6, `{"port":8%d}`) + `}}}`, aci.Job{}, p + "ipAddress.ports", "1 to 5 ports"},
		{"no port", `{"properties":{"ipAddress":{"type":"Public"}}}`, aci.Job{}, p + "ipAddress.ports", "this one has 0"},
		{"null port", `{"properties":{"ipAddress":{"type":"Public","ports":[null]}}}`, aci.Job{}, p + "ipAddress.ports[0]", "null"},
		{"port of nobody", `{"properties":{"ipAddress":{"type":"Public","ports":[{"port":80}]}}}`, aci.Job{}, p + "ipAddress.ports[0].port", "no container exposes this port"},
		{"null container port", `{"properties":{"containers":[{"name":"a","properties":{"ports":[null]}}]}}`, aci.Job{}, p + "containers[0].properties.ports[0]", "null"},
		{"port 0", `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":0}]}}]}}`, aci.Job{}, p + "containers[0].properties.ports[0].port", "1 to 65535"},
		{"reserved port", `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":20000}]}}]}}`, aci.Job{}, p + "containers[0].properties.ports[0].port", "reserves"},
		{"dns label", `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":80}]}}],"ipAddress":{"type":"Public","dnsNameLabel":"abc","ports":[{"port":80}]}}}`, aci.Job{}, p + "ipAddress.dnsNameLabel", "5 to 63"},
		{"private address alone", `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":80}]}}],"ipAddress":{"type":"Private","ports":[{"port":80}]}}}`, aci.Job{}, p + "ipAddress.type", "joins none"},
		{"group too small", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x",@}}]}}`, aci.Job{CPU: 0.4}, "CPU", "together must have 1 to 31"},
		{"group of little memory", `{"properties":{"containers":[{"name":"a"},{"name":"b","properties":{"image":"x",@}}]}}`, aci.Job{MemoryGB: 0.4}, "MemoryGB", "together must have 1 to 240"},
		{"limit under the request", `{"properties":{"containers":[{"name":"a","properties":{"resources":{"limits":{"cpu":1}}}}]}}`, aci.Job{CPU: 2}, p + "containers[0].properties.resources.limits.cpu", "request, 2, to the group's, 2"},
		{"limit over the group", `{"properties":{"containers":[{"name":"a","properties":{"resources":{"limits":{"memoryInGB":2}}}}]}}`, aci.Job{}, p + "containers[0].properties.resources.limits.memoryInGB", "to the group's, 1"},
		{"credentials", `{"properties":{"imageRegistryCredentials":[{"server":"a.io","username":"u","password":"p"}]}}`, aci.Job{Registries: []aci.Registry{{Server: "b.io", Username: "u", Password: "p"}}}, "Registries", "this one has 2 for 1"},
		{"credential without a password", `{"properties":{"imageRegistryCredentials":[{"server":"a.io","username":"u"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0]", "neither a user nor an identity"},
		{"credential identity", `{"properties":{"imageRegistryCredentials":[{"server":"a.io","identity":"system"}]}}`, aci.Job{}, p + "imageRegistryCredentials[0].identity", "resource id"},
		{"no name server", `{"properties":{"dnsConfig":{"searchDomains":"example.com"}}}`, aci.Job{}, p + "dnsConfig.nameServers", "at least one"},
		{"secret volume", `{"properties":{"volumes":[{"name":"secrets","secret":{"key":"plain text"}}]}}`, aci.Job{}, p + `volumes[0].secret["key"]`, "Base64"},
	})
}

func TestValidateBaseAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"empty":           `{}`,
		"empty container": `{"properties":{"containers":[{}]}}`,
		"spot":            `{"properties":{"priority":"Spot"}}`,
		"system identity": `{"identity":{"type":"SystemAssigned"}}`,
		"private address": `{"properties":{"containers":[{"name":"a","properties":{"ports":[{"port":80}]}}],"ipAddress":{"type":"Private","ports":[{"port":80}]},"subnetIds":[{"id":"` + subnet + `"}]}}`,
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
