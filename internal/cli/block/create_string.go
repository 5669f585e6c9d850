package block

import (
	"context"
	"regexp"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var stringForm = form{
	slug:  "string",
	use:   "string NAME [--value V | --from-env]",
	short: "Create a block with plain text",
	long: `The block holds text that flows read by the block's name. Everyone who can use
the server can see the text; use a secret block for what must be hidden.

--from-env saves the address of the key vault in KV_NAME:
https://KV_NAME.vault.azure.net.`,
	examples: []string{
		"pacific block create string kv-url --from-env",
		"pacific block create string kv-url --value https://vault.vault.azure.net",
	},
	flags: func(fl *pflag.FlagSet) {
		fl.String("value", "", "the `text`")
		fl.Bool("from-env", false, "the address of the key vault that KV_NAME names")
	},
	build: func(_ context.Context, in *input) (prefect.Block, error) { return in.stringBlock() },
}

func (in *input) stringBlock() (prefect.Block, error) {
	if !in.on("from-env") {
		if !in.given("value") {
			return nil, cmdutil.Usage("--value is missing", `for an empty text give --value ""`)
		}
		return &prefect.StringBlock{Value: in.text("value")}, nil
	}
	if err := in.excludedByEnv("value"); err != nil {
		return nil, err
	}
	vault, _ := in.a.Env.LookupEnv("KV_NAME")
	if !vaultName.MatchString(vault) {
		problem := "--from-env: KV_NAME is not a valid key vault name"
		if vault == "" {
			problem = "--from-env: the environment has no KV_NAME"
		}
		return nil, cmdutil.Usage(problem, "export KV_NAME=myvault, or give the whole address by --value")
	}
	return &prefect.StringBlock{Value: "https://" + vault + ".vault.azure.net"}, nil
}

// vaultName is Azure's rule for the names of key vaults, but for two dashes in a row.
var vaultName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)
