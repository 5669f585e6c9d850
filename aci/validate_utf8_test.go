package aci_test

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/aci"
)

// Every text of a job is refused if it is not UTF-8: the request is JSON, whose encoder would change it.
func TestValidateRefusesInvalidUTF8(t *testing.T) {
	const bad = "a\xffb"
	base := func(c *armcontainerinstance.ContainerProperties) *armcontainerinstance.ContainerGroup {
		return &armcontainerinstance.ContainerGroup{Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			Containers: []*armcontainerinstance.Container{{Name: new("main"), Properties: c}}}}
	}
	for field, job := range map[string]aci.Job{
		"Command[1]":             {Command: []string{"echo", bad}},
		"Entrypoint":             {Entrypoint: bad, Command: []string{"x"}},
		`Env["A"]`:               {Env: map[string]string{"A": bad}},
		`SecureEnv["A"]`:         {SecureEnv: map[string]string{"A": bad}},
		`Tags["team"]`:           {Tags: map[string]string{"team": bad}},
		`Tags["a\xffb"]`:         {Tags: map[string]string{bad: "x"}},
		"Registries[0].Password": {Registries: []aci.Registry{{Server: "a.io", Username: "u", Password: bad}}},
		"Image":                  {Image: bad},
		"Base.properties.containers[0].properties.command[0]": {Base: base(&armcontainerinstance.ContainerProperties{Command: []*string{new(bad)}})},
		"Base.properties.containers[0].properties.environmentVariables[0].secureValue": {Base: base(&armcontainerinstance.ContainerProperties{
			EnvironmentVariables: []*armcontainerinstance.EnvironmentVariable{{Name: new("A"), SecureValue: new(bad)}}})},
		`Base.properties.volumes[0].secret["a\xffb"]`: {Base: &armcontainerinstance.ContainerGroup{Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			Volumes: []*armcontainerinstance.Volume{{Name: new("results"), Secret: map[string]*string{bad: new("YQ==")}}}}}},
	} {
		t.Run(field, func(t *testing.T) {
			err := job.Validate()
			want := field + ": must be valid UTF-8; byte 1 (0xff) is not"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to say %q", err, want)
			}
		})
	}
	if err := (aci.Job{Command: []string{"echo", "ü\ufffd\U0001F511"}}).Validate(); err != nil {
		t.Errorf("valid UTF-8, the replacement character among it, is refused: %v", err)
	}
}

func TestReadJobRefusesInvalidUTF8(t *testing.T) {
	checkBadFiles(t, []badFile{
		{"JSON", "{\"name\": \"a\",\n\"env\": {\"A\": \"\xff\"}}", "line 2: the file must be UTF-8; byte "},
		{"YAML", "name: a\nenv: {A: \"\xff\"}\n", "line 2: the file must be UTF-8; byte 18 (0xff) is not"},
		{"half a pair", "{\"name\": \"a\",\n\"env\": {\"A\": \"\\ud83d\"}}", `line 2: a \u escape is one half of a surrogate pair`},
	})
	job, err := aci.ReadJob(strings.NewReader(`{"env": {"A": "\ufffd", "B": "�", "C": "\ud83d\udd11"}}`))
	if err != nil || job.Env["A"] != "\ufffd" || job.Env["B"] != "\ufffd" || job.Env["C"] != "\U0001F511" {
		t.Errorf("got %q %v", job.Env, err)
	}
}

// base: is a document of Azure's, so it is read as Azure reads it.
func TestReadJobBaseAsAzureReads(t *testing.T) {
	const text = `
base:
  apiVersion: "2023-05-01"
  TYPE: Microsoft.ContainerInstance/containerGroups
  Location: westeurope
  properties:
    osType: linux
    restartPolicy: never
    containers:
    - name: main
      properties:
        resources: {requests: {CPU: "1.0", memoryInGb: "1.5"}}
        ports: [{port: "80"}]
        environmentVariables: [{name: A, value: 1}, {name: B, SecureValue: true}]
        volumeMounts: [{name: logs, mountPath: /logs, ReadOnly: "True"}]
    volumes: [{name: logs, emptydir: {}}]
`
	job, err := aci.ReadJob(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"location":"westeurope","properties":{"containers":[{"name":"main","properties":{"environmentVariables":[{"name":"A","value":"1"},{"name":"B","secureValue":"true"}],` +
		`"ports":[{"port":80}],"resources":{"requests":{"cpu":1,"memoryInGB":1.5}},"volumeMounts":[{"mountPath":"/logs","name":"logs","readOnly":true}]}}],` +
		`"osType":"linux","restartPolicy":"never","volumes":[{"emptyDir":{},"name":"logs"}]},"type":"Microsoft.ContainerInstance/containerGroups"}`
	if got := encode(t, job.Base); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := job.Validate(); err != nil {
		t.Error(err)
	}
}

// cpu: "0.5" in a job file is what a template or a shell script writes.
func TestReadJobNumbersAsText(t *testing.T) {
	job, err := aci.ReadJob(strings.NewReader(`{"CPU": "0.5", "memoryInGb": "1.5", "env": {"A": 1, "B": true}, "timeout": "90", "command": ["sleep", 5]}`))
	if err != nil || job.CPU != 0.5 || job.MemoryGB != 1.5 || job.Env["A"] != "1" || job.Env["B"] != "true" || job.Timeout.Seconds() != 90 || job.Command[1] != "5" {
		t.Errorf("got %+v %v", job, err)
	}
}
