package block

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var blobCredentialsForm = form{
	slug:  "azure-blob-storage-credentials",
	use:   "azure-blob-storage-credentials NAME [--connection-string-stdin | --account-url URL]",
	short: "Create a block that signs in to a storage account",
	long: `The block signs in to a storage account: with a connection string, or with the
account's address and Azure's default credential wherever the block is used.
Prefect takes one of the two, not both. With neither, the connection string is
asked for on a terminal.`,
	examples: []string{
		`pacific block create azure-blob-storage-credentials store \`,
		`    --account-url https://mystorage.blob.core.windows.net`,
		`pacific block create azure-blob-storage-credentials store \`,
		`    --connection-string-file connection.txt`,
	},
	flags: func(fl *pflag.FlagSet) {
		addSecretFlags(fl, "connection-string", "the storage account's connection string")
		fl.String("account-url", "", "`address` of the storage account")
	},
	build: func(ctx context.Context, in *input) (prefect.Block, error) {
		url := in.text("account-url")
		read := func() (prefect.SecretStr, error) { return in.secret(ctx, "connection-string") }
		if url == "" {
			read = func() (prefect.SecretStr, error) {
				return in.requiredSecret(ctx, "connection-string", "connection string of the storage account")
			}
		}
		secret, err := read()
		if err != nil {
			return nil, err
		}
		switch {
		case secret == "" && url == "":
			return nil, cmdutil.Usage("neither a connection string nor --account-url is given", "for example --account-url https://mystorage.blob.core.windows.net")
		case secret != "" && url != "":
			return nil, cmdutil.Usage("a connection string and --account-url are given: Prefect refuses a block with both", "leave one of the two out")
		}
		return &prefect.AzureBlobStorageCredentials{ConnectionString: secret, AccountURL: url}, nil
	},
}
