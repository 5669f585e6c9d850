package aci

import (
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// DefaultImage runs when a job names no image. ACI's API requires one. It is a small Linux with a shell, and it
// comes from Microsoft's registry because Docker Hub limits anonymous pulls by address and ACI's groups share theirs,
// so that a pull from there fails now and then through no fault of the job.
const DefaultImage = "mcr.microsoft.com/azurelinux/base/core:3.0"

// What a job gets where its field is zero.
const (
	// DefaultCPU is in cores.
	DefaultCPU = 1.0
	// DefaultMemoryGB is in gigabytes, as ACI counts them.
	DefaultMemoryGB = 1.0
	// DefaultPlaceTimeout bounds the time from the request until ACI has found a machine (the first pull begins).
	DefaultPlaceTimeout = 10 * time.Minute
	// DefaultStartTimeout bounds the time from the request until the container runs. ACI itself gives up after as long.
	DefaultStartTimeout = 30 * time.Minute
	// DefaultStopGrace is the time between the request to stop and the delete.
	DefaultStopGrace = 30 * time.Second
)

// A Job is one container job: what to run, with what, where, and what to leave of it afterwards. The zero value of every
// field is useful: a Job with only a Command runs it in [DefaultImage].
//
// A Job is a value. No method changes it or anything it refers to, so one Job can be run many times, also concurrently.
type Job struct {
	// Name is the container group's name and, without MainContainer, the main container's too: 1 to 63 lower-case letters,
	// digits and inner hyphens, unique in the resource group. Do not use a name again soon, as Azure caches answers by
	// name. Empty: [Job.NewName] makes one for each run.
	Name string
	// Image is the image's reference, as in `docker pull`. Empty: Base's, else [DefaultImage].
	Image string
	// Command is the program and its arguments. It replaces both the entrypoint and the command of the image, and no shell
	// expands $NAME in it. Empty: Base's, else the image's own.
	Command []string
	// Entrypoint is put before Command, for images whose entrypoint must not be lost. Empty: none. It needs a Command
	// (here or in Base).
	Entrypoint string

	// CPU is in cores, up to 31. Zero: Base's, else 1.
	CPU float64
	// MemoryGB is in gigabytes, in steps of 0.1, up to 240. Zero: Base's, else 1.
	MemoryGB float64
	// GPUCount and GPUSKU (K80, P100, V100) go together: one without the other is refused. They are sent as given,
	// with a warning: ACI retired GPUs on 14 July 2025. Zero: none.
	GPUCount int
	GPUSKU   string

	// Env and SecureEnv are environment variables. A value of SecureEnv, and a value of Env whose name is neither
	// harmless ([HarmlessEnv]) nor named in VisibleEnv, is sent as secureValue: no one can read it back from Azure.
	// A name may be in only one of the two. Nil: Base's alone; a name here wins over the same name there.
	Env       map[string]string
	SecureEnv map[string]string
	// VisibleEnv names variables of Env whose values anyone may read in the portal. Nil: those of [HarmlessEnv] alone.
	VisibleEnv []string

	// Identities are the resource ids of user-assigned managed identities that the container may use, besides those
	// of Base and of Registries. Nil: none.
	Identities []string
	// Registries say how private images are pulled. Nil: Base's alone; a server here wins over the same server there.
	Registries []Registry
	// SubnetIDs are the resource ids of the subnets that the group joins. ACI supports one. Nil: Base's, else none.
	SubnetIDs []string
	// DNSServers are the addresses of name servers, which a group in a subnet does not inherit from its network.
	// Nil: Base's, else Azure's.
	DNSServers []string

	// StartTimeout bounds the time from the request until the container runs, whatever it waits for.
	// Zero: [DefaultPlaceTimeout] for finding a machine and [DefaultStartTimeout] for all of it.
	StartTimeout time.Duration
	// NoQuotaWait returns at once, as a *StartError, when Azure refuses the group because a limit of the region is used up
	// (its groups, its cores, its creates in a time). It is for callers that queue their jobs themselves. False: such a
	// group is sent again until StartTimeout.
	NoQuotaWait bool
	// LeaveFailed leaves in Azure what a [Client.Create] that failed may have made without being told: a container may run in
	// it. It is for callers that create the same job again, which takes the group up, or delete it. False: it is deleted.
	LeaveFailed bool
	// PollInterval is the longest wait between two reads of the group's state. Zero: by the job's age, which is
	// what Azure's request limits ask for.
	PollInterval time.Duration
	// Timeout bounds the time from the request until the container's end. Zero: none.
	Timeout time.Duration
	// StopGrace is how long a container that is stopped may take to end. Zero: [DefaultStopGrace].
	StopGrace time.Duration

	// Output gets the container's output as it comes: standard output and standard error in one stream, as ACI keeps them.
	// A Write may block: then the container's output waits in Azure, which keeps 4 MB of it. Nil: the output is not read.
	Output io.Writer

	// Events is called for each step of the job's progress, in order and one call at a time, on a goroutine of its own. It
	// may block and may call the client. Run waits for it only at the end, and no longer than ten seconds if it blocks. Up
	// to a thousand events wait for a slow listener; then the oldest are dropped. Nil: nobody listens.
	Events func(Event)

	// Tags are put on the group, besides Pacific's own (see [TagManaged]). Never secrets: whoever may list resources
	// reads them. Nil: none.
	Tags map[string]string
	// Location is the Azure region, such as westeurope. Empty: the client's, else that of the resource group.
	Location string
	// Keep says when the group stays after the job's end. Empty: never.
	Keep Keep

	// Base is a whole container group over which the fields above are laid: side-cars, init containers, volumes, spot
	// priority and all else of ACI come this way. It is copied, never changed. Nil: an empty one.
	Base *armcontainerinstance.ContainerGroup
	// MainContainer names the container that is the job: the fields above are laid over it, its output is the job's,
	// and so is its exit code. Empty: Base's first container, else one called like the group. A name that Base does
	// not have is added before Base's containers.
	MainContainer string
}

// Keep says when a container group stays in Azure after its job's end. A kept group costs no compute, but counts against
// the quota of groups until it is deleted.
type Keep string

// The values of Keep. The empty value is KeepNever.
const (
	KeepNever     Keep = "never"
	KeepOnFailure Keep = "on-failure"
	KeepAlways    Keep = "always"
)

// Keeps reports whether a group stays whose job succeeded, or did not.
func (k Keep) Keeps(success bool) bool {
	return k == KeepAlways || k == KeepOnFailure && !success
}

// String names the job and its image: a job that is printed or logged must not show its secrets.
func (j Job) String() string {
	name := j.Name
	if name == "" {
		name = j.nameBase()
	}
	return name + " (" + j.image() + ")"
}

// GoString is as String, for %#v.
func (j Job) GoString() string { return "aci.Job{" + j.String() + "}" }
