package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// place is where the demo happens: a local Azure, a Prefect API, and a folder that is home to its command lines.
type place struct {
	azure  *azureemulator.Local
	own    *prefectemulator.Local // nil with a server of the user's
	folder string
	// env is all that a command line of the demo sees of an environment.
	env    map[string]string
	client *prefect.Client
}

// envFile is in the place's folder.
const envFile = "demo.env"

// inherited are the variables of the user's that the demo's command lines see too: how programs are found, where files go,
// and how this machine reaches others. Those of Azure, of Pacific and of profiles are left out.
var inherited = []string{"PATH", "PATHEXT", "SystemRoot", "ComSpec", "TMPDIR", "TEMP", "TMP", "LANG", "DOCKER_HOST"}

// newPlace makes the folder, and starts nothing.
func newPlace(a *cmdutil.App) (*place, error) {
	p := &place{env: map[string]string{}}
	var err error
	if p.folder, err = os.MkdirTemp("", "pacific-demo-"); err != nil {
		return nil, cmdutil.WithHint(fmt.Errorf("making a folder for the demo: %w", err), "set TMPDIR to a folder that can be written to")
	}
	a.SetAbandon(func() { _ = p.close() })
	p.inherit(a)
	return p, nil
}

// start starts what the demo needs, on free ports of the loopback.
func (p *place) start(ctx context.Context, a *cmdutil.App, engine string) (err error) {
	start := azureemulator.StartOptions{Listen: "127.0.0.1:0", LookupEnv: a.Env.LookupEnv}
	start.Log = a.EmulatorLog()
	start.ResourceGroup = azureemulator.DefaultResourceGroup
	start.Settings = []byte(`{"retryAfter":"100ms"}`)
	if err := a.ChooseEngine(ctx, cmdutil.EngineFlags{Engine: engine}, &start); err != nil {
		return err
	}
	if p.azure, err = azureemulator.Start(ctx, start); err != nil {
		return fmt.Errorf("starting the local Azure: %w", err)
	}
	variables := p.azure.Environment()
	if p.env["PREFECT_API_URL"] == "" {
		if p.own, err = prefectemulator.Start(ctx, prefectemulator.StartOptions{Listen: "127.0.0.1:0"}); err != nil {
			return fmt.Errorf("starting the Prefect API: %w", err)
		}
		variables = append(variables, azureemulator.Variable{Name: "PREFECT_API_URL", Value: p.own.URL()})
	}
	for _, v := range variables {
		p.env[v.Name] = v.Value
	}
	if err := azureemulator.WriteEnvFile(p.envFile(), variables); err != nil {
		return err
	}
	return p.openClient()
}

// inherit takes what is needed of the user's environment, and all of Prefect's settings if they name a server.
func (p *place) inherit(a *cmdutil.App) {
	for _, name := range inherited {
		if value, ok := a.Env.LookupEnv(name); ok {
			p.env[name] = value
		}
	}
	// A folder of its own, so that no profile and no login of the user's is read or written.
	for _, name := range []string{"HOME", "USERPROFILE"} {
		p.env[name] = p.folder
	}
	for _, name := range serverSettings {
		if value, _ := a.Env.LookupEnv("PREFECT_API_URL"); value == "" {
			return
		}
		if value, ok := a.Env.LookupEnv(name); ok {
			p.env[name] = value
		}
	}
}

// serverSettings are the variables that say how a server of the user's is reached.
var serverSettings = []string{
	"PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_CLIENT_CUSTOM_HEADERS", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED",
	"PREFECT_API_SSL_CERT_FILE", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "PREFECT_CLOUD_API_URL",
}

// openClient makes a client for what no command line shows: states, and what is to be deleted at the end.
func (p *place) openClient() error {
	app := cmdutil.NewApp(p.environment(&call{args: []string{}}))
	settings, err := app.PrefectSettings(&cobra.Command{})
	if err != nil {
		return err
	}
	p.client, err = app.PrefectClient(settings, nil)
	return err
}

func (p *place) envFile() string { return filepath.Join(p.folder, envFile) }

// close ends all of it: containers, ports, files. Idempotent.
func (p *place) close() error {
	var failed []error
	if p.azure != nil {
		failed = append(failed, p.azure.Close())
	}
	if p.own != nil {
		failed = append(failed, p.own.Close())
	}
	if p.folder != "" {
		failed = append(failed, os.RemoveAll(p.folder))
	}
	return errors.Join(failed...)
}

// call is a command line, and what it printed.
type call struct {
	args           []string
	dir            string // below the place's folder
	stdin          string
	stdout, stderr buffer
	code           int
}

// environment is what a command line of the demo sees.
func (p *place) environment(c *call) cmdutil.Env {
	return cmdutil.Env{
		Args: c.args, Stdin: strings.NewReader(c.stdin), Stdout: &c.stdout, Stderr: &c.stderr, Dir: filepath.Join(p.folder, c.dir),
		LookupEnv: func(name string) (string, bool) {
			value, ok := p.env[name]
			return value, ok
		},
		Environ: func() (all []string) {
			for _, name := range slices.Sorted(maps.Keys(p.env)) {
				all = append(all, name+"="+p.env[name])
			}
			return all
		},
		Terminal: func(any) bool { return false },
	}
}

// command runs a command line of Pacific's in the place.
func (s *story) command(ctx context.Context, c *call) { c.code = s.run(ctx, s.environment(c)) }

// must runs a command line that has to succeed, and returns its standard output.
func (s *story) must(ctx context.Context, stdin string, args ...string) (string, error) {
	c := &call{args: args, stdin: stdin}
	if s.command(ctx, c); c.code != cmdutil.ExitOK {
		return "", c.failed(ctx)
	}
	return c.stdout.String(), nil
}

// failed is the error of a command line: what it said itself.
func (c *call) failed(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	why, hint := fmt.Sprintf("exit code %d", c.code), ""
	for line := range strings.Lines(c.stderr.String()) {
		if said, ok := strings.CutPrefix(line, "pacific: error: "); ok {
			why, hint = strings.TrimSpace(said), ""
		} else if said, ok := strings.CutPrefix(line, "pacific: hint: "); ok && hint == "" {
			hint = strings.TrimSpace(said)
		}
	}
	err := fmt.Errorf("%s: %s", cmdutil.Command(c.args), why)
	if hint == "" {
		return err
	}
	return cmdutil.WithHint(err, hint)
}

// buffer is a bytes.Buffer for several goroutines: a command line's messages come from more than one.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// String is what was written until now.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}
