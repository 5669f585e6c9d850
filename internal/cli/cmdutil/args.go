package cmdutil

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
)

// OnlyCommands refuses a word that is not a command below cmd.
func OnlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names, near []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
		near = append(append(near, c.Name()), c.Aliases...)
	}
	if len(names) == 0 {
		return Usage(fmt.Sprintf("%s has no commands below it, got %q", cmd.CommandPath(), args[0]), "see {}", Help(cmd))
	}
	slices.Sort(names)
	problem := fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0])
	if name := suggest.Nearest(args[0], near); name != "" {
		return Usage(problem, "did you mean {}?", Instead(cmd, name))
	}
	return Usage(problem, "commands: "+strings.Join(names, ", "))
}

// NoArguments is for commands that take flags alone.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return Usage(fmt.Sprintf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]),
		"see {}", Help(cmd))
}
