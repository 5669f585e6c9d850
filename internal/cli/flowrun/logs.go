package flowrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// logsFlags are the flags of logs.
type logsFlags struct {
	follow bool
	tail   int
	level  string
}

func newLogs(a *cmdutil.App) *cobra.Command {
	f := &logsFlags{}
	cmd := &cobra.Command{
		Use:   "logs [-f] [--tail N] [--level L] RUN",
		Short: "Print a flow run's logs",
		Long: `Logs prints what Prefect has of a flow run's logs: the flow's, its tasks' and
the worker's. RUN is the run's id, or its name. With -f it prints new lines
until the run has ended; how it ended does not change the exit code. With
--output json, each line is an object.

What the container itself prints goes to the worker's standard output if the
pool's stream_output is on; pacific logs prints it, too, while the container
group exists.`,
		Example: cmdutil.Lines(
			"pacific flow-run logs frisky-fox",
			"pacific flow-run logs -f --tail 20 frisky-fox",
			"pacific flow-run logs --level error --output json frisky-fox | jq -r .message",
		),
		Args:              runs(1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.FlowRunNames(), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("tail") && f.tail <= 0 {
				return cmdutil.Usage(fmt.Sprintf("--tail is %d: it must be 1 or more", f.tail), "leave it out for all that there is")
			}
			return runLogs(a, cmd, args[0], f)
		},
	}
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "print new lines until the run has ended")
	cmd.Flags().IntVarP(&f.tail, "tail", "n", 0, "only the last `N` lines of what is there (default all)")
	cmd.Flags().StringVar(&f.level, "level", "", "only lines of this `level` and above: debug, info, warning, error, critical")
	cmdutil.CompleteFlag(cmd, "level", func(context.Context, *cobra.Command) ([]string, error) { return levelNames[:], nil })
	a.AddPrefectFlags(cmd)
	return cmd
}

// levelNames are Python's, ten apart from 10 on.
var levelNames = [...]string{"debug", "info", "warning", "error", "critical"}

// levelNumber reads the value of --level; empty: all.
func levelNumber(name string) (int, error) {
	if name == "" {
		return 0, nil
	}
	for i, level := range levelNames {
		if strings.EqualFold(level, name) {
			return 10 * (i + 1), nil
		}
	}
	return 0, cmdutil.Usage(fmt.Sprintf("--level %q is not a level", name), "levels: "+strings.Join(levelNames[:], ", "))
}

// levelWord is a level for people, as Python writes it.
func levelWord(level int) string {
	if i := level/10 - 1; level%10 == 0 && i >= 0 && i < len(levelNames) {
		return strings.ToUpper(levelNames[i])
	}
	return fmt.Sprintf("Level %d", level)
}

// logView is one line in JSON.
type logView struct {
	Timestamp time.Time `json:"timestamp"`
	// Level is Python's: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
	Level     int    `json:"level"`
	Logger    string `json:"logger"`
	Message   string `json:"message"`
	TaskRunID string `json:"taskRunId,omitempty"`
}

func runLogs(a *cmdutil.App, cmd *cobra.Command, given string, f *logsFlags) error {
	ctx := cmd.Context()
	level, err := levelNumber(f.level)
	if err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	run, err := find(ctx, p.Client, given)
	if err != nil {
		return err
	}
	query := prefect.LogQuery{FlowRunIDs: []prefect.ID{run.ID}, MinLevel: level}
	l := cmdutil.NewFlowRunLogs(p.Client, query, func(line prefect.Log) error { return printLog(a, line, p.WantsJSON()) })
	printed, err := l.Last(ctx, f.tail)
	switch {
	case err != nil:
		return err
	case f.follow: // it says how the run ended
	case printed == 0 && level > 0:
		a.Say.Status(fmt.Sprintf("%s has no logs of level %s and above; it is %s", called(run), strings.ToLower(f.level), stateWords(stateOf(run))))
		return nil
	case printed == 0:
		a.Say.Status(fmt.Sprintf("%s has no logs; it is %s", called(run), stateWords(stateOf(run))))
		return nil
	default:
		return nil
	}
	held := func(run prefect.FlowRun, why string) { a.Say.Status(called(run) + " waits: " + why) }
	return followLogs(ctx, l, &watcher{a: a, client: p.Client, answered: true, held: held}, run)
}

func printLog(a *cmdutil.App, line prefect.Log, asJSON bool) error {
	if asJSON {
		return a.Out.JSON(logView{line.Timestamp.Time, line.Level, line.Name, line.Message, string(line.TaskRunID)})
	}
	begin := fmt.Sprintf("%s | %-7s | ", line.Timestamp.Local().Format("15:04:05.000"), levelWord(line.Level))
	for text := range strings.Lines(line.Message) {
		text = strings.TrimRight(text, "\r\n")
		bare := strings.TrimLeft(text, " ")
		a.Out.Line("%s", begin+strings.Repeat(" ", len(text)-len(bare))+console.Flat(bare))
		begin = strings.Repeat(" ", len(begin)) // a traceback stays one
	}
	if line.Message == "" {
		a.Out.Line("%s", begin)
	}
	return nil
}

const (
	// logsEvery is the time between two reads of a run that is followed: Prefect's client sends its lines every two seconds.
	logsEvery = 2 * time.Second
	// quietReads is how many reads without a new line end the logs of a run that has ended.
	quietReads = 3
)

// followLogs reads on until the run has ended and nothing more comes.
func followLogs(ctx context.Context, l *cmdutil.FlowRunLogs, w *watcher, run prefect.FlowRun) error {
	type end struct {
		run prefect.FlowRun
		err error
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan end, 1)
	go func() {
		run, err := w.follow(watching, run.ID)
		ended <- end{run, err}
	}()
	defer func() {
		stop()
		if ended != nil {
			<-ended
		}
	}()
	quiet, done := 0, false
	for tick := time.NewTicker(logsEvery); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return context.Cause(ctx)
		case e := <-ended:
			ended, done, quiet = nil, true, 0
			if e.err != nil {
				tick.Stop()
				return e.err
			}
			continue
		case <-tick.C:
		}
		printed, err := l.Read(ctx)
		switch {
		case ctx.Err() != nil:
			tick.Stop()
			return context.Cause(ctx)
		case err != nil && !passes(err):
			tick.Stop()
			return err
		case err != nil || printed > 0:
			quiet = 0
		default:
			quiet++
		}
		if done && quiet >= quietReads {
			tick.Stop()
			return nil
		}
	}
}
