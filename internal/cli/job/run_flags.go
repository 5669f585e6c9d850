package job

import (
	"time"

	"github.com/pacific-aci/pacific/aci"
	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// runFlags are the flags of run as they were given. Which of them were given
// matters: only those win over --file.
type runFlags struct {
	local bool
	mount string

	name           string
	cpu, memory    float64
	env            []string
	envFiles       []string
	secretEnv      []string
	secretEnvFiles []string
	entrypoint     string
	identities     []string

	registryServer        string
	registryUsername      string
	registryPasswordStdin bool
	registryIdentity      string

	subnets  []string
	dns      []string
	gpuCount int
	gpuSKU   string
	tags     []string

	startTimeout, timeout, stopGrace time.Duration

	keep                  string
	detach, quiet, dryRun bool
	file, block           string
}

// addRunFlags declares what is run's own; the flags of settings come from
// their table. Lists are StringArray: a value may hold commas.
func addRunFlags(cmd *cobra.Command, f *runFlags) {
	fl := cmd.Flags()
	fl.BoolVar(&f.local, "local", false, "run on an Azure inside this process: needs no account, leaves nothing behind")
	fl.StringVar(&f.mount, "mount", "", "with --local: `folder` of this machine that the command runs in and may change (docker has it at "+azureemulator.MountPath+")")
	fl.StringVar(&f.name, "name", "", "name of the container group (default: generated)")
	fl.Float64Var(&f.cpu, "cpu", aci.DefaultCPU, "cores")
	fl.Float64Var(&f.memory, "memory", aci.DefaultMemoryGB, "memory in GB")
	fl.StringArrayVarP(&f.env, "env", "e", nil, "environment variable `K=V` (repeatable)")
	fl.StringArrayVar(&f.envFiles, "env-file", nil, "`file` of K=V lines (repeatable)")
	fl.StringArrayVar(&f.secretEnv, "secret-env", nil, "secret environment variable `K`, with its value from pacific's own environment (repeatable)")
	fl.StringArrayVar(&f.secretEnvFiles, "secret-env-file", nil, "`file` of K=V lines that are secret (repeatable)")
	fl.StringVar(&f.entrypoint, "entrypoint", "", "`program` to put before the command")
	fl.StringArrayVar(&f.identities, "identity", nil, "resource `id` of a user-assigned managed identity (repeatable)")
	fl.StringVar(&f.registryServer, "registry-server", "", "`host` of a private registry")
	fl.StringVar(&f.registryUsername, "registry-username", "", "user name at the registry")
	fl.BoolVar(&f.registryPasswordStdin, "registry-password-stdin", false, "read the registry password from standard input")
	fl.StringVar(&f.registryIdentity, "registry-identity", "", "resource `id` of the identity that pulls from the registry")
	fl.StringArrayVar(&f.subnets, "subnet", nil, "resource `id` of the subnet to join (repeatable)")
	fl.StringArrayVar(&f.dns, "dns", nil, "name server `address` (repeatable)")
	fl.IntVar(&f.gpuCount, "gpu-count", 0, "number of GPUs (retired by ACI on 14 July 2025)")
	fl.StringVar(&f.gpuSKU, "gpu-sku", "", "kind of GPU: K80, P100 or V100")
	fl.StringArrayVar(&f.tags, "tag", nil, "tag `K=V` on the container group (repeatable)")
	fl.DurationVar(&f.startTimeout, "start-timeout", 0, "how long the container may take to start (default 10m to find a machine, 30m in all)")
	fl.DurationVar(&f.timeout, "timeout", 0, "how long the container may take to end; then it is stopped (default no limit)")
	fl.DurationVar(&f.stopGrace, "stop-grace", aci.DefaultStopGrace, "how long a container may take to end by itself once it is being stopped")
	fl.StringVar(&f.keep, "keep", string(aci.KeepNever), "keep the container group afterwards: never, on-failure or always")
	fl.BoolVarP(&f.detach, "detach", "d", false, "print the name once Azure has accepted the container group, and leave it running")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "print errors only")
	fl.BoolVar(&f.dryRun, "dry-run", false, "print the container group that would be sent, secrets masked")
	fl.StringVarP(&f.file, "file", "f", "", "take the job from a YAML or JSON `file`, or - for standard input; flags win over it")
	fl.StringVar(&f.block, "block", "", "take the job from Prefect's block azure-container-instance-job/`NAME`; flags win over it")
	fl.String("profile", "", "with --block: the Prefect `profile` to use")
	cmdutil.InGroup(cmd, cmdutil.GroupContainer, "cpu", "memory", "env", "env-file", "entrypoint", "tag", "name")
	cmdutil.InGroup(cmd, cmdutil.GroupPrivate, "secret-env", "secret-env-file", "registry-server", "registry-username",
		"registry-password-stdin", "registry-identity", "identity")
	cmdutil.InGroup(cmd, cmdutil.GroupPlace, "subnet", "dns", "gpu-count", "gpu-sku")
	cmdutil.InGroup(cmd, cmdutil.GroupLimits, "start-timeout", "timeout", "stop-grace", "keep")
	cmdutil.Must(cmd.MarkFlagDirname("mount"))
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("keep", cobra.FixedCompletions(keeps, cobra.ShellCompDirectiveNoFileComp)))
}

// keeps are the values of --keep.
var keeps = []string{string(aci.KeepNever), string(aci.KeepOnFailure), string(aci.KeepAlways)}
