package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError turns what the flag library says into a UsageError with a hint.
func flagError(cmd *cobra.Command, err error, args []string) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && cmd.HasSubCommands() {
		// The flag may well be right for the command that was meant.
		if word := wordBefore(cmd, args, e.GetSpecifiedName()); word != "" {
			return cmdutil.OnlyCommands(cmd, []string{word})
		}
	}
	problem, hint := err.Error(), "see {}"
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if near := flagsLike(cmd, e); near != "" {
			hint = near
		}
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if rule, want := valueRule(e.GetFlag().Value.Type()); rule != "" {
			if errors.Is(err, cmdutil.ErrNotPositive) {
				rule = cmdutil.ErrNotPositive.Error()
			}
			// The library's own words end with those of package strconv, which are for programmers.
			problem = fmt.Sprintf("invalid argument %q for %q flag: %s", e.GetValue(), "--"+e.GetFlag().Name, rule)
			hint = want
		}
	}
	return cmdutil.Usage(cmd.CommandPath()+": "+problem, hint, cmdutil.Help(cmd))
}

// wordBefore is the first word after the names of cmd and those above it that stands before a flag; "" if there is none.
func wordBefore(cmd *cobra.Command, args []string, flag string) string {
	depth := strings.Count(cmd.CommandPath(), " ")
	for _, arg := range args {
		switch {
		case strings.HasPrefix(arg, "-"):
			if strings.TrimLeft(arg, "-") == flag || strings.HasPrefix(strings.TrimLeft(arg, "-"), flag+"=") {
				return ""
			}
		case depth > 0:
			depth--
		default:
			return arg
		}
	}
	return ""
}

// flagsLike says which flags may be meant by one that does not exist; "" if
// none comes near. Few flags here have a short form, so those of other tools
// (-n, -g) get the long ones that begin with the letter.
func flagsLike(cmd *cobra.Command, e *pflag.NotExistError) string {
	var names, begin []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if e.GetSpecifiedShortnames() == "" {
		if near := suggest.Nearest(e.GetSpecifiedName(), names); near != "" {
			return fmt.Sprintf("did you mean --%s?", near)
		}
		return ""
	}
	for _, name := range names {
		if strings.HasPrefix(name, e.GetSpecifiedName()) {
			begin = append(begin, "--"+name)
		}
	}
	if len(begin) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(begin, " or ") + "?"
}

// valueRule says what is wrong with a value that a flag of a type cannot
// take, and what to give; "" for types whose own words are good enough.
func valueRule(kind string) (rule, want string) {
	switch kind {
	case "duration":
		return "it is not a duration", "give a number with a unit, such as 90s, 5m or 1h30m; a day is 24h"
	case "lifetime":
		return "it is not a length of time", "give days such as 90d, or hours such as 2160h"
	case "float64":
		return "it is not a number", "give a plain number without a unit, such as 2 or 0.5"
	case "int":
		return "it is not a whole number", "give a number such as 20"
	}
	return "", ""
}
