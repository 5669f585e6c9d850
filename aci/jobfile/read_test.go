package jobfile_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/jobfile"
)

const (
	reader = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/jobs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
	puller = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/jobs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
	subnet = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/jobs"
)

// full says everything that a job can.
func full() aci.Job {
	return aci.Job{
		Name: "hello", Image: "alpine:3", Command: []string{"sh", "-c", "echo 1"}, Entrypoint: "tini",
		CPU: 0.5, MemoryGB: 1.5, GPUCount: 1, GPUSKU: "V100",
		Env: map[string]string{"PORT": "8080", "DEBUG": "true", "EMPTY": ""}, SecureEnv: map[string]string{"KEY": "k\U0001F511"}, VisibleEnv: []string{"PORT"},
		Identities: []string{reader}, Registries: []aci.Registry{{Server: "a.io", Username: "u", Password: "p"}, {Server: "b.io", Identity: puller}},
		SubnetIDs: []string{subnet}, DNSServers: []string{"10.0.0.1"},
		StartTimeout: 4 * time.Minute, PollInterval: 2500 * time.Millisecond, Timeout: 90 * time.Second, StopGrace: 10 * time.Second,
		Tags: map[string]string{"team": "blue"}, Location: "westeurope", Keep: aci.KeepOnFailure, MainContainer: "work",
		Base: &armcontainerinstance.ContainerGroup{Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			Priority: new(armcontainerinstance.ContainerGroupPrioritySpot),
			Containers: []*armcontainerinstance.Container{{Name: new("work"), Properties: &armcontainerinstance.ContainerProperties{
				Ports:                []*armcontainerinstance.ContainerPort{{Port: new(int32(80))}},
				EnvironmentVariables: []*armcontainerinstance.EnvironmentVariable{{Name: new("N"), Value: new("1")}},
				Resources:            &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(0.25)}},
				VolumeMounts:         []*armcontainerinstance.VolumeMount{{Name: new("results"), MountPath: new("/out"), ReadOnly: new(true)}}}}},
			Volumes: []*armcontainerinstance.Volume{{Name: new("results"), EmptyDir: map[string]any{}}, {Name: new("secrets"), Secret: map[string]*string{"a.txt": new("YQ==")}}},
		}, Zones: []*string{new("1")}},
	}
}

const fullYAML = `# a job
name: hello
image: "alpine:3"
command: [sh, -c, echo 1]
entrypoint: tini
cpu: 0.5
memory_gb: 1.5
gpu-count: 1
gpuSku: V100
env:
  PORT: 8080
  DEBUG: true
  EMPTY: ""
secureEnv: {KEY: "k\U0001F511"}
visibleEnv:
- PORT
identities: [` + reader + `]
registries:
- {server: a.io, username: u, password: p}
- server: b.io
  identity: ` + puller + `
subnetIds: [` + subnet + `]
dnsServers: [10.0.0.1]
startTimeout: 4m
pollInterval: 2.5
timeout: 90
stopGrace: 10s
tags: {team: blue}
location: westeurope
keep: on-failure
mainContainer: work
base:
  zones: ["1"]
  location: null
  properties:
    priority: Spot
    containers:
    - name: work
      properties:
        ports: [{port: 80}]
        environmentVariables: [{name: N, value: 1}]
        resources: {requests: {cpu: 0.25}}
        volumeMounts: [{name: results, mountPath: /out, readOnly: true}]
    volumes:
    - {name: results, emptyDir: {}}
    - {name: secrets, secret: {a.txt: YQ==}}
`

const fullJSON = `{"name": "hello", "image": "alpine:3", "command": ["sh", "-c", "echo 1"], "entrypoint": "tini", "cpu": 0.5, "memory": 1.5,
	"gpuCount": 1, "gpuSKU": "V100", "env": {"PORT": 8080, "DEBUG": true, "EMPTY": ""}, "secureEnv": {"KEY": "k\ud83d\udd11"}, "visibleEnv": ["PORT"],
	"identities": ["` + reader + `"], "registries": [{"server": "a.io", "username": "u", "password": "p", "identity": null}, {"server": "b.io", "identity": "` + puller + `"}],
	"subnetIDs": ["` + subnet + `"], "dnsServers": ["10.0.0.1"], "startTimeout": "240s", "pollInterval": 2.5, "timeout": "1m30s", "stopGrace": 10,
	"tags": {"team": "blue"}, "location": "westeurope", "keep": "on-failure", "mainContainer": "work",
	"base": {"zones": ["1"], "properties": {"priority": "Spot", "containers": [{"name": "work", "properties": {"ports": [{"port": 80}],
		"environmentVariables": [{"name": "N", "value": "1"}], "resources": {"requests": {"cpu": 0.25}}, "volumeMounts": [{"name": "results", "mountPath": "/out", "readOnly": true}]}}],
		"volumes": [{"name": "results", "emptyDir": {}}, {"name": "secrets", "secret": {"a.txt": "YQ=="}}]}}}`

