package jobfile_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci/jobfile"
)

func TestReadRefusesInvalidUTF8(t *testing.T) {
	checkBadFiles(t, []badFile{
		{"JSON", "{\"name\": \"a\",\n\"env\": {\"A\": \"\xff\"}}", "line 2: the file must be UTF-8; byte "},
		{"YAML", "name: a\nenv: {A: \"\xff\"}\n", "line 2: the file must be UTF-8; byte 18 (0xff) is not"},
		{"half a pair", "{\"name\": \"a\",\n\"env\": {\"A\": \"\\ud83d\"}}", `line 2: a \u escape is one half of a surrogate pair`},
	})
	job, err := jobfile.Read(strings.NewReader(`{"env": {"A": "\ufffd", "B": "�", "C": "\ud83d\udd11"}}`))
	if err != nil || job.Env["A"] != "\ufffd" || job.Env["B"] != "\ufffd" || job.Env["C"] != "\U0001F511" {
		t.Errorf("got %q %v", job.Env, err)
	}
}

// base: is a document of Azure's, so it is read as Azure reads it.
func TestReadBaseAsAzureReads(t *testing.T) {
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
	job, err := jobfile.Read(strings.NewReader(text))
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
func TestReadNumbersAsText(t *testing.T) {
	job, err := jobfile.Read(strings.NewReader(`{"CPU": "0.5", "memoryInGb": "1.5", "env": {"A": 1, "B": true}, "timeout": "90", "command": ["sleep", 5]}`))
	if err != nil || job.CPU != 0.5 || job.MemoryGB != 1.5 || job.Env["A"] != "1" || job.Env["B"] != "true" || job.Timeout.Seconds() != 90 || job.Command[1] != "5" {
		t.Errorf("got %+v %v", job, err)
	}
}
