package block

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var azureStorageForm = form{
	slug:  "azure",
	use:   "azure NAME --bucket-path CONTAINER/FOLDER [flags]",
	short: "Create a block for flow code in Azure Blob Storage",
	long: `The block says where the flow code of Prefect 2 deployments is, and how to sign
in there: with a connection string, with an account name and key, or with an
account name and a service principal. Prefect hides everything except the path.`,
	examples: []string{
		`pacific block create azure az-storage --bucket-path flows \`,
		`    --account-name mystorage --account-key-file key.txt`,
		`pacific block create azure az-storage --bucket-path flows/etl \`,
		`    --connection-string-env AZURE_STORAGE_CONNECTION_STRING`,
	},
	flags: func(fl *pflag.FlagSet) {
		fl.String("bucket-path", "", "`path` of the code: CONTAINER or CONTAINER/FOLDER, or with --container the folder alone")
		fl.String("container", "", "container, where --bucket-path does not begin with it")
		addSecretFlags(fl, "connection-string", "the storage account's connection string")
		fl.String("account-name", "", "storage account's name")
		addSecretFlags(fl, "account-key", "the storage account's key")
		fl.String("tenant-id", "", "Entra tenant of the service principal")
		fl.String("client-id", "", "application id of the service principal")
		addSecretFlags(fl, "client-secret", "the application's secret")
		fl.Bool("anon", true, "sign in anonymously where nothing else is given; --anon=false takes Azure's default credential")
	},
	build: func(ctx context.Context, in *input) (prefect.Block, error) { return in.azureStorage(ctx) },
}

func (in *input) azureStorage(ctx context.Context) (prefect.Block, error) {
	block := &prefect.AzureStorage{
		BucketPath: in.text("bucket-path"), Container: prefect.SecretStr(in.text("container")), AccountName: prefect.SecretStr(in.text("account-name")),
		TenantID: prefect.SecretStr(in.text("tenant-id")), ClientID: prefect.SecretStr(in.text("client-id")), Anon: new(in.on("anon")),
	}
	for _, s := range []struct {
		flag string
		into *prefect.SecretStr
	}{{"connection-string", &block.ConnectionString}, {"account-key", &block.AccountKey}} {
		var err error
		if *s.into, err = in.secret(ctx, s.flag); err != nil {
			return nil, err
		}
	}
	var err error
	if block.ClientSecret, err = in.clientSecret(ctx, in.text("tenant-id"), in.text("client-id")); err != nil {
		return nil, err
	}
	principal := block.TenantID != "" || block.ClientID != "" || block.ClientSecret != ""
	switch {
	case block.BucketPath == "":
		return nil, cmdutil.Usage("--bucket-path is missing", "for example --bucket-path flows")
	case block.ConnectionString == "" && block.AccountName == "" && (block.AccountKey != "" || principal):
		return nil, cmdutil.Usage("--account-name is missing", "a key and a service principal are for an account")
	}
	return block, in.wholePrincipal(string(block.TenantID), string(block.ClientID), block.ClientSecret)
}
