package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usage writes the part of a help text that follows its description: how to call the command, examples, the commands
// below it, and its flags in their groups, no line longer than width where words can be broken.
func usage(cmd *cobra.Command, width int) error {
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, "\n%s:\n", title) }
	fmt.Fprintf(&b, "Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", wrap(cmd.UseLine(), 6, width))
	}
	if cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, "COMMAND") {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if len(cmd.Aliases) > 0 {
		section("Aliases")
		fmt.Fprintf(&b, "  %s\n", strings.Join(append([]string{cmd.Name()}, cmd.Aliases...), ", "))
	}
	if cmd.HasExample() {
		section("Examples")
		fmt.Fprintf(&b, "%s\n", cmd.Example)
	}
	for _, group := range append(cmd.Groups(), &cobra.Group{Title: "Commands:"}) {
		list := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool {
			return c.GroupID != group.ID || !c.IsAvailableCommand() && c.Name() != "help"
		})
		if len(list) == 0 {
			continue
		}
		section(strings.TrimSuffix(group.Title, ":"))
		indent := 2 + list[0].NamePadding() + 2 // of the widest command below cmd
		for _, c := range list {
			fmt.Fprintf(&b, "  %-*s%s\n", indent-2, c.Name(), wrap(c.Short, indent, width))
		}
	}
	flagUsages(&b, cmd, width)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse \"%s COMMAND --help\" to read about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

// flagUsages writes the flags: those of no group first, then group by group in the order in which groups were made.
func flagUsages(b *strings.Builder, cmd *cobra.Command, width int) {
	groups := map[string]*pflag.FlagSet{}
	var titles []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		title := cmdutil.FlagGroup(f)
		if groups[title] == nil {
			groups[title] = pflag.NewFlagSet("", pflag.ContinueOnError)
			titles = append(titles, title)
		}
		groups[title].AddFlag(f)
	})
	slices.SortFunc(titles, func(x, y string) int {
		return cmp.Compare(slices.Index(cmdutil.FlagGroups, x), slices.Index(cmdutil.FlagGroups, y))
	})
	for _, title := range titles {
		heading := "Flags"
		if title != "" {
			heading = title
		}
		fmt.Fprintf(b, "\n%s:\n%s\n", heading, strings.TrimRight(flagLines(groups[title], width), "\n"))
	}
}

// wideFlag is the longest flag that has its text beside it; longer ones have it on the next line.
const wideFlag = 26

// flagLines writes one flag after the other. The flag library's own table is as wide as its widest flag, so that little of
// 80 columns is left for words.
func flagLines(flags *pflag.FlagSet, width int) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			name += " " + value
		}
		if byDefault := defaultOf(f); byDefault != "" {
			text += " (default " + byDefault + ")"
		}
		indent := wideFlag + 4
		if len(name) > indent-2 {
			fmt.Fprintf(&b, "%s\n%s%s\n", name, strings.Repeat(" ", indent), wrap(text, indent, width))
			return
		}
		fmt.Fprintf(&b, "%-*s%s\n", indent, name, wrap(text, indent, width))
	})
	return b.String()
}

// defaultOf is a flag's default as help shows it; "" where it says nothing.
func defaultOf(f *pflag.Flag) string {
	if slices.Contains([]string{"", "false", "[]", "0", "0s"}, f.DefValue) || f.Value.Type() == "bool" {
		return ""
	}
	return f.DefValue
}

// wrap breaks a text into lines that end before width, the first of which begins at column indent.
func wrap(text string, indent, width int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		size := len([]rune(word))
		switch {
		case i == 0:
		case column+1+size > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += size
	}
	return b.String()
}
