package cmdutil

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
)

// OnlyCommands refuses a word that is no command.
func OnlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	hint := "commands: " + strings.Join(names, ", ")
	if near := suggest.Nearest(args[0], names); near != "" {
		hint = fmt.Sprintf("did you mean %s %s?", cmd.CommandPath(), near)
	}
	return Usage(fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0]), hint)
}

// NoArguments is for commands that take flags alone.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return Usage(fmt.Sprintf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]),
		fmt.Sprintf("see %s --help", cmd.CommandPath()))
}
