package process

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// cannotRun is the exit code, 126 or 127, of a program that a shell could not run for this reason, and the reason in words;
// 0 for an error of our own. A program that was found and could not be started with "no such file" is there itself:
// what the kernel did not find is its interpreter, its loader or the folder to run it in.
func cannotRun(program string, err error) (code int, message string) {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		reason := "not found on this machine: the process engine runs this machine's programs, not the image's"
		if failed, ok := errors.AsType[*startError](err); ok {
			reason = "cannot be run on this machine: " + failed.missing()
		}
		return 127, fmt.Sprintf("pacific: %s: %s\n", program, reason)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOEXEC), errors.Is(err, syscall.EISDIR):
		return 126, fmt.Sprintf("pacific: %s: cannot be run on this machine: %v\n", program, err)
	}
	return 0, ""
}

// startError is the failed start of a program that was found.
type startError struct {
	path, folder string
	err          error
}

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// mostInterpreters is how many scripts the kernel lets be each other's interpreters.
const mostInterpreters = 5

// missing says what is not there although the program is.
func (e *startError) missing() string {
	if _, err := os.Stat(e.folder); err != nil {
		return fmt.Sprintf("its working folder %s is not there", e.folder)
	}
	path, script := e.path, "its first line"
	for range mostInterpreters {
		line, interpreter := firstLine(path)
		switch {
		case interpreter == "":
			if loader := loaderOf(path); loader != "" {
				return fmt.Sprintf("it is a program for another system: its loader %s is not there", loader)
			}
			return e.err.Error()
		case strings.HasSuffix(interpreter, "\r"):
			return fmt.Sprintf("%s, %q, ends in a carriage return, which the system takes for a part of the interpreter's name: "+
				"save the script with Unix line ends (LF) instead of Windows' (CRLF)", script, line)
		}
		found := interpreter
		if !strings.HasPrefix(found, "/") {
			found = e.folder + "/" + found
		}
		if _, err := os.Stat(found); errors.Is(err, fs.ErrNotExist) {
			return fmt.Sprintf("%s, %q, names the interpreter %s, which is not there", script, line, interpreter)
		}
		path, script = found, "the first line of its interpreter "+interpreter
	}
	return e.err.Error()
}

// firstLine is the first line of a script, without its newline, and the interpreter that it names; "" for what is no script.
func firstLine(path string) (line, interpreter string) {
	f, err := os.Open(path)
	if err != nil {
		return "", ""
	}
	defer f.Close()
	start, _ := io.ReadAll(io.LimitReader(f, 256)) // the kernel reads no more
	first, _, _ := bytes.Cut(start, []byte("\n"))
	rest, ok := bytes.CutPrefix(first, []byte("#!"))
	if !ok {
		return "", ""
	}
	words := strings.FieldsFunc(string(rest), func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 {
		return "", ""
	}
	return string(first), words[0]
}

// loaderOf is the dynamic loader that a program names; "" for none, and for what is no program.
func loaderOf(path string) string {
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
		if err != nil {
			return ""
		}
		return string(bytes.TrimRight(name, "\x00"))
	}
	return ""
}
