package cmdutil

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Command is a command line of Pacific's that a hint names: the words after
// "pacific". hints.go has all of them.
type Command []string

// String is the command line as a shell takes it.
func (c Command) String() string {
	words := []string{"pacific"}
	for _, word := range c {
		words = append(words, ShellWord(word))
	}
	return strings.Join(words, " ")
}

// carried are the flags that say where and as whom a command works. A command in a hint gets those of the call that it
// knows too, so that it finds what the call found.
var carried = append(slices.Clone(accountNames), "profile")

// with adds the flags of a call that say where and as whom, unless c has them already. call may be nil.
func (c Command) with(call *cobra.Command) Command {
	if call == nil || slices.Contains(c, "--help") {
		return c
	}
	target, rest, err := call.Root().Find(c)
	if err != nil {
		return c
	}
	var flags Command
	call.Flags().Visit(func(given *pflag.Flag) {
		name := "--" + given.Name
		if given.Name != "profile" && FlagGroup(given) != GroupAzure {
			return // a field of a block, or a default of a pool, that has the name of a setting
		}
		if slices.Contains(carried, given.Name) && target.Flags().Lookup(given.Name) != nil && !c.has(name) {
			flags = append(flags, name, given.Value.String())
		}
	})
	return slices.Concat(c[:len(c)-len(rest)], flags, c[len(c)-len(rest):])
}

// has reports whether a flag is given, as --name VALUE or --name=VALUE.
func (c Command) has(flag string) bool {
	return slices.ContainsFunc(c, func(word string) bool { return word == flag || strings.HasPrefix(word, flag+"=") })
}

// advice is what to do about an error: words with {} in the place of each command.
type advice struct {
	text     string
	commands []Command
}

// words are the advice with its commands, which get the flags of the call.
func (a advice) words(call *cobra.Command) string {
	text := a.text
	for _, c := range a.commands {
		text = strings.Replace(text, "{}", c.with(call).String(), 1)
	}
	return text
}

// Advice puts commands into words, in the place of each {}.
func Advice(text string, commands ...Command) string { return advice{text, commands}.words(nil) }
