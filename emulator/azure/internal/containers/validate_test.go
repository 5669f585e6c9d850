package containers

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// valid holds one of everything that is allowed; each refusal changes one place of it.
const valid = `{"location":"westeurope","tags":{"a":"b"},
 "identity":{"type":"SystemAssigned, UserAssigned","userAssignedIdentities":{"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me":{}}},
 "properties":{"osType":"linux","restartPolicy":"never","sku":"standard","priority":"Regular",
  "initContainers":[{"name":"setup","properties":{"image":"busybox","volumeMounts":[{"name":"scratch","mountPath":"/s"}]}}],
  "containers":[{"name":"main","properties":{"image":"registry.example.com:5000/team/app:v1.2@sha256:0123","command":["a"],
    "environmentVariables":[{"name":"_A1","value":"x"},{"name":"B","secureValue":"hush"},{"name":"C","value":""}],
    "ports":[{"port":80},{"protocol":"udp","port":80}],"configMap":{"keyValuePairs":{}},
    "resources":{"requests":{"cpu":0.5,"memoryInGB":1},"limits":{"cpu":1,"memoryInGB":1.5}},
    "volumeMounts":[{"name":"scratch","mountPath":"/s"},{"name":"hidden","mountPath":"/h","readOnly":true}]}},
   {"name":"side","properties":{"image":"nginx","resources":{"requests":{"cpu":0.5,"memoryInGb":0.5}}}}],
  "volumes":[{"name":"scratch","emptyDir":{}},{"name":"hidden","secret":{"key":"aHVzaA=="}}],
  "imageRegistryCredentials":[{"server":"registry.example.com:5000","username":"u","password":"p"}],
  "ipAddress":{"type":"public","ports":[{"port":80,"protocol":"TCP"}],"dnsNameLabel":"myapp"},
  "dnsConfig":{"nameServers":["10.0.0.10"]},
  "diagnostics":{"logAnalytics":{"workspaceId":"w","workspaceKey":"k","logType":"containerinsights"}}}}`

func check(t *testing.T, name, text string) error {
	t.Helper()
	var body groupBody
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("the test's own JSON: %v\n%s", err, text)
	}
	return validate(name, &body)
}

func TestValidDefinition(t *testing.T) {
	var body groupBody
	if err := json.Unmarshal([]byte(valid), &body); err != nil {
		t.Fatal(err)
	}
	if err := validate("job-1", &body); err != nil {
		t.Fatal(err)
	}
	p := body.Properties
	if got, want := strings.Join([]string{p.OSType, p.RestartPolicy, p.SKU, p.IPAddress.Type, p.Containers[0].Properties.Ports[1].Protocol, p.Diagnostics.LogAnalytics.LogType, body.Identity.Type}, "|"),
		"Linux|Never|Standard|Public|UDP|ContainerInsights|SystemAssigned, UserAssigned"; got != want {
		t.Errorf("Azure's spelling: got %s, want %s", got, want)
	}
}

func TestDefaults(t *testing.T) {
	var body groupBody
	text := `{"location":"x","identity":{"type":"None"},"properties":{"osType":"Linux","containers":[{"name":"a","properties":{"image":"b","resources":{"requests":{"cpu":1,"memoryInGB":1}}}}]}}`
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	if err := validate("job", &body); err != nil {
		t.Fatal(err)
	}
	if p := body.Properties; p.RestartPolicy != "" || restartPolicy(&body) != "Always" || p.SKU != "Standard" || body.Identity != nil {
		t.Errorf("got policy %q, SKU %q, identity %v; want none that works as Always, Standard and none", p.RestartPolicy, p.SKU, body.Identity)
	}
}

