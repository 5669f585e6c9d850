package engine

import "strings"

// SplitCommand makes the arguments of an exec's one-string command: parts between spaces and tabs. Quotes and
// backslashes mean nothing, as on ACI, which passes no arguments with spaces. A blank command has no parts.
func SplitCommand(command string) []string {
	return strings.FieldsFunc(command, func(r rune) bool { return r == ' ' || r == '\t' })
}

// Lookup gives the value of a variable in an environment of KEY=VALUE strings; the last one counts.
func Lookup(env []string, key string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(env[i], "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}

// Argv is the program and its arguments.
func (s ExecSpec) Argv() []string {
	if len(s.Args) > 0 {
		return s.Args
	}
	return SplitCommand(s.Command)
}
