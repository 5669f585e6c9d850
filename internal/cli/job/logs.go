package job

import (
	"fmt"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewLogs makes `pacific logs`.
func NewLogs(a *cmdutil.App) *cobra.Command {
	var follow, timestamps, exitCode bool
	var tail int
	cmd := &cobra.Command{
		Use:     "logs [-f [--exit-code]] [--tail N] [--timestamps] NAME",
		GroupID: cmdutil.GroupJobs,
		Short:   "Print a job's output",
		Long: `Logs prints what Azure still has of a job's output: up to 4 MB while it runs,
the last 16 KB once its container has stopped. With -f it prints new output
until the container ends. With --exit-code too, it then exits with the
container's exit code; it leaves the job as it is, while wait deletes it.`,
		Example: cmdutil.Lines(
			"pacific logs nightly-7f3k",
			"pacific logs -f --tail 20 nightly-7f3k",
			"pacific logs -f --exit-code nightly-7f3k",
		),
		Args:              names(1, 1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.JobNames, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tail") && tail <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--tail is %d: it must be 1 or more", tail), "leave it out for all that there is")
			}
			if exitCode {
				cmd.Annotations = map[string]string{cmdutil.OwnsExitCodes: "yes"} // 1 and 2 are the job's own
			}
			if exitCode && !follow {
				return cmdutil.Usage("--exit-code needs -f: only a job that has ended has an exit code", "{}", cmdutil.FollowToExitCode(args[0]))
			}
			return runLogs(a, cmd, args[0], aci.LogOptions{Follow: follow, Tail: tail, Timestamps: timestamps}, exitCode)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "print new output until the container ends")
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "with -f: exit with the container's exit code")
	cmd.Flags().IntVarP(&tail, "tail", "n", 0, "only the last `N` lines of what is there (default all)")
	cmd.Flags().BoolVarP(&timestamps, "timestamps", "t", false, "put Azure's time before each line")
	cmdutil.AddSettings(cmd, cmdutil.AccountSettings()...)
	return cmd
}

func runLogs(a *cmdutil.App, cmd *cobra.Command, name string, o aci.LogOptions, exitCode bool) error {
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	reading := newReading(name, o.Follow)
	o.Output = &lastByte{w: a.Stdout, begins: reading.begins}
	o.Events = func(e aci.Event) {
		reading.event(e)
		a.Waits(e)
	}
	shown := a.Show(reading.waiting())
	defer shown()
	o.Gap = func(g aci.Gap) { a.Say.Warning(gapWords(g)) }
	if err := t.Client.Logs(cmd.Context(), name, o); err != nil || !exitCode {
		return withLookUpHint(err)
	}
	reading.reads("reading the end of " + name)
	// Wait knows how to read an end that Azure shows late; the group stays.
	result, err := t.Client.Wait(cmd.Context(), name, aci.WaitOptions{Events: a.Waits, Keep: aci.KeepAlways, Detach: true})
	if result == nil {
		return withLookUpHint(err)
	}
	if err != nil {
		a.SayError(err, cmd)
	}
	if code := runCode(cmd.Context(), result); code != cmdutil.ExitOK {
		return cmdutil.Exit(code)
	}
	return nil
}

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
