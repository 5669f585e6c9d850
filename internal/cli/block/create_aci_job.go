package block

import (
	"context"
	"fmt"
	"regexp"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var aciJobForm = form{
	slug:  cmdutil.SlugACIJob,
	use:   "azure-container-instance-job NAME --resource-group G --subscription S [flags] [-- COMMAND…]",
	short: "Create a block that says how a container job runs",
	long: `The block says how and where container jobs run: for agents of Prefect 2, which
start a container group for each flow run, and for pacific run --block. The
flags are those of pacific run. Everything else has the default of Prefect's own
class; the default image is Prefect's image for the server's version.

The command comes after --; without one, a flow run uses Prefect's own. The
entrypoint is put before it, by default that of Prefect's images.

--from-env takes the subscription from AZURE_SUBSCRIPTION_ID, or if that is not
set from SUBSCRIPTION_ID.`,
	examples: []string{
		`pacific block create azure-container-instance-job aci --resource-group jobs \`,
		`    --subscription "$ID" --credentials aci-sp --image me.azurecr.io/flows:1`,
		`pacific block create azure-container-instance-job etl --resource-group jobs \`,
		`    --from-env --cpu 2 --env STAGE=test --overwrite -- python etl.py`,
	},
	command: true,
	flags:   addJobBlockFlags,
	build:   func(ctx context.Context, in *input) (prefect.Block, error) { return in.aciJob(ctx) },
}

// aciJob makes the block, and the job of it, which shows whether Azure would take it.
func (in *input) aciJob(ctx context.Context) (prefect.Block, error) {
	block := &prefect.AzureContainerInstanceJob{Command: in.command}
	if len(in.command) == 0 {
		block.Command = nil
	}
	for _, read := range []func(*prefect.AzureContainerInstanceJob) error{in.jobPlace, in.jobEnvironment, in.jobSizes, in.jobTimes, in.jobLists} {
		if err := read(block); err != nil {
			return nil, err
		}
	}
	if err := in.jobReferences(ctx, block); err != nil {
		return nil, err
	}
	version, err := in.side.Client.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	if block.Image == "" && released.MatchString(version.Text) {
		block.Image = prefect.DefaultImage(version.Text)
	}
	if _, err := jobtemplate.FromBlock(ctx, *block, jobtemplate.Input{Version: version}); err != nil {
		return nil, &cmdutil.BlockJobError{Err: err, Flags: true}
	}
	return block, nil
}

// released is a version that has an image: Prefect Cloud has none, nor has a build from source.
var released = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// jobReferences finds the blocks that the job refers to.
func (in *input) jobReferences(ctx context.Context, block *prefect.AzureContainerInstanceJob) error {
	if in.given("credentials") {
		var credentials prefect.AzureContainerInstanceCredentials
		id, err := in.load(ctx, "credentials", &credentials)
		if err != nil {
			return err
		}
		block.ACICredentials = prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: id, Value: &credentials}
	}
	server, identity := in.text("registry-server"), in.text("registry-identity")
	switch {
	case in.given("registry") && (server != "" || identity != ""):
		return cmdutil.Usage("--registry and --registry-server cannot be used together", "a block of type docker-registry, or --registry-server with --registry-identity")
	case in.given("registry"):
		var registry prefect.DockerRegistry
		id, err := in.load(ctx, "registry", &registry)
		if err != nil {
			return err
		}
		block.ImageRegistry = &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: id, Value: &registry}}
	case (server == "") != (identity == ""):
		return cmdutil.Usage("--registry-server and --registry-identity must be given together", "for a user name and password, make a block and give --registry; see {}", cmdutil.CreateBlockHelp(cmdutil.SlugDockerRegistry))
	case server != "":
		block.ImageRegistry = &prefect.ImageRegistry{ACRManagedIdentity: &prefect.ACRManagedIdentity{RegistryURL: server, Identity: identity}}
	}
	return nil
}

// load reads the block that a flag names into one of the only type that is meant.
func (in *input) load(ctx context.Context, flag string, into prefect.Block) (prefect.ID, error) {
	path, err := cmdutil.ParseBlockPath("--"+flag, in.text(flag), into.BlockTypeSlug())
	if err != nil {
		return "", err
	}
	document, err := in.side.Client.LoadBlock(ctx, path.Name, into)
	if cmdutil.IsMissing(err) {
		return "", cmdutil.WithHint(fmt.Errorf("--%s: there is no block %s", flag, path), "create it first; see {}", cmdutil.CreateBlockHelp(path.Slug))
	}
	return document.ID, err
}

// addJobBlockFlags declares the job block's own flags, with run's names and words.
func addJobBlockFlags(fl *pflag.FlagSet) {
	fl.Bool("from-env", false, "take the subscription from the environment")
	fl.String("subscription", "", "subscription `id` that the container groups are made in")
	fl.String("resource-group", "", "resource group that the container groups are made in")
	fl.String("credentials", "", "`block` of type azure-container-instance-credentials that signs in (default: Azure's default credential)")
	fl.String("image", "", "container image (default: Prefect's own of the server's version)")
	fl.String("name", "", "base of the container groups' names (default: the flow run's)")
	fl.Float64("cpu", 1, "cores")
	fl.Float64("memory", 1, "memory in GB")
	fl.Int("gpu-count", 0, "number of GPUs (retired by ACI on 14 July 2025)")
	fl.String("gpu-sku", "", "kind of GPU: K80, P100 or V100")
	fl.StringArray("env", nil, "environment variable `K=V` (repeatable)")
	fl.StringArray("env-file", nil, "`file` of K=V lines (repeatable)")
	fl.StringArray("unset-env", nil, "environment variable `K` that the container must not have (repeatable)")
	fl.StringArray("label", nil, "label `K=V`, which becomes a tag on the container group (repeatable)")
	fl.String("entrypoint", prefect.DefaultEntrypoint, `program put before the command; "" for none`)
	fl.StringArray("identity", nil, "resource `id` of a user-assigned managed identity (repeatable)")
	fl.String("registry", "", "`block` of type docker-registry with user and password of a private registry")
	fl.String("registry-server", "", "`host` of an Azure Container Registry that --registry-identity pulls from")
	fl.String("registry-identity", "", "resource `id` of the identity that pulls from the registry")
	fl.StringArray("subnet", nil, "resource `id` of the subnet to join (repeatable)")
	fl.StringArray("dns", nil, "name server `address` (repeatable)")
	fl.Bool("stream-output", false, "copy the container's output to the agent's (pacific run shows it in any case)")
	fl.Duration("start-timeout", 0, "longest time until the container runs, in whole seconds (default 4m)")
	fl.Duration("poll-interval", 0, "pause between two reads of the state (default 5s)")
}
