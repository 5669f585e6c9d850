package job

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/jobfile"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/spf13/cobra"
)

// runInput is a run's command line, read and understood.
type runInput struct {
	flags    *runFlags
	settings *config.Config
	// given reports whether a flag was on the command line.
	given func(name string) bool
	// command is what stands after "--".
	command []string
	// block is --block's job and place; nil without one.
	block *jobtemplate.Plan
}

// buildJob builds the job: --file's or --block's, with the flags laid over it.
func buildJob(ctx context.Context, a *cmdutil.App, in runInput) (aci.Job, error) {
	job, err := readJobFile(ctx, a, in.flags.file)
	if err != nil {
		return aci.Job{}, err
	}
	if in.block != nil {
		job = in.block.Job
	}
	if len(in.command) > 0 {
		job.Command = in.command
	}
	fromSettings(&job, in.settings)
	if err := sizes(&job, in); err != nil {
		return aci.Job{}, err
	}
	if err := environment(ctx, a, &job, in.flags); err != nil {
		return aci.Job{}, err
	}
	if err := registry(ctx, a, &job, in.flags); err != nil {
		return aci.Job{}, err
	}
	if err := places(&job, in.flags); err != nil {
		return aci.Job{}, err
	}
	return job, job.Validate()
}

func readJobFile(ctx context.Context, a *cmdutil.App, name string) (aci.Job, error) {
	if name == "" {
		return aci.Job{}, nil
	}
	from, err := a.OpenInput(ctx, name)
	switch {
	case ctx.Err() != nil:
		return aci.Job{}, context.Cause(ctx)
	case err != nil:
		return aci.Job{}, cmdutil.Usage("--file: "+err.Error(), "")
	}
	defer from.Close()
	if name == "-" {
		name = "standard input"
	}
	job, err := jobfile.Read(from)
	switch {
	case ctx.Err() != nil:
		return aci.Job{}, context.Cause(ctx)
	case err != nil:
		return aci.Job{}, &cmdutil.JobFileError{Name: name, Err: err}
	}
	return job, nil
}

// fromSettings takes image and location. A flag wins over --file; what stands
// in the environment or pacific.toml is meant for jobs that say nothing.
func fromSettings(job *aci.Job, settings *config.Config) {
	set := func(field *string, name string, said bool) {
		v := settings.Value(name)
		if v.Value != "" && (v.Origin == config.FromFlag || !said) {
			*field = v.Value
		}
	}
	set(&job.Image, "image", job.Image != "" || job.Base != nil)
	set(&job.Location, "location", job.Location != "")
}

// sizes lays the plain flags over the job.
func sizes(job *aci.Job, in runInput) error {
	f := in.flags
	for _, n := range []struct {
		flag  string
		value float64
		field *float64
	}{{"cpu", f.cpu, &job.CPU}, {"memory", f.memory, &job.MemoryGB}} {
		if !in.given(n.flag) {
			continue
		}
		if !(n.value > 0) { // NaN too
			return cmdutil.Usage(fmt.Sprintf("--%s is %v: it must be more than 0", n.flag, n.value), "")
		}
		*n.field = n.value
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
		field *time.Duration
	}{{"start-timeout", f.startTimeout, &job.StartTimeout}, {"timeout", f.timeout, &job.Timeout}, {"stop-grace", f.stopGrace, &job.StopGrace}} {
		if !in.given(d.flag) {
			continue
		}
		if d.value < 0 {
			return cmdutil.Usage(fmt.Sprintf("--%s is %s: it must not be negative", d.flag, d.value), "")
		}
		*d.field = d.value
	}
	if in.given("stop-grace") && f.stopGrace == 0 {
		job.StopGrace = time.Nanosecond // a job's zero means its default, and none was meant
	}
	if in.given("gpu-count") {
		if f.gpuCount <= 0 {
			return cmdutil.Usage(fmt.Sprintf("--gpu-count is %d: it must be 1 or more", f.gpuCount), "leave it out for a job without GPUs")
		}
		job.GPUCount = f.gpuCount
	}
	overlay(&job.Name, f.name)
	overlay(&job.Entrypoint, f.entrypoint)
	overlay(&job.GPUSKU, f.gpuSKU)
	if in.given("keep") {
		job.Keep = aci.Keep(f.keep)
	}
	return nil
}

func overlay(field *string, flag string) {
	if flag != "" {
		*field = flag
	}
}

