package block

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var dockerRegistryForm = form{
	slug:  cmdutil.SlugDockerRegistry,
	use:   "docker-registry NAME --registry-url HOST --username U --password-stdin",
	short: "Create a block that signs in to a job block's registry",
	long: `The block holds a container registry's user and password for blocks of type
azure-container-instance-job. Work pools take docker-registry-credentials. On a
terminal the password is asked for, unless a flag gives it.`,
	examples: []string{
		`pacific block create docker-registry images --registry-url me.azurecr.io \`,
		`    --username me --password-file password.txt`,
		`pacific block create docker-registry images --registry-url me.azurecr.io \`,
		`    --username me --password-env REGISTRY_PASSWORD`,
	},
	flags: addRegistryFlags,
	build: func(ctx context.Context, in *input) (prefect.Block, error) {
		block, err := in.dockerRegistry(ctx)
		return &block, err
	},
}

func addRegistryFlags(fl *pflag.FlagSet) {
	fl.String("registry-url", "", "`host` of the registry")
	fl.String("username", "", "user name at the registry")
	addSecretFlags(fl, "password", "the password")
	fl.Bool("reauth", true, "let Prefect sign in again at each use")
}

func (in *input) dockerRegistry(ctx context.Context) (prefect.DockerRegistry, error) {
	var block prefect.DockerRegistry
	for _, flag := range []string{"registry-url", "username"} {
		if in.text(flag) == "" {
			return block, cmdutil.Usage("--"+flag+" is missing", "see {}", cmdutil.CreateBlockHelp(in.path.Slug))
		}
	}
	password, err := in.requiredSecret(ctx, "password", "password of "+in.text("username")+" at "+in.text("registry-url"))
	if err != nil {
		return block, err
	}
	if password == "" {
		return block, cmdutil.Usage("the password is missing", "use --password-stdin, --password-file or --password-env")
	}
	return prefect.DockerRegistry{Username: in.text("username"), Password: password, RegistryURL: in.text("registry-url"), Reauth: new(in.on("reauth"))}, nil
}
