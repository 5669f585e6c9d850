package block

import (
	"context"

	"github.com/pacific-aci/pacific/prefect"
)

var dockerRegistryCredentialsForm = form{
	slug:  "docker-registry-credentials",
	use:   "docker-registry-credentials NAME --registry-url HOST --username U --password-stdin",
	short: "Create a block that signs in to a work pool's registry",
	long: `The block holds a container registry's user name and password, for work
pools. Blocks of type azure-container-instance-job need docker-registry instead.
On a terminal the password is asked for, unless a flag gives it.`,
	examples: []string{
		`pacific block create docker-registry-credentials images \`,
		`    --registry-url me.azurecr.io --username me --password-file password.txt`,
	},
	flags: addRegistryFlags,
	build: func(ctx context.Context, in *input) (prefect.Block, error) {
		block, err := in.dockerRegistry(ctx)
		return new(prefect.DockerRegistryCredentials(block)), err
	},
}