func TestRefusals(t *testing.T) {
	const bad, not = 400, 501
	many := func(n int, each, sep string) string {
		return strings.TrimSuffix(strings.Repeat(each+sep, n), sep)
	}
	for _, tt := range []struct {
		name, old, new string // one replacement in valid
		status         int
		code           string
	}{
		{"no properties", valid[strings.Index(valid, `"properties"`):], `"x":1}`, bad, "InvalidContainerGroupProperties"},
		{"os type missing", `"osType":"linux",`, ``, bad, "InvalidOsType"},
		{"os type unknown", `"linux"`, `"beos"`, bad, "InvalidOsType"},
		{"windows", `"linux"`, `"Windows"`, not, "NotImplemented"},
		{"restart policy", `"never"`, `"Sometimes"`, bad, "InvalidRestartPolicy"},
		{"sku unknown", `"sku":"standard"`, `"sku":"Gold"`, bad, "InvalidContainerGroupSku"},
		{"confidential", `"sku":"standard"`, `"sku":"Confidential"`, not, "NotImplemented"},
		{"priority", `"Regular"`, `"Urgent"`, bad, "InvalidContainerGroupPriority"},
		{"spot with a public address", `"Regular"`, `"Spot"`, bad, "InvalidSpotContainerGroup"},
		{"encryption", `"sku":"standard"`, `"encryptionProperties":{"keyName":"k"}`, not, "NotImplemented"},
		{"confidential compute", `"sku":"standard"`, `"confidentialComputeProperties":{"ccePolicy":"k"}`, not, "NotImplemented"},
		{"extensions", `"sku":"standard"`, `"extensions":[{"name":"k"}]`, not, "NotImplemented"},
		{"profile", `"sku":"standard"`, `"containerGroupProfile":{"id":"k"}`, not, "NotImplemented"},
		{"standby pool", `"sku":"standard"`, `"standbyPoolProfile":{"id":"k"}`, not, "NotImplemented"},
		{"secret references", `"sku":"standard"`, `"secretReferences":[{"name":"k"}]`, not, "NotImplemented"},
		{"liveness probe", `"command":["a"]`, `"livenessProbe":{"exec":{}}`, bad, "InvalidProbe"},
		{"variable without a value", `"secureValue":"hush"`, `"secureValue":null`, bad, "InvalidContainerEnvironmentVariable"},
		{"security context", `"command":["a"]`, `"securityContext":{"privileged":true}`, not, "NotImplemented"},

		{"no containers", valid[strings.Index(valid, `"containers":`):strings.Index(valid, `"volumes":[`)], `"containers":[],`, bad, "ContainersNotSpecified"},
		{"too many containers", `{"name":"side"`, many(60, `{"name":"x","properties":{}}`, ",") + `,{"name":"side"`, bad, "TooManyContainers"},
		{"container name", `"name":"main"`, `"name":"Main"`, bad, "InvalidContainerName"},
		{"container name empty", `"name":"main"`, `"name":""`, bad, "InvalidContainerName"},
		{"container name too long", `"name":"main"`, `"name":"` + strings.Repeat("a", 64) + `"`, bad, "InvalidContainerName"},
		{"container name ends in a hyphen", `"name":"main"`, `"name":"main-"`, bad, "InvalidContainerName"},
		{"duplicate container", `"name":"side"`, `"name":"main"`, bad, "DuplicateContainerName"},
		{"duplicate of an init container", `"name":"side"`, `"name":"setup"`, bad, "DuplicateContainerName"},
		{"container without properties", `{"name":"side","properties":{"image":"nginx","resources":{"requests":{"cpu":0.5,"memoryInGb":0.5}}}}`, `{"name":"side"}`, bad, "InvalidContainerProperties"},
		{"no image", `"image":"nginx",`, ``, bad, "ContainerImageNotSpecified"},
		{"image with a protocol", `"image":"nginx"`, `"image":"https://r/nginx"`, bad, "InvalidImageName"},
		{"image in upper case", `"image":"nginx"`, `"image":"Nginx"`, bad, "InvalidImageName"},
		{"image with an empty tag", `"image":"nginx"`, `"image":"nginx:"`, bad, "InvalidImageName"},
		{"image with a blank", `"image":"nginx"`, `"image":"ng inx"`, bad, "InvalidImageName"},
		{"variable name", `"_A1"`, `"discovery.type"`, bad, "InvalidContainerEnvironmentVariable"},
		{"variable name begins with a digit", `"_A1"`, `"1A"`, bad, "InvalidContainerEnvironmentVariable"},
		{"variable name empty", `"_A1"`, `""`, bad, "InvalidContainerEnvironmentVariable"},
		{"variable name too long", `"_A1"`, `"` + strings.Repeat("A", 64) + `"`, bad, "InvalidContainerEnvironmentVariable"},
		{"variable twice", `"_A1"`, `"B"`, bad, "DuplicateContainerEnvironmentVariable"},
		{"value and secure value", `"value":"x"`, `"value":"x","secureValue":"hush"`, bad, "InvalidContainerEnvironmentVariable"},
		{"secure value reference", `"value":"x"`, `"secureValueReference":"x"`, not, "NotImplemented"},
		{"init container with ports", `"image":"busybox"`, `"image":"busybox","ports":[{"port":1}]`, bad, "InvalidInitContainer"},
		{"init container with resources", `"image":"busybox"`, `"image":"busybox","resources":{}`, bad, "InvalidInitContainer"},
		{"no resources", `,"resources":{"requests":{"cpu":0.5,"memoryInGb":0.5}}`, ``, bad, "ResourceRequestsNotSpecified"},
		{"no requests", `{"requests":{"cpu":0.5,"memoryInGb":0.5}}`, `{}`, bad, "ResourceRequestsNotSpecified"},
		{"no cpu", `"cpu":0.5,"memoryInGb":0.5`, `"memoryInGB":0.5`, bad, "ResourceSomeRequestsNotSpecified"},
		{"no memory", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":0.5`, bad, "ResourceSomeRequestsNotSpecified"},
		{"cpu below zero", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":-1,"memoryInGB":1`, bad, "InvalidResourceRequests"},
		{"memory below zero", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":1,"memoryInGB":-1`, bad, "InvalidResourceRequests"},
		{"too much cpu", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":31,"memoryInGB":1`, bad, "InvalidResourceRequests"},
		{"too much memory", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":1,"memoryInGB":240`, bad, "InvalidResourceRequests"},
		{"too little cpu", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":0.4,"memoryInGB":1`, bad, "InvalidResourceRequests"},
		{"too little memory", `"requests":{"cpu":0.5,"memoryInGB":1}`, `"requests":{"cpu":0.5,"memoryInGB":0.1}`, bad, "InvalidResourceRequests"},
		{"limit below the request", `"limits":{"cpu":1,`, `"limits":{"cpu":0.1,`, bad, "ResourceLimitsLessThanRequests"},
		{"limit above the group", `"limits":{"cpu":1,`, `"limits":{"cpu":2,`, bad, "ContainerLimitGreaterThanContainerGroupTotalRequest"},
		{"memory limit above the group", `"memoryInGB":1.5`, `"memoryInGB":9`, bad, "ContainerLimitGreaterThanContainerGroupTotalRequest"},
		{"gpu", `"cpu":0.5,"memoryInGb":0.5`, `"cpu":1,"memoryInGB":1,"gpu":{"count":1,"sku":"V100"}`, bad, "GpuResourceNotSupported"},

		{"identity type", `"SystemAssigned, UserAssigned"`, `"Anonymous"`, bad, "InvalidIdentityType"},
		{"user identities without the type", `"SystemAssigned, UserAssigned"`, `"SystemAssigned"`, bad, "InvalidUserAssignedIdentities"},
		{"user type without identities", valid[strings.Index(valid, `,"userAssignedIdentities"`):strings.Index(valid, `,
 "properties"`)], `}`, bad, "InvalidUserAssignedIdentities"},
		{"identity id", `/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/me`, `/my/managed/identity/123abc`, bad, "LinkedInvalidPropertyId"},
		{"identity of another type", `userAssignedIdentities/me`, `somethingElse/me`, bad, "LinkedInvalidPropertyId"},

		{"registry with a protocol", `"server":"registry.example.com:5000"`, `"server":"https://registry.example.com"`, bad, "InvalidImageRegistryServer"},
		{"registry without a server", `"server":"registry.example.com:5000"`, `"server":""`, bad, "InvalidImageRegistryServer"},
		{"registry without a password", `,"password":"p"`, ``, bad, "InvalidImageRegistryCredential"},
		{"registry without a user", `"username":"u",`, ``, bad, "InvalidImageRegistryCredential"},
		{"registry twice", `"password":"p"}`, `"password":"p"},{"server":"REGISTRY.example.com:5000","username":"u","password":"p"}`, bad, "DuplicateImageRegistryCredentialServer"},
		{"more registries than containers", `"password":"p"}`, `"password":"p"},` + many(3, `{"server":"x"}`, ","), bad, "MoreImageRegistryCredentialsThanContainers"},
		{"registry with a foreign identity", `"username":"u","password":"p"`, `"identity":"/other"`, bad, "InvalidImageRegistryIdentity"},
		{"registry with a password and a foreign identity", `"username":"u","password":"p"`, `"username":"u","password":"p","identity":"/other"`, bad, "InvalidImageRegistryIdentity"},
		{"registry with a password reference", `"password":"p"`, `"passwordReference":"p"`, not, "NotImplemented"},

		{"too many volumes", `{"name":"scratch","emptyDir":{}}`, many(20, `{"name":"v"}`, ",") + `,{"name":"scratch","emptyDir":{}}`, bad, "TooManyVolumes"},
		{"volume name", `{"name":"scratch","emptyDir"`, `{"name":"Vol","emptyDir"`, bad, "InvalidVolumeName"},
		{"volume name with two hyphens", `{"name":"scratch","emptyDir"`, `{"name":"scr--atch","emptyDir"`, bad, "InvalidVolumeName"},
		{"duplicate volume", `{"name":"scratch","emptyDir"`, `{"name":"hidden","emptyDir"`, bad, "DuplicateVolumeName"},
		{"volume of no kind", `"emptyDir":{}`, `"emptyDir":null`, bad, "InvalidVolume"},
		{"volume of two kinds", `"emptyDir":{}`, `"emptyDir":{},"secret":{}`, bad, "InvalidVolume"},
		{"azure files without an account", `"emptyDir":{}`, `"azureFile":{"shareName":"s","storageAccountKey":"k"}`, bad, "InvalidAzureFileVolume"},
		{"azure files without a key", `"emptyDir":{}`, `"azureFile":{"shareName":"s","storageAccountName":"a"}`, bad, "InvalidAzureFileVolume"},
		{"azure files without a share", `"emptyDir":{}`, `"azureFile":{"storageAccountName":"a","storageAccountKey":"k"}`, bad, "InvalidAzureFileVolume"},
		{"azure files with a reference", `"emptyDir":{}`, `"azureFile":{"shareName":"s","storageAccountName":"a","storageAccountKeyReference":"r"}`, not, "NotImplemented"},
		{"git repo", `"emptyDir":{}`, `"gitRepo":{"repository":"--upload-pack=x"}`, bad, "InvalidGitRepoVolume"},
		{"git repo above", `"emptyDir":{}`, `"gitRepo":{"repository":"r","directory":"../x"}`, bad, "InvalidGitRepoVolume"},
		{"secret reference volume", `"emptyDir":{}`, `"secretReference":{"a":"b"}`, not, "NotImplemented"},
		{"secret is not base64", `aHVzaA==`, `hush!`, bad, "InvalidSecretVolume"},
		{"secret outside of its volume", `"key":`, `"../key":`, bad, "InvalidSecretVolume"},
		{"mount of no volume", `{"name":"hidden","mountPath"`, `{"name":"other","mountPath"`, bad, "VolumeMountNotFound"},
		{"mount path relative", `"mountPath":"/h"`, `"mountPath":"h"`, bad, "InvalidVolumeMountPath"},
		{"mount path with a colon", `"mountPath":"/h"`, `"mountPath":"/h:ro"`, bad, "InvalidVolumeMountPath"},
		{"mount path is the root", `"mountPath":"/h"`, `"mountPath":"/x/.."`, bad, "InvalidVolumeMountPath"},
		{"mount path twice", `"mountPath":"/h"`, `"mountPath":"/s/"`, bad, "DuplicateVolumeMountPath"},

		{"subnet without id", `"dnsConfig"`, `"subnetIds":[{"name":"n"}],"dnsConfig"`, bad, "InvalidSubnetId"},
		{"no name servers", `"10.0.0.10"`, ``, bad, "InvalidDnsConfig"},
		{"name server", `"10.0.0.10"`, `"dns.example.com"`, bad, "InvalidDnsConfig"},
		{"address type", `"type":"public"`, `"type":"secret"`, bad, "InvalidIpAddressType"},
		{"private without a subnet", `"type":"public"`, `"type":"Private"`, bad, "PrivateIpAddressNeedsSubnet"},
		{"public in a subnet", `"dnsConfig"`, `"subnetIds":[{"id":"n"}],"dnsConfig"`, bad, "PublicIpAddressInSubnet"},
		{"label with a private address", `"type":"public"`, `"type":"Private"},"subnetIds":[{"id":"n"}],"ipAddress":{"type":"Private"`, bad, "InvalidDnsNameLabel"},
		{"label too short", `"myapp"`, `"app"`, bad, "InvalidDnsNameLabel"},
		{"label scope", `"dnsNameLabel"`, `"autoGeneratedDomainNameLabelScope":"World","dnsNameLabel"`, bad, "InvalidDomainNameLabelScope"},
		{"address without ports", `"ports":[{"port":80,"protocol":"TCP"}]`, `"ports":[]`, bad, "MissingIpAddressPorts"},
		{"address with too many ports", `{"port":80,"protocol":"TCP"}`, many(6, `{"port":80}`, ","), bad, "TooManyIpAddressPorts"},
		{"address port twice", `{"port":80,"protocol":"TCP"}`, `{"port":80,"protocol":"TCP"},{"port":80}`, bad, "DuplicateIpAddressPorts"},
		{"address port of no container", `{"port":80,"protocol":"TCP"}`, `{"port":81}`, bad, "IpAddressPortNotExposed"},
		{"port zero", `[{"port":80},`, `[{"port":0},`, bad, "InvalidPort"},
		{"port too high", `[{"port":80},`, `[{"port":65536},`, bad, "InvalidPort"},
		{"reserved port", `[{"port":80},`, `[{"port":22},`, bad, "ReservedPort"},
		{"reserved range", `[{"port":80},`, `[{"port":20000},`, bad, "ReservedPort"},
		{"protocol", `"protocol":"udp"`, `"protocol":"icmp"`, bad, "InvalidPortProtocol"},
		{"port of two containers", `"image":"nginx"`, `"image":"nginx","ports":[{"port":80,"protocol":"TCP"}]`, bad, "DuplicateContainerPorts"},

		{"workspace", `"workspaceKey":"k",`, ``, bad, "InvalidLogAnalyticsWorkspace"},
		{"log type", `"containerinsights"`, `"Everything"`, bad, "InvalidLogType"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(valid, tt.old) == 0 {
				t.Fatalf("the valid definition has no %s", tt.old)
			}
			err := check(t, "job", strings.Replace(valid, tt.old, tt.new, 1))
			wrong, ok := errors.AsType[*arm.Error](err)
			if !ok {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			if wrong.Status != tt.status || wrong.Code != tt.code {
				t.Errorf("got %d %s (%s), want %d %s", wrong.Status, wrong.Code, wrong.Message, tt.status, tt.code)
			}
			if strings.Contains(wrong.Message, "hush") || strings.Contains(wrong.Message, "aHVzaA") {
				t.Errorf("the message shows a secret: %s", wrong.Message)
			}
			if strings.Contains(wrong.Message, "%!") || strings.Contains(wrong.Message, "\n") {
				t.Errorf("the message is broken: %q", wrong.Message)
			}
		})
	}
}

func TestGroupNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "job-1": true, strings.Repeat("a", 63): true,
		"": false, "Job": false, "-job": false, "job-": false, "jo_b": false, "jo.b": false, strings.Repeat("a", 64): false,
	} {
		err := check(t, name, valid)
		if wrong, _ := errors.AsType[*arm.Error](err); (err == nil) != ok || !ok && wrong.Code != "InvalidContainerGroupName" {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// Whatever can be decoded must be judged without a panic.
func FuzzValidate(f *testing.F) {
	f.Add("job", valid)
	f.Add("job", `{"properties":{"osType":"Linux","containers":[{}]}}`)
	f.Add("job", `{"properties":{"osType":"Linux","containers":[{"name":"a","properties":null}],"volumes":[{}],"ipAddress":{}}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		var body groupBody
		if json.Unmarshal([]byte(text), &body) != nil {
			return
		}
		err := validate(name, &body)
		if wrong, ok := errors.AsType[*arm.Error](err); err != nil && (!ok || wrong.Code == "" || wrong.Status < 400) {
			t.Errorf("%v is no ARM error", err)
		}
	})
}
