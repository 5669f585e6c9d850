package block

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

var secretForm = form{
	slug:  "secret",
	use:   "secret NAME [--value-stdin | --value-file F | --value-env V]",
	short: "Create a block with a secret",
	long: `The block holds text that Prefect masks in its output. On a terminal it is asked
for, unless a flag gives it.`,
	examples: []string{
		`printf %s "$TOKEN" | pacific block create secret token --value-stdin`,
		"pacific block create secret token --value-env TOKEN --overwrite",
	},
	flags: func(fl *pflag.FlagSet) { addSecretFlags(fl, "value", "the secret") },
	build: func(ctx context.Context, in *input) (prefect.Block, error) {
		value, err := in.requiredSecret(ctx, "value", "value of block "+in.path.String())
		if err != nil {
			return nil, err
		}
		if value == "" {
			return nil, cmdutil.Usage("the secret is missing", "use --value-stdin, --value-file or --value-env")
		}
		return &prefect.SecretBlock{Value: value}, nil
	},
}
