package process

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// language is what a program gets where our own environment says nothing: text is UTF-8.
const language = "C.UTF-8"

// environment is a container's: a few variables about this machine, then its own on top.
func (e *processes) environment(folder string, own []string) []string {
	programs, ok := e.options.LookupEnv("PATH")
	if !ok {
		programs = defaultPath
	}
	if e.options.BinFolder != "" {
		programs = inFront(e.options.BinFolder, programs)
	}
	lang, ok := e.options.LookupEnv("LANG")
	if !ok {
		lang = language
	}
	env := []string{"PATH=" + programs, "HOME=" + folder, "TMPDIR=" + folder, "LANG=" + lang}
	if runtime.GOOS == "windows" {
		env = append(env, "TEMP="+folder)
		for _, name := range []string{"SystemRoot", "ComSpec", "PATHEXT"} {
			if v, ok := e.options.LookupEnv(name); ok {
				env = append(env, name+"="+v)
			}
		}
	}
	return append(env, own...)
}

// inFront makes a folder the first of a PATH, and it alone: the others stay to the letter, with quotes and empty ones.
func inFront(folder, programs string) string {
	separator := string(filepath.ListSeparator)
	same := func(other string) bool {
		other = filepath.Clean(other)
		return other == folder || runtime.GOOS == "windows" && strings.EqualFold(other, folder)
	}
	return strings.Join(append([]string{folder}, slices.DeleteFunc(strings.Split(programs, separator), same)...), separator)
}

// checkEnv refuses what no process can be given.
func checkEnv(env []string) error {
	for _, kv := range env {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || name == "" || strings.ContainsRune(kv, 0) {
			return fmt.Errorf("environment variable %q cannot be set: it needs a name, and neither name nor value may hold a NUL byte", strings.ReplaceAll(name, "\x00", `\0`))
		}
	}
	return nil
}

// lookPath finds a program as the container's own PATH and folder have it, not ours.
func lookPath(env []string, folder, name string) (string, error) {
	if name == "" {
		return "", exec.ErrNotFound
	}
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		return exec.LookPath(name)
	}
	// A program that may not be run only counts where no folder has one that may, as in a shell.
	found := error(exec.ErrNotFound)
	for _, dir := range filepath.SplitList(searchPath(env)) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(folder, dir)
		}
		program, err := exec.LookPath(filepath.Join(dir, name))
		if err == nil {
			return program, nil
		}
		if code, _ := cannotRun(name, err); code == 126 && errors.Is(found, exec.ErrNotFound) {
			found = err
		}
	}
	return "", found
}

// searchPath is the last PATH of an environment; Windows does not care how it is written.
func searchPath(env []string) (value string) {
	for _, kv := range env {
		name, v, _ := strings.Cut(kv, "=")
		if name == "PATH" || runtime.GOOS == "windows" && strings.EqualFold(name, "PATH") {
			value = v
		}
	}
	return value
}
