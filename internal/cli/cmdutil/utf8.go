package cmdutil

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
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

// plainText is the text of a file as UTF-8 without a byte order mark, as az reads files too: what PowerShell 5.1 redirects into
// one is UTF-16. Text that is not valid in the encoding of its mark is given back as it is, for [RefuseInvalidUTF8].
func plainText(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	var units []uint16
	for rest := text[2:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) == 1 {
			return text
		}
		units = append(units, order.Uint16(rest))
	}
	runes := utf16.Decode(units)
	if slices.Contains(runes, utf8.RuneError) {
		return text
	}
	return []byte(string(runes))
}