// environment lays the variables of files and flags over the job's. Files come
// first, so that a flag can change one value of a file.
func environment(ctx context.Context, a *cmdutil.App, job *aci.Job, f *runFlags) error {
	plain, secret := map[string]string{}, map[string]string{}
	for _, files := range []struct {
		flag   string
		names  []string
		into   map[string]string
		secret bool
	}{{"--env-file", f.envFiles, plain, false}, {"--secret-env-file", f.secretEnvFiles, secret, true}} {
		for _, name := range files.names {
			values, err := a.ReadEnvFile(files.flag, name, files.secret)
			if err != nil {
				return err
			}
			maps.Copy(files.into, values)
		}
	}
	flags, err := cmdutil.Pairs("--env", f.env)
	if err != nil {
		return err
	}
	maps.Copy(plain, flags)
	for _, name := range f.secretEnv {
		value, err := secretValue(ctx, a, name)
		if err != nil {
			return err
		}
		secret[name] = value
	}
	for name := range plain {
		if _, both := secret[name]; both {
			return cmdutil.Usage(fmt.Sprintf("%s is given as an ordinary and as a secret variable", name), "leave it out of --env or --env-file")
		}
	}
	// The command line wins over --file even where it changes which of the
	// two kinds a variable is.
	job.Env = cmdutil.Without(job.Env, secret)
	job.SecureEnv = cmdutil.Without(job.SecureEnv, plain)
	job.Env = cmdutil.Merged(job.Env, plain)
	job.SecureEnv = cmdutil.Merged(job.SecureEnv, secret)
	return nil
}

// secretValue takes a variable from Pacific's own environment. It never
// repeats what was given: somebody may have written the value there.
func secretValue(ctx context.Context, a *cmdutil.App, name string) (string, error) {
	if key, _, found := strings.Cut(name, "="); found {
		return "", cmdutil.Usage(
			"--secret-env takes a name, not name=value: other users can read a program's arguments",
			fmt.Sprintf("set %s in the environment and give --secret-env %s", key, key))
	}
	value, set := a.Env.LookupEnv(name)
	if !set && a.CanAskSecret() {
		return a.AskSecret(ctx, "value of "+name)
	}
	if !set {
		return "", cmdutil.Usage(fmt.Sprintf("--secret-env %s: no such variable in the environment", name),
			fmt.Sprintf("export %s first, or use --secret-env-file", name))
	}
	return value, nil
}

// pipePassword says how a password is given.
const pipePassword = `pipe it into the same command: printf %s "$PASSWORD" | …`

// registry lays the flags of the one registry that they can name over the
// job's list, in the place of the same server.
func registry(ctx context.Context, a *cmdutil.App, job *aci.Job, f *runFlags) error {
	r := aci.Registry{Server: f.registryServer, Username: f.registryUsername, Identity: f.registryIdentity}
	wrong := func(problem, hint string) error { return cmdutil.Usage(problem, hint) }
	const forms = "--registry-server HOST with --registry-username USER --registry-password-stdin, or with --registry-identity ID"
	switch {
	case r == aci.Registry{} && !f.registryPasswordStdin:
		return nil
	case r.Server == "":
		return wrong("--registry-server is missing", forms)
	case r.Identity != "" && (r.Username != "" || f.registryPasswordStdin):
		return wrong("--registry-identity and a user name with password cannot be used together", forms)
	case r.Identity == "" && r.Username == "" && !f.registryPasswordStdin:
		return wrong("--registry-server needs a user name and password, or an identity", forms)
	case r.Username != "" && !f.registryPasswordStdin && !a.CanAskSecret():
		return wrong("--registry-username needs --registry-password-stdin", pipePassword)
	case r.Username == "" && f.registryPasswordStdin:
		return wrong("--registry-password-stdin needs --registry-username", forms)
	}
	if r.Username != "" {
		var err error
		if a.CanAskSecret() {
			r.Password, err = a.AskSecret(ctx, fmt.Sprintf("password of %s at %s", r.Username, r.Server))
		} else {
			r.Password, err = a.SecretFromStdin(ctx, "--registry-password-stdin", pipePassword)
		}
		if err != nil {
			return err
		}
	}
	job.Registries = slices.DeleteFunc(slices.Clone(job.Registries), func(have aci.Registry) bool {
		return strings.EqualFold(have.Server, r.Server)
	})
	job.Registries = append(job.Registries, r)
	return nil
}

// places lays lists over the job: a list that is given replaces the file's.
func places(job *aci.Job, f *runFlags) error {
	for _, l := range []struct {
		given []string
		field *[]string
	}{{f.identities, &job.Identities}, {f.subnets, &job.SubnetIDs}, {f.dns, &job.DNSServers}} {
		if len(l.given) > 0 {
			*l.field = l.given
		}
	}
	tags, err := cmdutil.Pairs("--tag", f.tags)
	if err != nil {
		return err
	}
	job.Tags = cmdutil.Merged(job.Tags, tags)
	return nil
}

// commandAfterDashes takes what stands after "--" and refuses words before it:
// without the dashes a mistyped flag of the job would become one of ours.
func commandAfterDashes(cmd *cobra.Command, args []string) ([]string, error) {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		dash = len(args)
	}
	if dash > 0 {
		return nil, cmdutil.Usage(fmt.Sprintf("%s: %q comes before --", cmd.CommandPath(), args[0]),
			fmt.Sprintf("put -- before the command: %s [flags] -- %s", cmd.CommandPath(), strings.Join(args, " ")))
	}
	return args, nil
}
