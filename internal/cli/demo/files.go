package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// newFiles writes what is compiled into this program of the flow in Python.
func newFiles(a *cmdutil.App) *cobra.Command {
	return &cobra.Command{
		Use:   "files DIR",
		Short: "Write the demo's flow in Python into a new folder",
		Long: `Files makes the folder DIR and writes into it the sample flow in Python, in
the folder python, and storage.json, an ARM template of a storage account for
its code. Who deploys the template may write there, and the flow's identity may
read.`,
		Example: cmdutil.Lines(
			"pacific demo files key_vault_demo",
		),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return cmdutil.Usage(cmd.CommandPath()+" needs a folder", "give the name of one that does not exist yet")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return writeFiles(a, args[0]) },
	}
}

func writeFiles(a *cmdutil.App, name string) error {
	dir := a.Path(name)
	// Nothing of the user's is mixed with these files or in their place.
	switch err := os.Mkdir(dir, 0o777); {
	case errors.Is(err, fs.ErrExist):
		return cmdutil.WithHint(fmt.Errorf("writing the flow into %s: it exists", name), "give the name of a folder that does not exist yet")
	case err != nil:
		return fmt.Errorf("writing the flow: %w", err)
	}
	if err := os.CopyFS(dir, keyvaultdemo.Python); err != nil {
		return fmt.Errorf("writing the flow: %w", err)
	}
	a.Say.Status("wrote " + name)
	return nil
}
