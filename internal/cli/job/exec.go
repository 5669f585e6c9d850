package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// NewExec makes `pacific exec`.
func NewExec(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "exec NAME -- CMD…",
		GroupID: cmdutil.GroupJobs,
		Short:   "Run another command in a running job's container",
		Long: `Exec runs a command in the container of a running job. On a terminal, every key
goes to that command, including Ctrl-C; only Ctrl-] leaves the session. The end
of piped input reaches the command as Ctrl-D. The command sees the size that the
terminal has at the start; Azure cannot pass on a later change.

Azure splits the command at spaces, ignores quotes, and does not report an exit
code. Exec exits with 0 when the command has ended, even if the command failed.`,
		Example: cmdutil.Lines(
			"pacific exec nightly-7f3k -- /bin/sh",
			"pacific exec nightly-7f3k -- ls -l /tmp",
		),
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cmdutil.CompleteArgs(a.JobNames, 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runExec(a, cmd, args) },
	}
	// Azure's exec always has input and a terminal; docker's habit -it is taken and means what happens anyway.
	cmd.Flags().BoolP("interactive", "i", true, "pass standard input on (always so)")
	cmd.Flags().BoolP("tty", "t", true, "use a terminal (always so)")
	cmdutil.AddSettings(cmd, cmdutil.AccountSettings()...)
	return cmd
}

func runExec(a *cmdutil.App, cmd *cobra.Command, args []string) error {
	name, command, err := execArguments(cmd, args)
	if err != nil {
		return err
	}
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	ctx, leave := context.WithCancelCause(cmd.Context())
	defer leave(nil)
	o := aci.ExecOptions{Command: command, Stdin: a.Env.Stdin, Output: a.Stdout, Events: a.Waits}
	restore, err := rawTerminal(a, &o, func() { leave(errLeft) })
	if err != nil {
		return err
	}
	shown := a.Show(cmdutil.WaitFor("connecting to " + name))
	o.Events = func(e aci.Event) {
		if e.Kind == aci.EventAttached {
			shown()
		}
		a.Waits(e)
	}
	err = t.Client.Exec(ctx, name, o)
	shown()
	restore()
	if errors.Is(context.Cause(ctx), errLeft) {
		a.Say.Status("left the session; its command ends with it")
		return nil
	}
	return withLookUpHint(err)
}

func execArguments(cmd *cobra.Command, args []string) (name, command string, err error) {
	dash := cmd.ArgsLenAtDash()
	const form = "give the job's name, then --, then the command; see {}"
	switch {
	case dash < 0:
		return "", "", cmdutil.Usage("pacific exec needs -- before the command", form, cmdutil.Help(cmd))
	case dash != 1 || args[0] == "":
		return "", "", cmdutil.Usage(fmt.Sprintf("pacific exec needs one name before --, got %d", dash), form, cmdutil.Help(cmd))
	case len(args) == 1:
		return "", "", cmdutil.Usage("pacific exec needs a command after --", form, cmdutil.Help(cmd))
	}
	for _, arg := range args[1:] {
		if arg == "" || strings.ContainsAny(arg, " \t\r\n") {
			return "", "", cmdutil.Usage(fmt.Sprintf("the argument %q is empty or contains a space: Azure splits the command at spaces and ignores quotes", arg),
				"run /bin/sh and type the command there: {}", cmdutil.OpenShell(args[0]))
		}
	}
	return args[0], strings.Join(args[1:], " "), nil
}

// rawTerminal passes every key on as it is pressed, where a person sits at
// both ends; the escape key alone calls leave instead. What it returns puts the
// terminal back.
func rawTerminal(a *cmdutil.App, o *aci.ExecOptions, leave func()) (restore func(), err error) {
	in, isFile := a.Env.Stdin.(*os.File)
	if !isFile || !a.Env.Terminal(a.Env.Stdin) || !a.Env.Terminal(a.Env.Stdout) {
		return func() {}, nil
	}
	if out, isFile := a.Env.Stdout.(*os.File); isFile {
		if cols, rows, err := term.GetSize(int(out.Fd())); err == nil {
			o.Rows, o.Cols = rows, cols
		}
	}
	a.Say.Status("Ctrl-] leaves the session")
	o.Stdin = &escapable{r: in, left: leave}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("preparing the terminal: %w", err)
	}
	return func() { _ = term.Restore(int(in.Fd()), state) }, nil
}
