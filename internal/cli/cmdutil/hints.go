package cmdutil

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The commands that hints name. They are all here, and hints_test.go in
// package cli runs each as it is printed.

// Help shows the help of a command.
func Help(cmd *cobra.Command) Command { return append(pathOf(cmd), "--help") }

// Instead is the command below a group that may be meant.
func Instead(group *cobra.Command, name string) Command { return append(pathOf(group), name) }

// Again is the call once more with --yes.
func Again(cmd *cobra.Command) Command {
	flags := slices.DeleteFunc(givenFlags(cmd), func(flag string) bool { return flag == "--yes" })
	return slices.Concat(pathOf(cmd), flags, cmd.Flags().Args(), []string{"--yes"})
}

// WaitAgain is a call of wait once more.
func WaitAgain(call *cobra.Command) Command {
	return slices.Concat(pathOf(call), givenFlags(call), call.Flags().Args())
}

// ListJobs lists the jobs that have not ended.
func ListJobs() Command { return Command{"ps"} }

// ListAllJobs lists the jobs, ended ones too.
func ListAllJobs() Command { return Command{"ps", "--all"} }

// ListLeftovers shows what gc would delete.
func ListLeftovers() Command { return Command{"gc"} }

// DeleteLeftovers deletes what gc showed. flags are those of the call that showed it.
func DeleteLeftovers(flags []string) Command {
	return slices.Concat(Command{"gc"}, flags, Command{"--yes"})
}

// KillJob deletes a container group. place are flags of [HereFlags] or [WhereFlags].
func KillJob(place []string, name string) Command {
	return slices.Concat(Command{"kill"}, place, Command{name})
}

// WaitForJob takes up a job. place are flags of [HereFlags] or [WhereFlags].
func WaitForJob(place []string, name string) Command {
	return slices.Concat(Command{"wait"}, place, Command{name})
}

// FollowJob prints a job's output to its end. place are flags of [HereFlags] or [WhereFlags].
func FollowJob(place []string, name string) Command {
	return slices.Concat(Command{"logs", "-f"}, place, Command{name})
}

// ReadJob prints what Azure has of a job's output. place are flags of [HereFlags] or [WhereFlags].
func ReadJob(place []string, name string) Command {
	return slices.Concat(Command{"logs"}, place, Command{name})
}

// FollowToExitCode prints a job's output to its end and exits as the job did.
func FollowToExitCode(name string) Command { return Command{"logs", "-f", "--exit-code", name} }

// OpenShell runs a shell beside a job.
func OpenShell(name string) Command { return Command{"exec", name, "--", "/bin/sh"} }

// ListGroups lists the resource groups.
func ListGroups() Command { return Command{"group", "ls"} }

// CreateGroup makes a resource group.
func CreateGroup(name, location string) Command {
	return Command{"group", "create", name, "--location", location}
}

// ShowRole shows what one of Pacific's roles allows.
func ShowRole(name string) Command { return Command{"role", "show", name} }

// ListRoles lists the roles that Pacific made.
func ListRoles() Command { return Command{"role", "ls"} }

// DeleteRole deletes a role by its full name.
func DeleteRole(name string) Command { return Command{"role", "rm", name} }

// ListServicePrincipals lists the accounts that Pacific made.
func ListServicePrincipals() Command { return Command{"service-principal", "ls"} }

// ListBlocks lists the blocks.
func ListBlocks() Command { return Command{"block", "ls"} }

// ListBlocksOf lists the blocks of a type.
func ListBlocksOf(slug string) Command { return Command{"block", "ls", "--type", slug} }

// ListBlockTypes lists the types of blocks.
func ListBlockTypes() Command { return Command{"block", "types"} }

// InspectBlock shows a block.
func InspectBlock(path string) Command { return Command{"block", "inspect", path} }

// ShowBlockJob shows the job that a job block makes.
func ShowBlockJob(path string) Command { return Command{"run", "--block", path, "--dry-run"} }

// CreateAnyBlockHelp shows how blocks are made.
func CreateAnyBlockHelp() Command { return Command{"block", "create", "--help"} }

// CreateBlockHelp shows how a block of a type is made.
func CreateBlockHelp(slug string) Command { return Command{"block", "create", slug, "--help"} }

// ListPools lists the work pools.
func ListPools() Command { return Command{"work-pool", "ls"} }

// CreatePoolHelp shows how a work pool is made.
func CreatePoolHelp() Command { return Command{"work-pool", "create", "--help"} }

// InspectPool shows a work pool.
func InspectPool(name string) Command { return Command{"work-pool", "inspect", name} }

// UpdatePoolHelp shows how a work pool gets its defaults.
func UpdatePoolHelp() Command { return Command{"work-pool", "update", "--help"} }

// CreatePoolWith makes a work pool whose jobs sign in with a credentials block.
func CreatePoolWith(credentials string) Command {
	return Command{"work-pool", "create", "aci", "--type", "azure-container-instance", "--credentials", credentials}
}

// CreatePool makes a work pool whose jobs run on Azure Container Instances.
func CreatePool(name string) Command {
	return Command{"work-pool", "create", name, "--type", "azure-container-instance"}
}

// StartWorker serves a work pool.
func StartWorker(pool string) Command { return Command{"worker", "start", "--pool", pool} }

// StartAgent serves a work queue of Prefect 2's kind.
func StartAgent(queue string) Command { return Command{"agent", "start", "--queue", queue} }

// StartAgentOfPool serves the queues of an agent's work pool.
func StartAgentOfPool(pool string) Command { return Command{"agent", "start", "--pool", pool} }

