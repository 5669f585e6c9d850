package block

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var aciCredentialsForm = form{
	slug:  cmdutil.SlugACICredentials,
	use:   "azure-container-instance-credentials NAME [--from-env | --tenant-id T --client-id C --client-secret-stdin]",
	short: "Create a block with the service principal that starts container groups",
	long: `The block holds the service principal that may create container groups. Without
any values, the block signs in with Azure's default credential wherever it is
used.

--from-env takes AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or if
none of these is set TENANT_ID, CLIENT_ID and CLIENT_SECRET. The two sets are
never mixed: if one of Azure's own names is set, the others are ignored.

With --tenant-id and --client-id alone, the secret is asked for on a terminal.`,
	examples: []string{
		"pacific block create azure-container-instance-credentials aci-sp --from-env",
		`pacific block create azure-container-instance-credentials aci-sp --overwrite \`,
		`    --tenant-id "$T" --client-id "$C" --client-secret-file secret.txt`,
	},
	flags: func(fl *pflag.FlagSet) {
		fl.Bool("from-env", false, "take all three values from the environment")
		fl.String("tenant-id", "", "Entra tenant of the service principal")
		fl.String("client-id", "", "application id of the service principal")
		addSecretFlags(fl, "client-secret", "the application's secret")
		fl.StringArray("credential-kwarg", nil, "`K=V` for the credential class of Azure's Python library; V is JSON, or a text (repeatable)")
	},
	build: func(ctx context.Context, in *input) (prefect.Block, error) { return in.aciCredentials(ctx) },
}

func (in *input) aciCredentials(ctx context.Context) (prefect.Block, error) {
	kwargs, err := in.kwargs()
	if err != nil {
		return nil, err
	}
	block := &prefect.AzureContainerInstanceCredentials{CredentialKwargs: kwargs}
	if in.on("from-env") {
		if err := in.excludedByEnv("tenant-id", "client-id", "client-secret-stdin", "client-secret-file", "client-secret-env"); err != nil {
			return nil, err
		}
		values, err := environmentSet(in.a, "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")
		if err != nil {
			return nil, err
		}
		block.TenantID, block.ClientID, block.ClientSecret = values[0], values[1], prefect.SecretStr(values[2])
		return block, nil
	}
	block.TenantID, block.ClientID = in.text("tenant-id"), in.text("client-id")
	if block.ClientSecret, err = in.clientSecret(ctx, block.TenantID, block.ClientID); err != nil {
		return nil, err
	}
	return block, in.wholePrincipal(block.TenantID, block.ClientID, block.ClientSecret)
}

// clientSecret reads the secret of a service principal, which is asked for where the rest of one is given.
func (in *input) clientSecret(ctx context.Context, tenant, client string) (prefect.SecretStr, error) {
	if tenant != "" && client != "" {
		return in.requiredSecret(ctx, "client-secret", "secret of application "+client)
	}
	return in.secret(ctx, "client-secret")
}

// wholePrincipal refuses a part of a service principal: it would fail at the first flow run.
func (in *input) wholePrincipal(tenant, client string, secret prefect.SecretStr) error {
	var missing []string
	for _, part := range [][2]string{{tenant, "--tenant-id"}, {client, "--client-id"}, {string(secret), "--client-secret-stdin"}} {
		if part[0] == "" {
			missing = append(missing, part[1])
		}
	}
	if n := len(missing); n == 0 || n == 3 {
		return nil
	}
	return cmdutil.Usage("a service principal is a tenant, a client and a secret: "+strings.Join(missing, " and ")+" missing",
		"the secret may also come by --client-secret-file or --client-secret-env")
}

// kwargs reads --credential-kwarg.
func (in *input) kwargs() (map[string]any, error) {
	given, err := in.flags.GetStringArray("credential-kwarg")
	if err != nil {
		return nil, err
	}
	kwargs := map[string]any{}
	for _, pair := range given {
		key, text, found := strings.Cut(pair, "=")
		if !found || key == "" {
			return nil, cmdutil.Usage("--credential-kwarg takes K=V", "for example --credential-kwarg authority=login.microsoftonline.us")
		}
		if strings.Contains(strings.ToLower(key), "secret") || strings.Contains(strings.ToLower(key), "password") {
			return nil, cmdutil.Usage(fmt.Sprintf("--credential-kwarg %s: secrets may not be given as arguments, and Prefect shows this value", key), "give it by --client-secret-stdin")
		}
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		kwargs[key] = value
	}
	return kwargs, nil
}
