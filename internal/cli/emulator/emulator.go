// Package emulator has the commands that start a local Azure.
package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific emulator` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "emulator COMMAND",
		GroupID: cmdutil.GroupSetup,
		Short:   "Run a local Azure for az, Azure's SDKs and pacific",
		Example: cmdutil.Lines(
			"pacific emulator start --env-file azure.env",
			"pacific emulator run -- python -m unittest",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStart(a), newRun(a), newEnv(a))
	return cmd
}

// options are what start and run share.
type options struct {
	listen, engine, network string
	envFile, settings       string
	secret, token           string
	tunnel                  bool
	withPrefect             bool
	prefectListen           string
}

func addFlags(cmd *cobra.Command, f *options) {
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", azureemulator.DefaultListen, "`HOST:PORT` to listen on; port 0 picks a free one")
	fl.StringVar(&f.engine, "engine", "process", "where containers run: process, docker or simulate")
	fl.StringVar(&f.network, "engine-network", "", "network of docker's containers: host or bridge (default host where the engine runs on this machine)")
	fl.StringVar(&f.envFile, "env-file", "", "write the environment that clients need to this `file`, for a POSIX shell to source")
	fl.StringVar(&f.settings, "settings", "", "JSON `file` of settings (latency, quota, throttle, …) that replace the defaults")
	fl.StringVar(&f.secret, "client-secret", "", "client secret of the service principal (default: random)")
	fl.StringVar(&f.token, "control-token", "", "token of the control API (default: random)")
	fl.BoolVar(&f.tunnel, "tunnel", false, "allow connections to hosts other than Azure's")
	fl.BoolVar(&f.withPrefect, "with-prefect", false, "also serve a Prefect API in memory, for demos and tests")
	fl.StringVar(&f.prefectListen, "prefect-listen", prefectemulator.DefaultListen, "`HOST:PORT` of the Prefect API; implies --with-prefect")
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("engine", cobra.FixedCompletions([]string{"process", "docker", "simulate"}, cobra.ShellCompDirectiveNoFileComp)))
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("engine-network", cobra.FixedCompletions([]string{"host", "bridge"}, cobra.ShellCompDirectiveNoFileComp)))
}

// servesPrefect reports whether the flags ask for a Prefect API: to name its address is to ask for one.
func (f *options) servesPrefect(cmd *cobra.Command) bool {
	return f.withPrefect || cmd.Flags().Changed("prefect-listen")
}

// check says which address is malformed.
func (f *options) check() error {
	for _, address := range []struct{ flag, value, usual string }{
		{"--listen", f.listen, azureemulator.DefaultListen}, {"--prefect-listen", f.prefectListen, prefectemulator.DefaultListen},
	} {
		if _, _, err := net.SplitHostPort(address.value); err != nil {
			return cmdutil.Usage(fmt.Sprintf("%s is %q: it must be HOST:PORT", address.flag, address.value),
				fmt.Sprintf("for example %s %s, or port 0 for a free one", address.flag, address.usual))
		}
	}
	return nil
}

// start starts what the flags say, or says which of them is wrong before anything is opened.
func start(a *cmdutil.App, cmd *cobra.Command, f options) (*local, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	o := azureemulator.StartOptions{
		Options:   azureemulator.Options{ClientSecret: f.secret, ControlToken: f.token},
		Listen:    f.listen,
		Tunnel:    f.tunnel,
		LookupEnv: a.Env.LookupEnv,
	}
	o.Log = a.EmulatorLog()
	if f.settings != "" {
		text, err := readSettings(a, f.settings)
		if err != nil {
			return nil, err
		}
		o.Settings = text
	}
	if err := a.ChooseEngine(ctx, cmdutil.EngineFlags{Engine: f.engine, Network: f.network}, &o); err != nil {
		return nil, err
	}
	azure, err := azureemulator.Start(ctx, o)
	if err != nil {
		return nil, startError(f, err)
	}
	// Its folder and its containers outlive no second Ctrl-C. A Prefect API leaves nothing behind.
	a.SetAbandon(func() { _ = azure.Close() })
	warnOfStrangers(a, "the local Azure", azure.Addr().String(), "anyone who reaches it and has one of its secrets can run commands on this machine")
	local := &local{azure: azure}
	if f.servesPrefect(cmd) {
		if local.prefect, err = prefectemulator.Start(ctx, prefectemulator.StartOptions{Listen: f.prefectListen}); err != nil {
			return nil, errors.Join(startPrefectError(f, err), local.Close())
		}
		warnOfStrangers(a, "the Prefect API", f.prefectListen, "it has no sign-in")
	}
	if f.envFile != "" {
		if err := azureemulator.WriteEnvFile(a.Path(f.envFile), local.Environment()); err != nil {
			local.Close()
			return nil, err
		}
	}
	return local, nil
}

// warnOfStrangers warns where programs of other machines can connect.
func warnOfStrangers(a *cmdutil.App, what, address, why string) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		a.Say.Warning(fmt.Sprintf("%s listens on %s, which other machines may reach: %s", what, address, why))
	}
}

// startError puts an emulator that does not start into words.
func startError(f options, err error) error {
	if wrong, ok := errors.AsType[*azureemulator.FieldError](err); ok && f.settings != "" {
		return cmdutil.Usage(fmt.Sprintf("--settings %s: %v", f.settings, wrong), "docs/local-azure.md names the settings")
	}
	if taken := listenError(f.listen, err); taken != nil {
		return cmdutil.WithHint(fmt.Errorf("starting the emulator: %w", taken), "if another emulator runs there, --listen 127.0.0.1:0 picks a free port")
	}
	return fmt.Errorf("starting the emulator: %w", err)
}

// startPrefectError puts a Prefect API that does not start into words.
func startPrefectError(f options, err error) error {
	if taken := listenError(f.prefectListen, err); taken != nil {
		return cmdutil.WithHint(fmt.Errorf("starting the Prefect API: %w", taken), "if a Prefect server runs there, --prefect-listen 127.0.0.1:0 picks a free port")
	}
	return fmt.Errorf("starting the Prefect API: %w", err)
}

// listenError is that an address cannot be had; nil for other errors. A port that
// is taken must not look like an Azure that does not answer, so what package
// net says leaves the chain here.
func listenError(address string, err error) error {
	if socket, ok := errors.AsType[*net.OpError](err); ok && socket.Op == "listen" {
		return fmt.Errorf("listening on %s: %v", address, socket.Err)
	}
	return nil
}

// maxSettings is far more than all settings take.
const maxSettings = 1 << 20

func readSettings(a *cmdutil.App, name string) ([]byte, error) {
	file, err := os.Open(a.Path(name))
	if err != nil {
		return nil, cmdutil.Usage(fmt.Sprintf("reading --settings: %v", err), "it is a JSON file such as {\"latency\":{\"pull\":\"2s\"}}")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSettings+1))
	if err != nil {
		return nil, fmt.Errorf("reading --settings %s: %w", name, err)
	}
	if len(text) > maxSettings {
		return nil, cmdutil.Usage(fmt.Sprintf("--settings %s is over 1 MB", name), "it is a small JSON file such as {\"latency\":{\"pull\":\"2s\"}}")
	}
	return text, nil
}
