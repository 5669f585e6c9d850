package emulator

import (
	"fmt"
	"os"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// formats write one variable for a shell or a tool.
var formats = map[string]func(name, value string) string{
	"sh":   func(n, v string) string { return "export " + n + "='" + strings.ReplaceAll(v, "'", `'\''`) + "'" },
	"fish": func(n, v string) string { return "set -gx " + n + " '" + fishQuoted.Replace(v) + "'" },
	"powershell": func(n, v string) string {
		return "$env:" + n + " = '" + strings.ReplaceAll(v, "'", "''") + "'"
	},
	"dotenv": func(n, v string) string { return n + "=" + v },
}

// fishQuoted escapes the two characters that mean something between fish's single quotes.
var fishQuoted = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

var formatNames = []string{"sh", "fish", "powershell", "dotenv"}

func newEnv(a *cmdutil.App) *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:   "env --env-file FILE [--format F]",
		Short: "Print the environment of a running local Azure for a shell",
		Long: `Env reads the file that emulator start wrote to its --env-file, and prints its
variables for another shell: sh, fish, powershell, or dotenv (plain NAME=value
lines). It prints secrets.`,
		Example: cmdutil.Lines(
			"pacific emulator env --env-file azure.env --format fish | source",
			"pacific emulator env --env-file azure.env --format dotenv > .env",
		),
		Args: cmdutil.NoArguments,
		RunE: func(*cobra.Command, []string) error { return runEnv(a, file, format) },
	}
	cmd.Flags().StringVar(&file, "env-file", "", "`file` that emulator start wrote")
	cmd.Flags().StringVar(&format, "format", "sh", "form of the output: sh, fish, powershell or dotenv")
	cmdutil.Must(cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

func runEnv(a *cmdutil.App, file, format string) error {
	write, ok := formats[format]
	if !ok {
		return cmdutil.UnknownValue("--format", format, formatNames)
	}
	if file == "" {
		return cmdutil.Usage("emulator env needs --env-file", "give the file that the local Azure was started with: {}", cmdutil.StartEmulator())
	}
	text, err := os.ReadFile(a.Path(file))
	if err != nil {
		return fmt.Errorf("reading --env-file: %w", err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "export "), "='")
		if !ok || !strings.HasPrefix(line, "export ") || !strings.HasSuffix(value, "'") {
			return fmt.Errorf("reading --env-file %s: line %d is not of a file that emulator start wrote", file, len(lines)+1)
		}
		lines = append(lines, write(name, strings.ReplaceAll(strings.TrimSuffix(value, "'"), `'\''`, "'")))
	}
	for _, line := range lines {
		a.Out.Line("%s", line)
	}
	return nil
}