func TestRead(t *testing.T) {
	// Every field of Job is in full, so that a new one is not forgotten in the file, but those that only a program can use.
	value := reflect.ValueOf(full())
	for i := range value.NumField() {
		if name := value.Type().Field(i).Name; value.Field(i).IsZero() != (name == "Output" || name == "Events" || name == "NoQuotaWait" || name == "LeaveFailed") {
			t.Errorf("the test says nothing of %s", name)
		}
	}
	for name, text := range map[string]string{"YAML": fullYAML, "JSON": fullJSON, "JSON with a BOM": "\xef\xbb\xbf" + fullJSON} {
		t.Run(name, func(t *testing.T) {
			got, err := jobfile.Read(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			want := full()
			gotBase, wantBase := encode(t, got.Base), encode(t, want.Base)
			if diff := cmp.Diff(wantBase, gotBase); diff != "" {
				t.Errorf("base (-want +got):\n%s", diff)
			}
			got.Base, want.Base = nil, nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s, want %s", show(t, got), show(t, want))
			}
		})
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// show writes a job with its secrets, which its own String leaves out.
func show(t *testing.T, job aci.Job) string {
	type open aci.Job
	return encode(t, open(job))
}

// A badFile is a job file with something wrong, and a part of what is said of it.
type badFile struct{ name, text, says string }

func checkBadFiles(t *testing.T, files []badFile) {
	t.Helper()
	for _, c := range files {
		t.Run(c.name, func(t *testing.T) {
			job, err := jobfile.Read(strings.NewReader(c.text))
			if err == nil {
				t.Fatalf("no error; got %s", show(t, job))
			}
			if !strings.HasPrefix(err.Error(), "reading the job: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want it to say %q", err, c.says)
			}
			if !reflect.ValueOf(job).IsZero() {
				t.Errorf("got a job with the error: %s", show(t, job))
			}
		})
	}
}

func TestReadRefusesFiles(t *testing.T) {
	checkBadFiles(t, []badFile{
		{"empty", "", "it is empty"},
		{"blank", " \n# only words\n", "it is empty"},
		{"list", "[a]", "line 1: the job: must be an object, not a list"},
		{"null", "null", "the job: must be an object, not null"},
		{"text", "echo hello", "not text"},
		{"broken YAML", "name: [a", "yaml: line"},
		{"broken JSON", `{"name": "a",, }`, "reading the job"},
		{"too long", "name: " + strings.Repeat("a", 1<<20), "more than 1048576 bytes"},
		{"two documents", "name: a\n---\nname: b\n", "more than one document"},
		{"unknown", "name: a\nimagee: b\n", `line 2: unknown field "imagee"; did you mean "image"?`},
		{"unknown in JSON", "{\n\"name\": \"a\",\n\"comand\": []}", `line 3: unknown field "comand"; did you mean "command"?`},
		{"unknown and far", "x: 1", `line 1: unknown field "x"; the fields are base, command, cpu,`},
		{"output", "output: stdout", `unknown field "output"; the fields are`},
		{"beginning", "mem: 1", `unknown field "mem"; did you mean "memoryGB"?`},
		{"twice", "name: a\nname: b\n", "line 2: name: is given twice, first on line 1"},
		{"twice in JSON", "{\"name\": \"a\",\n\"name\": \"b\"}", "line 2: name: is given twice, first on line 1"},
		{"twice in other words", "memory: 1\nmemory_gb: 2\n", "line 2: memory_gb: is given twice"},
		{"env twice", "env:\n  A: 1\n  A: 2\n", "line 3: env.A: is given twice, first on line 2"},
	})
}

func TestReadRefusesValues(t *testing.T) {
	checkBadFiles(t, []badFile{
		{"name is a list", "name: [a]", "name: must be text, not a list"},
		{"command is text", "command: echo hello", `command: must be a list: nothing splits a line into words; give each word as an item, or ["sh", "-c", "…"]`},
		{"command of lists", "command: [[a]]", "command[0]: must be text, not a list"},
		{"command of null", "command: [a, null]", "command[1]: must be text, not null"},
		{"command is an object", "command: {a: b}", "command: must be a list, not an object"},
		{"cpu is text", "cpu: much", "cpu: must be a number, not text"},
		{"cpu is nan", "cpu: .nan", "cpu: must be a number"},
		{"cpu is a list", "cpu: []", "cpu: must be a number, not a list"},
		{"gpu is half", "gpuCount: 0.5", "gpuCount: must be a whole number"},
		{"gpu is huge", "gpuCount: 1e300", "gpuCount: must be a whole number"},
		{"env is a list", "env: [A=B]", "env: must be an object, not a list"},
		{"env null", "env:\n  A:\n", `line 2: env.A: has no value; give "" for an empty one`},
		{"env object", "env: {A: {b: c}}", "env.A: must be text, not an object"},
		{"env key", "env: {[a]: b}", "env: must be an object with plain keys"},
		{"identities", "identities: x", "identities: must be a list, not text"},
		{"registries", "registries: {server: a}", "registries: must be a list, not an object"},
		{"registry", "registries: [a.io]", "registries[0]: must be an object, not text"},
		{"registry unknown", "registries: [{server: a.io, user: u}]", `registries[0]: unknown field "user"; did you mean "username"?`},
		{"registry password", "registries: [{password: [x]}]", "registries[0].password: must be text, not a list"},
		{"duration", "timeout: soon", `timeout: must be a duration; give a number of seconds, or text such as "1m30s"`},
		{"duration bool", "timeout: true", "timeout: must be a duration"},
		{"duration list", "timeout: [1]", "timeout: must be a duration, not a list"},
		{"duration too long", "timeout: 1e300", "timeout: must be a duration"},
		{"merge key", "env: {<<: {B: c}, A: b}\n", "env.<<: is a merge key, which is not read here; give the values themselves"},
		{"anchor", "env: &e {A: b}\nsecureEnv: *e\n", "line 2: secureEnv: is an alias (*name), which is not read here; give the value itself"},
	})
}

func TestReadRefusesBase(t *testing.T) {
	checkBadFiles(t, []badFile{
		{"base", "base: x", "base: must be an object, not text"},
		{"base unknown", "base:\n  propertys: {}\n", `line 2: base: unknown field "propertys"; did you mean "properties"?`},
		{"base case twice", "base: {properties: {Volumes: [], volumes: []}}", "base.properties.volumes: is given twice, first on line 1"},
		{"base deep", "base: {properties: {volumes: [{name: results, emptyDirectory: {}}]}}", `base.properties.volumes[0]: unknown field "emptyDirectory"; did you mean "emptyDir"?`},
		{"base kind", "base: {properties: {containers: {}}}", "base.properties.containers: must be a list, not an object"},
		{"base number", "base: {properties: {ipAddress: {ports: [{port: http}]}}}", "ports[0].port: must be a number, not text"},
		{"base fraction", "base: {properties: {ipAddress: {ports: [{port: 0.5}]}}}", "ports[0].port: must be a whole number"},
		{"base bool", "base: {properties: {volumes: [{azureFile: {readOnly: maybe}}]}}", "readOnly: must be true or false, not text"},
		{"base bool list", "base: {properties: {volumes: [{azureFile: {readOnly: []}}]}}", "readOnly: must be true or false, not a list"},
		{"base bool word", "base: {properties: {volumes: [{azureFile: {readOnly: !!bool on}}]}}", "readOnly: must be true or false"},
		{"base text", "base: {location: {}}", "base.location: must be text, not an object"},
		{"base time", "base: {properties: {instanceView: {events: [{firstTimestamp: yesterday}]}}}", "events[0].firstTimestamp: must be a time"},
		{"base alias", "tags: &t {a: b}\nbase: {properties: {volumes: [{emptyDir: *t}]}}", "emptyDir: is an alias"},
		{"base tag twice", "base: {tags: {a: b, a: c}}", "base.tags.a: is given twice"},
		{"base too deep", "base: {properties: {volumes: [{emptyDir: " + strings.Repeat("[", 80) + strings.Repeat("]", 80) + "}]}}", "nested too deeply"},
		{"JSON too deep", `{"name": ` + strings.Repeat("[", 80) + strings.Repeat("]", 80) + "}", "nested too deeply"},
	})
}

// All mistakes are told at once, with the line of each, and typed.
func TestReadTellsAll(t *testing.T) {
	_, err := jobfile.Read(strings.NewReader("naem: a\ncpu: x\nsecureEnv:\n  KEY: [hunter2]\n"))
	joined, ok := errors.Unwrap(err).(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("got %v", err)
	}
	var lines []int
	for _, one := range joined.Unwrap() {
		problem, ok := errors.AsType[*aci.InvalidError](one)
		if !ok {
			t.Fatalf("%T is no *InvalidError", one)
		}
		lines = append(lines, problem.Line)
	}
	if diff := cmp.Diff([]int{1, 2, 4}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the secret is in %q", err)
	}
}

func TestReadReader(t *testing.T) {
	if _, err := jobfile.Read(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

// What a definition leaves open is kept as it is.
func TestReadOpenParts(t *testing.T) {
	job, err := jobfile.Read(strings.NewReader(`base: {properties: {extensions: [{name: e, properties: {settings: {a: [1, 2.5, true, null, "1", x], b: {c: d}}}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"properties":{"extensions":[{"name":"e","properties":{"settings":{"a":[1,2.5,true,null,"1","x"],"b":{"c":"d"}}}}]}}`
	if got := encode(t, job.Base); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
