// Package pacific is the map of Pacific, which runs Prefect flows and any other
// container job on Azure Container Instances (ACI). This package itself is empty;
// the packages are:
//
//	azure             clouds, credentials, ARM's throttling, readable ARM errors
//	azcli             az commands, with typed results and errors
//	access            who may do what: applications, service principals, roles and their assignments
//	provision         the push work pool's provisioner, as steps
//	aci               a container group as a Job: create, watch, logs, stop, exit code, list, reap
//	armtemplate       ARM templates: what they deploy, in which order, with which values
//	prefect           Prefect's REST API, its blocks as Go types, its profiles and settings
//	internal/neterr   deadlines of HTTP requests, and the cause of those without an answer
//	internal/steps    lists of idempotent steps that can be resumed
//	jobtemplate       Prefect's job templates, variables and job block, translated to an aci.Job
//	worker            a work pool's flow runs, or an agent's, as container groups
//	bootstrap         an environment for flows, from an ARM template
//	deploy            flows read without running them, their code sent, their deployments written
//	flow              flows and tasks as Go functions; flow/flowtest for their tests
//	image             container images without Docker: build, push, check
//	emulator/azure    a local Azure, as an http.Handler, for tests and for trying things
//	emulator/prefect  a Prefect API in memory, the same way
//	cmd/pacific       the command line
//
// To write a Prefect flow in Go, start with [github.com/pacific-aci/pacific/flow]: its
// page is a lesson. To run a job from Go, start with [github.com/pacific-aci/pacific/aci]: make an
// azure.Cloud, an aci.Client from it, and call Client.Run with an aci.Job. To speak
// to Prefect, start with NewClient of [github.com/pacific-aci/pacific/prefect]. To
// test code that talks to Azure or to Prefect, start with
// [github.com/pacific-aci/pacific/emulator/azure] or
// [github.com/pacific-aci/pacific/emulator/prefect]: NewServer, then Transport.
//
// # Names of the documents, and ours
//
// Pacific implements what four documents of Prefect and of the prefect_aci demo
// describe. Who knows those finds the same things here under these names:
//
//	AzureContainerInstanceJob               aci.Job, and prefect.AzureContainerInstanceJob for the block
//	AzureContainerInstanceJob.run           aci.Client.Run
//	AzureContainerInstanceJob.kill          aci.Client.Kill
//	AzureContainerInstanceJob.preview       aci.Preview, pacific run --dry-run
//	stream_output                           aci.Job.Output (nil is off)
//	task_start_timeout_seconds              aci.Job.StartTimeout
//	task_watch_poll_interval                aci.Job.PollInterval
//	ACRManagedIdentity                      aci.Registry with Identity set, and prefect.ACRManagedIdentity
//	DockerRegistry                          aci.Registry with Username and Password set, and prefect.DockerRegistry
//	AzureContainerInstanceJobResult         aci.Result
//	ContainerGroupProvisioningState         aci.ProvisioningState
//	ContainerRunState                       aci.RunState
//	AzureContainerInstanceCredentials       azure.CredentialOptions, and prefect.AzureContainerInstanceCredentials
//	AzureCLI.run_command                    azcli.Runner.Run
//	ContainerInstancePushProvisioner        provision.Provisioner
//	the demo's ARM template, custom role    bootstrap, access
//	the demo's agent                        worker
//
// # Rules
//
// Imports between packages go strictly down; imports_test.go holds the table. The
// emulators share no code with the clients: an emulator made of the client's
// code could only agree with the client's mistakes. The judges of the emulated
// Azure are Microsoft's API files, the official SDK, and the evidence table in
// docs/evidence.md; those of the Prefect API are real servers, side by side.
package pacific
