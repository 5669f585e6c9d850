package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewRun makes `pacific run`.
func NewRun(a *cmdutil.App) *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:     "run [flags] -- COMMAND…",
		GroupID: cmdutil.GroupJobs,
		Short:   "Run a container job and exit with its exit code",
		Long: `Run creates a container group, waits until it runs, streams its output to
standard output, deletes the group, and exits with the container's exit code.
Pacific's own messages go to standard error.

The command comes after --. It does not go through a shell, so $NAME is not
expanded; use sh -c '…' if you need that. Without a command, the image's own
command runs.

Exit codes: the container's own, 0 to 255; 124 after --timeout; 125 if Azure or
pacific failed or the job never ran; 130 after an interrupt and 143 after
SIGTERM. Both stop and delete the job first; a second one quits without that.`,
		Example: cmdutil.Lines(
			`pacific run --local -- echo "hello world"`,
			`pacific run --resource-group jobs --image alpine:3 --cpu 2 --memory 4 \`,
			`    -- sh -c 'nproc; free -m'`,
			`pacific run --secret-env API_KEY --image me.azurecr.io/job:1 \`,
			`    --registry-server me.azurecr.io --registry-identity "$ID" -- ./job`,
			`pacific run --file job.yaml --timeout 1h --output json`,
			`pacific run --file job.yaml --dry-run`,
			`pacific run --block azure-container-instance-job/aci --cpu 2 -- python etl.py`,
		),
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{cmdutil.OwnsExitCodes: "yes", cmdutil.PrintsResult: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(a, cmd, f, args)
		},
	}
	addRunFlags(cmd, f)
	cmdutil.CompleteFlag(cmd, "block", a.BlockNames(cmdutil.SlugACIJob))
	cmdutil.CompleteFlag(cmd, "profile", a.ProfileNames)
	cmdutil.AddSettings(cmd, append(cmdutil.AzureSettings(), "location", "image", "engine")...)
	cmdutil.InGroup(cmd, cmdutil.GroupContainer, "image")
	cmdutil.InGroup(cmd, "", "engine")
	return cmd
}

// jobRun is one run on its way.
type jobRun struct {
	a      *cmdutil.App
	in     runInput
	job    aci.Job
	target *cmdutil.Target
	json   bool
	// waitAgain is the call of wait that this is, once more; nil for a run.
	waitAgain cmdutil.Command
}

func run(a *cmdutil.App, cmd *cobra.Command, f *runFlags, args []string) error {
	ctx := cmd.Context()
	command, err := commandAfterDashes(cmd, args)
	if err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	in := runInput{flags: f, settings: settings, given: cmd.Flags().Changed, command: command}
	if err := contradictions(in); err != nil {
		return err
	}
	if err := fromBlock(a, cmd, &in); err != nil {
		return err
	}
	job, err := buildJob(ctx, a, in)
	if err != nil {
		return err
	}
	r := &jobRun{a: a, in: in, job: job, json: settings.Get("output") == "json"}
	switch {
	case f.dryRun:
		return r.preview()
	case f.local:
		return r.local(ctx)
	}
	return r.remote(ctx)
}

// contradictions refuses flags that cannot both be meant.
func contradictions(in runInput) error {
	f := in.flags
	refuse := func(problem, hint string) error { return cmdutil.Usage(problem, hint) }
	if f.file == "-" && f.registryPasswordStdin {
		return refuse("--file - and --registry-password-stdin both read standard input", "write the job to a file, or leave one of the two out")
	}
	if in.given("keep") && !slices.Contains(keeps, f.keep) {
		return cmdutil.UnknownValue("--keep", f.keep, keeps)
	}
	if !f.local {
		if in.given("engine") {
			return refuse("--engine is for --local: on Azure, Azure runs the container", "")
		}
		if in.given("mount") {
			return refuse("--mount is for --local: a container in Azure cannot reach a folder of this machine", "put the files into the image, or add --local")
		}
		if f.detach && in.given("keep") {
			return refuse("--detach leaves the container group, so --keep means nothing", "leave one of the two out: kill and gc delete it later")
		}
		return nil
	}
	if f.detach {
		return refuse("--local and --detach: the local Azure ends with this command, and its containers with it", "")
	}
	if in.given("keep") && f.keep != string(aci.KeepNever) {
		return refuse("--local and --keep "+f.keep+": the local Azure leaves nothing behind", "")
	}
	for _, name := range cmdutil.AccountSettings() {
		if in.given(name) {
			return refuse(fmt.Sprintf("--local and --%s: the local Azure has its own account", name), "leave one of the two out")
		}
	}
	return nil
}

func (r *jobRun) preview() error {
	location := r.in.settings.Get("location")
	text, err := aci.Preview(r.job, location)
	if err != nil {
		return err
	}
	if _, warnings, err := r.job.ContainerGroup(location); err == nil {
		for _, w := range warnings {
			r.newProgress().definition(w)
		}
	}
	r.a.Out.Line("%s", strings.TrimRight(string(text), "\n"))
	return nil
}

// remote runs the job on the Azure of the settings.
func (r *jobRun) remote(ctx context.Context) error {
	p := r.newProgress()
	t, err := r.a.OpenWith(ctx, r.in.settings)
	if err != nil {
		return err
	}
	r.target = t
	r.job.Events = p.event
	p.here, p.where = cmdutil.HereFlags(r.in.settings), cmdutil.WhereFlags(r.in.settings, t.Subscription)
	if r.in.flags.detach {
		return r.detach(ctx)
	}
	return r.watch(ctx, p)
}

func (r *jobRun) newProgress() *progress {
	p := newProgress(r.a, r.in.flags.quiet)
	p.exists = func(group string) {
		if group == "" {
			r.a.SetLeftover("")
		} else if !r.in.flags.local {
			r.a.SetLeftover(cmdutil.Advice("delete it with: {}", cmdutil.KillJob(p.where, group)))
		}
	}
	return p
}

// outputError ends a job whose output goes nowhere any more.
type outputError struct{ err error }

// Error tells a reader that went away from, say, a full disk.
func (e *outputError) Error() string {
	if cmdutil.IsClosedPipe(e.err) {
		return "standard output was closed"
	}
	return "standard output cannot be written: " + e.err.Error()
}

func (e *outputError) Unwrap() error { return e.err }

// watch runs the job to its end and exits as it did.
func (r *jobRun) watch(ctx context.Context, p *progress) error {
	defer context.AfterFunc(ctx, func() {
		if _, ok := errors.AsType[*cmdutil.SignalError](context.Cause(ctx)); ok {
			p.say("%v: stopping and deleting the job; press Ctrl-C again to quit without cleaning up", context.Cause(ctx))
		}
	})()
	return r.follow(ctx, p, func(ctx context.Context, output io.Writer) (*aci.Result, error) {
		r.job.Output = output
		result, err := r.target.Client.Run(ctx, r.job)
		if result == nil && errors.Is(err, aci.ErrTimeout) {
			err = cmdutil.WithHint(err, longer)
		}
		return result, nameTaken(err, p.here)
	})
}

// follow says what a job does, tells its result and exits as it did.
func (r *jobRun) follow(ctx context.Context, p *progress, job func(context.Context, io.Writer) (*aci.Result, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	output := &lastByte{w: r.a.Stdout, begins: p.outputBegins, failed: func(err error) {
		p.outputSaid.Store(true)
		cancel(&outputError{err})
	}}
	stopShowing := p.show()
	result, err := job(ctx, output)
	stopShowing()
	r.a.SetLeftover("")
	if result == nil {
		return err
	}
	code := runCode(ctx, result)
	if r.json {
		if output.open {
			r.a.Out.Line("")
		}
		if err := r.a.Out.JSON(viewOf(result, code)); err != nil && code == cmdutil.ExitOK {
			return err
		}
	}
	gone, outputGone := errors.AsType[*outputError](context.Cause(ctx))
	switch {
	case outputGone:
		fate := ", so the job was stopped"
		if result.Outcome == aci.OutcomeInterrupted && result.Kept {
			fate = "; the job goes on"
		}
		r.a.Say.Error(gone.Error()+fate, "")
	case r.waitAgain != nil && result.Outcome == aci.OutcomeInterrupted:
		r.a.SayError(waitAgain(&leftRunning{context.Cause(ctx)}, r.waitAgain), nil)
	case err != nil: // the result's reason is made of it
		if hint := outcomeHint(result); hint != "" {
			err = cmdutil.WithHint(err, hint)
		}
		r.a.SayError(err, nil)
	default:
		sayResult(r.a, p, result, code)
	}
	if result.Outcome == aci.OutcomeUnknown {
		r.a.Say.Hint(cmdutil.Advice("take the job up again with: {}", cmdutil.WaitForJob(p.where, result.Name)))
	}
	sayFailures(r.a, result)
	if code == cmdutil.ExitOK {
		return nil
	}
	return cmdutil.Exit(code)
}
