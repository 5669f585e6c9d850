package emulator

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

func newStart(a *cmdutil.App) *cobra.Command {
	var f options
	cmd := &cobra.Command{
		Use:   "start [flags]",
		Short: "Start a local Azure in the foreground",
		Long: `Start serves a local Azure until it is interrupted, and prints one line when it
is ready. It leaves no container and no child process behind.

With --env-file, it writes the environment that clients need. Source that file
in a shell, and az, Azure's SDKs and pacific use the emulator. The file holds
secrets, and only its owner can read it. The emulator runs commands for anyone
who has these secrets, so it listens on loopback unless told otherwise.

With --with-prefect, it also serves a Prefect API in memory and adds its address
to the environment. It is for demos and tests: it has no user interface, and
keeps nothing when it ends.`,
		Example: cmdutil.Lines(
			"pacific emulator start --env-file azure.env &",
			". ./azure.env",
			`az login --service-principal --tenant "$AZURE_TENANT_ID" \`,
			`    -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET"`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStart(a, cmd, f) },
	}
	addFlags(cmd, &f)
	cmdutil.AddSettings(cmd, "output")
	return cmd
}

// readyView is the ready line in JSON. It holds no secret.
type readyView struct {
	Ready         bool   `json:"ready"`
	URL           string `json:"url"` // as programs on this machine reach it
	Listen        string `json:"listen"`
	Engine        string `json:"engine"`
	PrefectAPIURL string `json:"prefectApiUrl,omitempty"`
	EnvFile       string `json:"envFile,omitempty"`
}

func runStart(a *cmdutil.App, cmd *cobra.Command, f options) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	local, err := start(a, cmd, f)
	if err != nil {
		return err
	}
	if settings.Get("output") == "json" {
		view := readyView{Ready: true, URL: local.azure.URL(), Listen: local.azure.Addr().String(), Engine: f.engine, EnvFile: f.envFile}
		if local.prefect != nil {
			view.PrefectAPIURL = local.prefect.URL()
		}
		err = a.Out.JSON(view)
	} else {
		a.Out.Line("%s", readyLine(local, f))
		err = a.Stdout.Lost() // whoever waits for the line would wait for ever
	}
	if f.envFile != "" && a.Out.Terminal() && settings.Get("output") != "json" {
		path, _ := filepath.Abs(a.Path(f.envFile)) // a shell looks for a plain name in PATH
		a.Say.Status("in another shell: . " + cmdutil.ShellWord(path) + "; then, for example: pacific run -- echo hello")
	}
	if err == nil {
		<-ctx.Done()
	}
	if closed := local.Close(); closed != nil {
		return fmt.Errorf("ending the emulator: %w", closed)
	}
	if _, signalled := context.Cause(ctx).(*cmdutil.SignalError); signalled {
		return nil // the ordinary end
	}
	if err != nil {
		return fmt.Errorf("printing that the local Azure is ready: %w", err)
	}
	return nil
}

func readyLine(local *local, f options) string {
	line := fmt.Sprintf("ready: local Azure at http://%s, engine %s", local.azure.Addr(), f.engine)
	if local.prefect != nil {
		line += ", Prefect API at " + local.prefect.URL()
	}
	if f.envFile != "" {
		return line + ", environment in " + f.envFile
	}
	return line + " (--env-file FILE writes the environment that clients need)"
}
