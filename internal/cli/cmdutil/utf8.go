package cmdutil

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TakesBytes marks a command whose arguments are names of files, or another program's: they may be any bytes.
const TakesBytes = "takes-bytes"

// CheckUTF8 refuses flags and arguments that are not UTF-8, before a command does anything with them. Most of them become
// JSON, and its encoder would put U+FFFD in the place of such bytes and say nothing. Names of files may be any bytes.
func CheckUTF8(cmd *cobra.Command, args []string) error {
	if cmd.Annotations[TakesBytes] == "" {
		for i, arg := range args {
			if err := RefuseInvalidUTF8(argumentWords(cmd, args, i), arg); err != nil {
				return err
			}
		}
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if kind, _ := pflag.UnquoteUsage(f); err != nil || kind == "file" || kind == "folder" {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			name := "--" + f.Name
			if key, _, found := strings.Cut(value, "="); found && utf8.ValidString(key) {
				name += " " + key
			}
			if err = RefuseInvalidUTF8(name, value); err != nil {
				return
			}
		}
	})
	return err
}

// argumentWords say which argument is meant; those after -- are counted as the command's own.
func argumentWords(cmd *cobra.Command, args []string, i int) string {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash >= 0 && i == dash:
		return "the command's program"
	case dash >= 0 && i > dash:
		return fmt.Sprintf("argument %d of the command", i-dash)
	case len(args) == 1:
		return "the argument of " + cmd.CommandPath()
	}
	return fmt.Sprintf("argument %d of %s", i+1, cmd.CommandPath())
}

// RefuseInvalidUTF8 refuses text that is not UTF-8. what says where it comes from; the text itself may be a secret, so the
// error does not show it.
func RefuseInvalidUTF8(what, text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return Usage(what+" must be valid UTF-8", "convert it, for example with iconv -f latin1 -t utf-8; give other data as Base64")
}

// hasUTF16Mark reports whether a file says that it is UTF-16, which readers of YAML take.
func hasUTF16Mark(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))
}
