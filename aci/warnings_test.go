package aci_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci"
)

func TestWarnings(t *testing.T) {
	const image = "alpine:3"
	for _, c := range []struct {
		name  string
		job   aci.Job
		field string // "" where nothing is said
		says  string
	}{
		{"default image", aci.Job{}, "Image", aci.DefaultImage},
		{"nothing", aci.Job{Image: image, Command: []string{"echo", "hello"}}, "", ""},
		{"variable", aci.Job{Image: image, Command: []string{"echo", "hello $PLANET"}}, "Command[1]", `nothing expands $PLANET: the command does not go through a shell; run one: sh -c 'echo hello $PLANET'`},
		{"braces", aci.Job{Image: image, Command: []string{"echo", "${X:-1}"}}, "Command[1]", "${X:-1}"},
		{"substitution", aci.Job{Image: image, Command: []string{"echo", "$(date)"}}, "Command[1]", "$(date)"},
		{"backquotes", aci.Job{Image: image, Command: []string{"echo", "`date`"}}, "Command[1]", "`date`"},
		{"percent", aci.Job{Image: image, Command: []string{"echo", "%PATH%"}}, "Command[1]", "%PATH%"},
		{"percent format", aci.Job{Image: image, Command: []string{"printf", "%s%d", "100%"}}, "", ""},
		{"price", aci.Job{Image: image, Command: []string{"echo", "$5"}}, "", ""},
		{"shell", aci.Job{Image: image, Command: []string{"sh", "-c", "echo $PLANET"}}, "", ""},
		{"shell by path", aci.Job{Image: image, Command: []string{"/usr/bin/env", "/bin/bash", "-c", "echo $PLANET"}}, "", ""},
		{"shell of windows", aci.Job{Image: image, Command: []string{`C:\Windows\System32\CMD.EXE`, "/c", "echo %PLANET%"}}, "", ""},
		{"shell as entrypoint", aci.Job{Image: image, Entrypoint: "/bin/sh", Command: []string{"-c", "echo $PLANET"}}, "", ""},
		{"other entrypoint", aci.Job{Image: image, Entrypoint: "tini", Command: []string{"echo", "$PLANET"}}, "Command[1]", "$PLANET"},
		{"line", aci.Job{Image: image, Command: []string{"echo it's me"}}, "Command", `sh -c 'echo it'\''s me'`},
		{"gpu", aci.Job{Image: image, GPUCount: 1, GPUSKU: "V100"}, "GPUSKU", "retired GPUs on 14 July 2025"},
		{"many cores", aci.Job{Image: image, CPU: 8, MemoryGB: 8}, "CPU", "groups over 4 cores often find no capacity"},
		{"much memory", aci.Job{Image: image, CPU: 1, MemoryGB: 99}, "MemoryGB", "groups over 16 GB of memory often find no capacity"},
		{"registry of another", aci.Job{Image: image, Registries: []aci.Registry{{Server: "example.azurecr.io", Identity: puller}}}, "Registries", "alpine:3 comes from index.docker.io"},
		{"registry", aci.Job{Image: image, Registries: []aci.Registry{{Server: "docker.io", Username: "u", Password: "p"}}}, "", ""},
		{"visible secret", aci.Job{Image: image, Env: map[string]string{"DB_PASSWORD": "x"}, VisibleEnv: []string{"DB_PASSWORD"}}, `VisibleEnv["DB_PASSWORD"]`, "readable in Azure"},
		{"secret in Env", aci.Job{Image: image, Env: map[string]string{"DB_PASSWORD": "x"}}, "", ""},
		{"secret tag", aci.Job{Image: image, Tags: map[string]string{"api-key": "x"}}, `Tags["api-key"]`, "reads tags"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, warnings, err := c.job.ContainerGroup("eastus")
			if err != nil {
				t.Fatal(err)
			}
			if c.field == "" {
				if len(warnings) > 0 {
					t.Errorf("got %v, want none", warnings)
				}
				return
			}
			if len(warnings) != 1 || warnings[0].Field != c.field || !strings.Contains(warnings[0].Text, c.says) {
				t.Errorf("got %v, want one for %s that says %q", warnings, c.field, c.says)
			}
		})
	}
}

func TestWarningString(t *testing.T) {
	if got, want := (aci.Warning{Field: "Image", Text: "is old"}).String(), "Image: is old"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
