package job

import (
	"fmt"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// logsFlags are the flags of logs.
type logsFlags struct {
	follow, timestamps, exitCode bool
	tail                         int
}

// NewLogs makes `pacific logs`.
func NewLogs(a *cmdutil.App) *cobra.Command {
	f := &logsFlags{}
	cmd := &cobra.Command{
		Use:     "logs [-f [--exit-code]] [--tail N] [--timestamps] NAME",
		GroupID: cmdutil.GroupJobs,
		Short:   "Print a job's output",
		Long: `Logs prints what Azure still has of a job's output: up to 4 MB while it runs,
the last 16 KB once its container has stopped. With -f it prints new output
until the container ends. With --exit-code too, it then exits with the
container's exit code; it leaves the job as it is, while wait deletes it.

Output that Azure dropped before it was read is a gap. A gap is a warning, and
does not change the exit code. With --output json, the last line is an object
that has the gaps.`,
		Example: cmdutil.Lines(
			"pacific logs nightly-7f3k",
			"pacific logs -f --tail 20 nightly-7f3k",
			"pacific logs -f --exit-code nightly-7f3k",
			"pacific logs -f --output json nightly-7f3k | tail -n 1 | jq .gaps",
		),
		Args:              names(1, 1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.JobNames, 1),
		Annotations:       map[string]string{cmdutil.PrintsResult: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tail") && f.tail <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--tail is %d: it must be 1 or more", f.tail), "leave it out for all that there is")
			}
			if f.exitCode {
				cmd.Annotations[cmdutil.OwnsExitCodes] = "yes" // 1 and 2 are the job's own
			}
			if f.exitCode && !f.follow {
				return cmdutil.Usage("--exit-code needs -f: only a job that has ended has an exit code", "{}", cmdutil.FollowToExitCode(args[0]))
			}
			return runLogs(a, cmd, args[0], f)
		},
	}
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "print new output until the container ends")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "with -f: exit with the container's exit code")
	cmd.Flags().IntVarP(&f.tail, "tail", "n", 0, "only the last `N` lines of what is there (default all)")
	cmd.Flags().BoolVarP(&f.timestamps, "timestamps", "t", false, "put Azure's time before each line")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

func runLogs(a *cmdutil.App, cmd *cobra.Command, name string, f *logsFlags) error {
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	reading := newReading(name, f.follow)
	l := &logsRun{a: a, cmd: cmd, name: name, target: t, json: t.Settings.Get("output") == "json"}
	l.output = &lastByte{w: a.Stdout, begins: reading.begins, failed: func(err error) { l.outputError = (&outputError{err}).Error() }}
	shown := a.Show(reading.waiting())
	defer shown()
	err = t.Client.Logs(cmd.Context(), name, aci.LogOptions{
		Follow: f.follow, Tail: f.tail, Timestamps: f.timestamps, Output: l.output, Gap: l.gap,
		Events: func(e aci.Event) {
			reading.event(e)
			a.Waits(e)
		},
	})
	if err != nil {
		return l.failed(err)
	}
	if !f.exitCode {
		return l.ended(runView{Name: name, Outcome: outcomeRead, Kept: true}, cmdutil.ExitOK)
	}
	reading.reads("reading the end of " + name)
	return l.exitCode()
}

// logsRun is one call of logs.
type logsRun struct {
	a      *cmdutil.App
	cmd    *cobra.Command
	name   string
	target *cmdutil.Target
	json   bool
	output *lastByte

	// What the JSON has, written until Client.Logs has returned.
	gaps        []aci.Gap
	outputError string
}

func (l *logsRun) gap(g aci.Gap) {
	l.gaps = append(l.gaps, g)
	l.a.Say.Warning(gapWords(g))
}

// exitCode ends as the job ended. Wait knows how to read an end that Azure shows late; the group stays.
func (l *logsRun) exitCode() error {
	ctx := l.cmd.Context()
	result, err := l.target.Client.Wait(ctx, l.name, aci.WaitOptions{Events: l.a.Waits, Keep: aci.KeepAlways, Detach: true})
	if result == nil {
		return l.failed(err)
	}
	if err != nil {
		l.a.SayError(err, l.cmd)
	}
	code := runCode(ctx, result)
	return l.ended(viewOf(result, code), code)
}

// ended prints the result and exits with a code.
func (l *logsRun) ended(view runView, code int) error {
	if l.json {
		view.Gaps, view.OutputError, view.PacificExitCode = l.gaps, l.outputError, code
		l.endLine()
		if err := l.a.Out.JSON(view); err != nil && code == cmdutil.ExitOK {
			return err
		}
	}
	if code != cmdutil.ExitOK {
		return cmdutil.Exit(code)
	}
	return nil
}

// endLine ends an output that ended in the middle of a line, so that the JSON has a line of its own.
func (l *logsRun) endLine() {
	if l.output.open {
		l.a.Out.Line("")
	}
}

// failed is the error of a call that did not come to its end, with what FailedView prints of it.
func (l *logsRun) failed(err error) error {
	if l.json {
		l.endLine()
	}
	return &logsError{withLookUpHint(err), l}
}

// logsError is a call of logs that did not come to its end.
type logsError struct {
	err error
	run *logsRun
}

func (e *logsError) Error() string { return e.err.Error() }
func (e *logsError) Unwrap() error { return e.err }

// reading is what logs waits for: the first answer, or the first output of a job that is followed, and the last output once
// its container has ended. In between, a job may print nothing for as long as it likes.
type reading struct {
	mu    sync.Mutex
	what  string // "" for nothing
	since time.Time
	until time.Time // from then on what is not worth a line; zero: it always is
}

// firstAnswer is how long a job that is followed is waited for in words. A request that is not answered fails by then, and
// that is told.
const firstAnswer = 2 * time.Minute

func newReading(name string, follow bool) *reading {
	r := &reading{what: "reading the output of " + name, since: time.Now()}
	if follow {
		r.what, r.until = "waiting for output of "+name, r.since.Add(firstAnswer)
	}
	return r
}

func (r *reading) reads(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what, r.since, r.until = what, time.Now(), time.Time{}
}

func (r *reading) begins() { r.reads("") }

func (r *reading) event(e aci.Event) {
	if e.Kind == aci.EventFinished {
		r.reads("reading the last output of " + e.Group)
	}
}

// waiting is what is shown of it.
func (r *reading) waiting() cmdutil.Waiting {
	return cmdutil.Waiting{
		What: func() (string, string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if time.Since(r.since) < shortWait || !r.until.IsZero() && time.Now().After(r.until) {
				return "", ""
			}
			return r.what, ""
		},
		Since: func() time.Time {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.since
		},
	}
}
