package cmdutil

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ReadInput reads what a flag names: a file, or standard input for "-". More than limit bytes are refused.
func (a *App) ReadInput(flag, name string, limit int64) ([]byte, error) {
	from := a.Env.Stdin
	if name != "-" {
		file, err := os.Open(a.Path(name))
		if err != nil {
			return nil, Usage(flag+": "+err.Error(), "give a file, or - for standard input")
		}
		defer file.Close()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", flag, name, err)
	}
	if int64(len(text)) > limit {
		return nil, Usage(fmt.Sprintf("%s %s is over %d bytes", flag, name, limit), "such a file is much smaller: is this the right one?")
	}
	return text, nil
}

// Path finds a file that a flag names.
func (a *App) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Env.Dir, name)
}
