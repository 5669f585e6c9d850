//go:build !windows

package aci_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pacific-aci/pacific/aci"
)

// Run a command. The image is the default one; the program is echo itself, without a shell.
func ExampleJob_helloWorld() {
	result := run(aci.Job{Command: []string{"echo", "hello world"}})
	fmt.Println(result.Outcome, *result.ExitCode)
	// Output:
	// warning: Image: no image given; using mcr.microsoft.com/azurelinux/base/core:3.0
	// succeeded 0
}

// Run a command and stream the container's output as it comes.
func ExampleJob_streamOutput() {
	run(aci.Job{
		Image:   "alpine:latest",
		Command: []string{"echo", "hello world"},
		Output:  os.Stdout,
	})
	// Output: hello world
}

// Run a command with a specific image.
func ExampleJob_image() {
	job := aci.Job{Image: "alpine:latest", Command: []string{"echo", "hello world"}}
	group, _, err := job.ContainerGroup("westeurope")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*group.Properties.Containers[0].Properties.Image, run(job).Outcome)
	// Output: alpine:latest succeeded
}

// Run a job with custom memory and CPU requirements.
func ExampleJob_memoryAndCPU() {
	job := aci.Job{
		Image:    "alpine:latest",
		Command:  []string{"echo", "hello world"},
		MemoryGB: 1.0,
		CPU:      1.0,
	}
	group, _, err := job.ContainerGroup("westeurope")
	if err != nil {
		fmt.Println(err)
		return
	}
	requests := group.Properties.Containers[0].Properties.Resources.Requests
	fmt.Println(*requests.CPU, "core,", *requests.MemoryInGB, "GB:", run(job).Outcome)
	// Output: 1 core, 1 GB: succeeded
}

// ACI takes memory in steps of 0.1 GB, and up to 31 cores. What it would refuse is refused before anything is sent.
func ExampleJob_memoryAndCPURefused() {
	err := aci.Job{Command: []string{"echo", "hello world"}, MemoryGB: 1.25, CPU: 32}.Validate()
	fmt.Println(err)
	if problem, ok := errors.AsType[*aci.InvalidError](err); ok {
		fmt.Println("first:", problem.Field)
	}
	// Output:
	// CPU: "32": must be more than 0 and at most 31 cores; give for example 1 or 0.5
	// MemoryGB: "1.25": must be more than 0 and at most 240 GB, in steps of 0.1; give for example 1.5
	// first: CPU
}

// Run a job with a GPU. It is sent as asked, and Azure refuses it: ACI has no GPUs since July 2025.
func ExampleJob_gpu() {
	result := run(aci.Job{
		Image:    "alpine:latest",
		Command:  []string{"echo", "hello world"},
		MemoryGB: 1.0,
		CPU:      1.0,
		GPUCount: 1,
		GPUSKU:   "V100",
	})
	fmt.Println(result.Outcome, result.ExitCode == nil)
	// Output:
	// warning: GPUSKU: ACI retired GPUs on 14 July 2025, so Azure will refuse this; it is sent as asked
	// startFailed true
}

// Run a job with environment variables. The command is no shell's, so that nothing expands $PLANET in it, and the
// job says so; a shell does.
func ExampleJob_env() {
	job := aci.Job{
		Image:   "alpine:latest",
		Command: []string{"echo", "hello $PLANET"},
		Env:     map[string]string{"PLANET": "earth"},
		Output:  os.Stdout,
	}
	run(job)
	job.Command = []string{"sh", "-c", "echo hello $PLANET"}
	run(job)
	// Output:
	// warning: Command[1]: nothing expands $PLANET: the command does not go through a shell; run one: sh -c 'echo hello $PLANET'
	// hello $PLANET
	// hello earth
}

// Run a job whose image is in a private registry, pulled as a managed identity. The identity is attached to the
// group by itself. It needs its whole resource id: a short form is refused with the right one.
func ExampleJob_managedIdentityRegistry() {
	job := aci.Job{
		Command: []string{"echo", "hello world"},
		Image:   "my-registry.azurecr.io/my-image",
		Registries: []aci.Registry{{
			Server:   "https://my-registry.azurecr.io/",
			Identity: "/my/managed/identity/123abc",
		}},
	}
	fmt.Println(job.Validate())
	job.Registries[0].Identity = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/jobs" +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/123abc"
	group, _, err := job.ContainerGroup("westeurope")
	if err != nil {
		fmt.Println(err)
		return
	}
	credential := group.Properties.ImageRegistryCredentials[0]
	_, attached := group.Identity.UserAssignedIdentities[*credential.Identity]
	fmt.Println(*credential.Server, attached)
	// Output:
	// Registries[0].Identity: "/my/managed/identity/123abc": must be the resource id of a user-assigned managed identity; give /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME
	// my-registry.azurecr.io true
}

// What would be sent, secrets masked.
func ExamplePreview() {
	preview, err := aci.Preview(aci.Job{
		Name: "hello", Image: "alpine:latest", Command: []string{"env"},
		Env: map[string]string{"TZ": "UTC"}, SecureEnv: map[string]string{"API_KEY": "a secret"},
	}, "westeurope")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(environment(preview))
	// Output:
	// {"name":"API_KEY","secureValue":"***"}
	// {"name":"TZ","value":"UTC"}
}

// Run a job on the Azure of these examples; in a program of your own, make the client once.
func ExampleClient_Run() {
	client, end, err := localAzure(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer end()
	result, err := client.Run(context.Background(), aci.Job{Image: "alpine:latest", Command: []string{"sh", "-c", "echo no; exit 3"}, Output: os.Stdout})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outcome, *result.ExitCode, result.Success())
	// Output:
	// no
	// failed 3 false
}
