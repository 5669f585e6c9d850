package cli

import (
	"fmt"
	"io"
	"os"
)

// readInput reads what a flag names: a file, or standard input for "-". More than limit bytes are refused.
func (a *app) readInput(flag, name string, limit int64) ([]byte, error) {
	from := a.world.Stdin
	if name != "-" {
		file, err := os.Open(a.path(name))
		if err != nil {
			return nil, &usageError{flag + ": " + err.Error(), "give a file, or - for standard input"}
		}
		defer file.Close()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", flag, name, err)
	}
	if int64(len(text)) > limit {
		return nil, &usageError{fmt.Sprintf("%s %s is over %d bytes", flag, name, limit), "it is much more than such a file takes: is it the right one?"}
	}
	return text, nil
}
