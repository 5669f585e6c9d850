package block

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

func blobCredentialsForm() form {
	return form{
		slug:  "azure-blob-storage-credentials",
		use:   "azure-blob-storage-credentials NAME [--connection-string-stdin | --account-url URL]",
		short: "Create a block that signs in to a storage account",
		long: `The block signs in to a storage account: with a connection string, or with the
account's address and Azure's default credential wherever the block is used.
Prefect takes one of the two, not both.`,
		examples: []string{
			"pacific block create azure-blob-storage-credentials store --account-url https://mystorage.blob.core.windows.net",
			"pacific block create azure-blob-storage-credentials store --connection-string-file connection.txt",
		},
		flags: func(fl *pflag.FlagSet) {
			addSecretFlags(fl, "connection-string", "the storage account's connection string")
			fl.String("account-url", "", "`address` of the storage account")
		},
		build: func(_ context.Context, in *input) (prefect.Block, error) {
			secret, err := in.secret("connection-string")
			if err != nil {
				return nil, err
			}
			switch url := in.text("account-url"); {
			case secret == "" && url == "":
				return nil, cmdutil.Usage("neither a connection string nor --account-url is given", "for example --account-url https://mystorage.blob.core.windows.net")
			case secret != "" && url != "":
				return nil, cmdutil.Usage("a connection string and --account-url are given: Prefect refuses a block with both", "leave one of the two out")
			}
			return &prefect.AzureBlobStorageCredentials{ConnectionString: secret, AccountURL: in.text("account-url")}, nil
		},
	}
}
