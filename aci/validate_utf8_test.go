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
