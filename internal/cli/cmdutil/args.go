package cmdutil

import (
	"cmp"
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
	var names, aliases []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
		aliases = append(aliases, c.Aliases...)
	}
	if len(names) == 0 {
		return Usage(fmt.Sprintf("%s has no commands below it, got %q", cmd.CommandPath(), args[0]), "see {}", Help(cmd))
	}
	slices.Sort(names)
	problem := fmt.Sprintf("%s has no command %q", cmd.CommandPath(), args[0])
	// Names come first: "rn" is run, not rm, which is another name of kill.
	if name := cmp.Or(suggest.Nearest(args[0], names), suggest.Nearest(args[0], aliases)); name != "" {
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