// WithPool is a call once more that creates the work pool which it did not find.
func WithPool(call *cobra.Command) Command {
	return slices.Concat(pathOf(call), givenFlags(call), Command{"--create-pool-if-not-found"})
}

// ShowPoolTemplate prints the base job template of new pools of a type.
func ShowPoolTemplate(kind string) Command { return Command{"work-pool", "template", "--type", kind} }

// ProvisionPool makes what a pool needs in Azure.
func ProvisionPool(name string) Command { return Command{"provision", name} }

// LoginDocker signs docker in to a pool's registry, on a local Azure too.
func LoginDocker(pool string) Command { return Command{"provision", pool, "--skip-login=false"} }

// DeletePool deletes a work pool, after asking.
func DeletePool(name string) Command { return Command{"work-pool", "rm", name} }

// CreateServicePrincipal makes the principal that starts container groups in a resource group.
func CreateServicePrincipal(group string) Command {
	return Command{"service-principal", "create", "prefect-aci", "--resource-group", group}
}

// CreateCredentials makes a principal that may start jobs in a resource group and nothing else, and a credentials block for it.
func CreateCredentials(group string) Command {
	return Command{"service-principal", "create", "prefect-aci", "--resource-group", group, "--role", "aci-job-creator", "--block", "prefect-aci"}
}

// GiveCredentials has a pool's jobs started with what [CreateCredentials] makes.
func GiveCredentials(pool string) Command {
	return Command{"work-pool", "update", pool, "--credentials", "prefect-aci"}
}

// PurgeEnvironment deletes an environment, after asking, and a deleted key vault of it for good.
func PurgeEnvironment(group, prefix string) Command {
	return Command{"bootstrap", "--resource-group", group, "--name-prefix", prefix, "--destroy", "--purge"}
}

// DeleteGroup deletes a resource group with all that is in it, after asking.
func DeleteGroup(name string) Command { return Command{"group", "rm", name} }

// SaveVaultAddress makes the block by which flows find a key vault.
func SaveVaultAddress(address string) Command {
	return Command{"block", "create", "string", "kv-url", "--value", address}
}

// ListFlowRuns lists the flow runs.
func ListFlowRuns() Command { return Command{"flow-run", "ls"} }

// ListFlowRunsNamed lists the flow runs of one name, with their ids.
func ListFlowRunsNamed(name string) Command {
	return Command{"flow-run", "ls", "--name", name, "--output", "wide"}
}

// WaitForFlowRun waits until a flow run has ended.
func WaitForFlowRun(id string) Command { return Command{"flow-run", "wait", id} }

// RetryFlowRun schedules a flow run that has ended once more.
func RetryFlowRun(id string) Command { return Command{"flow-run", "retry", id} }

// ReadFlowRun prints a flow run's logs.
func ReadFlowRun(id string) Command { return Command{"flow-run", "logs", id} }

// CancelFlowRun cancels a flow run.
func CancelFlowRun(id string) Command { return Command{"flow-run", "cancel", id} }

// ListProfiles lists Prefect's profiles.
func ListProfiles() Command { return Command{"profile", "ls"} }

// InspectProfile shows the settings of the profile that a call is about: the one of its --profile, or the one in use.
func InspectProfile(call *cobra.Command) Command {
	c := Command{"profile", "inspect"}
	if f := call.Flags().Lookup("profile"); f != nil && f.Changed {
		c = append(c, f.Value.String())
	}
	return c
}

// CreateProfile makes a profile.
func CreateProfile(name string) Command { return Command{"profile", "create", name} }

// SetLocalAPI sets the address of a Prefect server on this machine.
func SetLocalAPI() Command {
	return Command{"profile", "set", "PREFECT_API_URL=http://127.0.0.1:4200/api"}
}

// SetAPI sets the address of a Prefect server in a profile.
func SetAPI(profile, url string) Command {
	return Command{"profile", "set", "--profile", profile, "PREFECT_API_URL=" + url}
}

// UseProfile makes a profile the active one.
func UseProfile(name string) Command { return Command{"profile", "use", name} }

// SetSecret reads a setting's value from standard input.
func SetSecret(name string) Command { return Command{"profile", "set", name, "--stdin"} }

// SetSecretFromFile reads a setting's value from a file.
func SetSecretFromFile(name string) Command {
	return Command{"profile", "set", name, "--file", "secret.txt"}
}

// UnsetSetting removes a setting from the profile in use.
func UnsetSetting(name string) Command { return Command{"profile", "unset", name} }

// StartEmulator starts a local Azure.
func StartEmulator() Command { return Command{"emulator", "start"} }

// StartPrefect starts a local Azure with a Prefect API beside it.
func StartPrefect() Command { return Command{"emulator", "start", "--with-prefect"} }

// RunEmulated runs a command with a local Azure around it.
func RunEmulated(command ...string) Command {
	return append(Command{"emulator", "run", "--"}, command...)
}

// ShowConfig shows every setting with its origin.
func ShowConfig() Command { return Command{"config"} }

// RunDoctor checks what jobs need.
func RunDoctor() Command { return Command{"doctor"} }

// pathOf are the words of a command without the program's own name.
func pathOf(cmd *cobra.Command) Command { return strings.Fields(cmd.CommandPath())[1:] }

// givenFlags are the flags of a call as they were given.
func givenFlags(cmd *cobra.Command) []string {
	var flags []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" && f.Value.String() == "true" {
			flags = append(flags, "--"+f.Name)
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			flags = append(flags, "--"+f.Name+"="+value)
		}
	})
	return flags
}

// CreateFlowRun makes a flow run of a deployment, given as FLOW/NAME.
func CreateFlowRun(deployment string) Command { return Command{"flow-run", "create", deployment} }
