package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/pacific-aci/pacific/internal/readfile"
	"github.com/pacific-aci/pacific/internal/suggest"
)

type fileValue struct {
	text string
	file string
	line int
}

// FileError is a mistake in pacific.toml.
type FileError struct {
	// File is the file as people know it: pacific.toml for the one in the working folder, else its path.
	File string
	// Line is 1-based, 0 when the mistake is the file's as a whole.
	Line int
	// Problem is what is wrong.
	Problem string
	hint    string
}

// Error names the file, the line and the problem; the hint is not in it.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading %s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("reading %s line %d: %s", e.File, e.Line, e.Problem)
}

// Hint says what to write instead; "" for nothing.
func (e *FileError) Hint() string { return e.hint }

// readFiles reads the person's own settings file and, over it, the one of the folder. That there is none is no error.
func readFiles(src Sources) (map[string]fileValue, error) {
	values := map[string]fileValue{}
	if path := UserFile(src.LookupEnv); path != "" {
		own, err := readFile(path, path)
		if err != nil {
			return nil, err
		}
		maps.Copy(values, own)
	}
	near, err := readFile(filepath.Join(src.Dir, FileName), FileName)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, near)
	return values, nil
}

// UserFile is the path of the person's own settings file: pacific/pacific.toml in XDG_CONFIG_HOME, else in ~/.config, on
// Windows in %AppData%. It is "" where the environment names no absolute folder; the file need not exist.
func UserFile(lookup func(string) (string, bool)) string {
	if lookup == nil {
		return ""
	}
	folder := func(variable string, below ...string) string {
		base, _ := lookup(variable)
		if !filepath.IsAbs(base) {
			return "" // the XDG specification has relative paths ignored
		}
		return filepath.Join(append(append([]string{base}, below...), "pacific", FileName)...)
	}
	if path := folder("XDG_CONFIG_HOME"); path != "" {
		return path
	}
	if runtime.GOOS == "windows" {
		return folder("AppData")
	}
	return folder("HOME", ".config")
}

// readFile reads the settings file at path, which messages call name.
func readFile(path, name string) (map[string]fileValue, error) {
	text, err := readfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &FileError{File: name, Problem: err.Error()}
	}
	values, err := parse(string(text), name)
	if err != nil {
		return nil, err
	}
	return values, refuseLooseSecrets(path, name, values)
}

// parse reads the text of the settings file that is called file: flat, `name = "value"` a line.
func parse(text, file string) (map[string]fileValue, error) {
	var raw map[string]any
	if _, err := toml.Decode(text, &raw); err != nil {
		if p, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, &FileError{file, p.Position.Line, strings.TrimSpace(p.Message), `write name = "value" on each line, the value in quotes`}
		}
		return nil, &FileError{File: file, Problem: err.Error()}
	}
	known := table
	values := make(map[string]fileValue, len(raw))
	var wrong []*FileError
	for name, value := range raw {
		line := lineOf(text, name)
		if !slices.ContainsFunc(known, func(s Setting) bool { return s.Name == name }) {
			wrong = append(wrong, unknown(file, name, line))
			continue
		}
		s, ok := value.(string)
		switch {
		case !ok:
			wrong = append(wrong, &FileError{file, line, fmt.Sprintf("%s is not text", name), fmt.Sprintf("put the value in quotes: %s = \"…\"", name)})
		case s == "":
			wrong = append(wrong, &FileError{file, line, fmt.Sprintf("%s is empty", name), "give a value or leave the line out"})
		default:
			values[name] = fileValue{s, file, line}
		}
	}
	if len(wrong) > 0 {
		// The map's order is random; people read a file from the top.
		return nil, slices.MinFunc(wrong, func(a, b *FileError) int { return a.Line - b.Line })
	}
	return values, nil
}

func unknown(file, name string, line int) *FileError {
	known := Names()
	return &FileError{
		File: file, Line: line, Problem: fmt.Sprintf("no setting is called %s", name),
		hint: suggest.Hint(name, known, "settings: "+strings.Join(known, ", ")),
	}
}

// lineOf finds the line that gives a top-level key. The TOML library tells
// positions only of syntax errors, not of keys.
func lineOf(text, key string) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		name, _, _ := strings.Cut(line, "=")
		name = strings.Trim(strings.TrimSpace(name), `[]"' `)
		if name == key || strings.HasPrefix(name, key+".") {
			return n
		}
	}
	return 0
}

// refuseLooseSecrets holds the house rule that a secret is never in a file
// that others can read. Windows has no such mode bits to look at.
func refuseLooseSecrets(path, name string, values map[string]fileValue) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return &FileError{File: name, Problem: err.Error()}
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	for _, s := range table {
		if v, set := values[s.Name]; set && s.Secret {
			return &FileError{name, v.line,
				fmt.Sprintf("%s is a secret in a file that others can read (mode %04o)", s.Name, info.Mode().Perm()),
				fmt.Sprintf("chmod 600 %s, or set %s in the environment instead", name, s.Env)}
		}
	}
	return nil
}
