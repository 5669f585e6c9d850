package demo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// newFlow is the program of the demo's flow: what runs in its container.
func newFlow(*cmdutil.App) *cobra.Command {
	return &cobra.Command{
		Use:   "flow [NAME=VALUE …]",
		Short: "Be the demo's flow: read a secret of a key vault",
		Long: `Flow is the program of the sample flow in examples/key_vault_demo, which is
compiled into pacific: it is what runs in the demo's container. It executes the
flow run that its environment names. Without one it runs the flow with the
parameters given; --flows prints them.`,
		Example: cmdutil.Lines(
			"pacific demo flow vault=https://kv-one.vault.azure.net secret=testsecret",
			"pacific demo flow --flows",
		),
		Args:               cobra.ArbitraryArgs,
		DisableFlagParsing: true, // they are the flow's
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "--help") || slices.Contains(args, "-h") {
				return cmd.Help()
			}
			// The flow's program reads its own arguments. As a container's first process it starts itself once more, and
			// needs all of them for that.
			if os.Getpid() != 1 {
				os.Args = append([]string{cmd.CommandPath()}, args...)
			}
			flow.Main(keyvaultdemo.Flow) // ends the process
			return nil
		},
	}
}

// programName is this program's name, on a PATH and in an image.
const programName = "pacific"

// program is how a container of the process engine, which has this program's folder first on its PATH, calls this program.
func program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	base := func(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }
	if base(self) == programName {
		return programName, nil
	}
	if base(os.Args[0]) == programName {
		if _, err := exec.LookPath(programName); err == nil {
			return programName, nil
		}
	}
	return self, nil
}
