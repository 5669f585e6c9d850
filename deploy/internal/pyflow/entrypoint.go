package pyflow

import "strings"

// ParseEntrypoint splits PATH.py:FUNCTION at its last colon, as Prefect does: a path on Windows has one of its own. Its
// errors are [*Problem].
func ParseEntrypoint(entrypoint string) (path, function string, err error) {
	const form = "write the entrypoint as PATH.py:FUNCTION"
	at := strings.LastIndexByte(entrypoint, ':')
	if at < 0 || !strings.HasSuffix(entrypoint[:at], ".py") {
		return "", "", &Problem{Reason: "the entrypoint \"" + entrypoint + "\" names no Python file and function", hint: form}
	}
	path, function = entrypoint[:at], entrypoint[at+1:]
	if strings.Contains(function, ".") {
		return "", "", &Problem{Reason: "\"" + function + "\" is a method: only functions are read", hint: form}
	}
	for i, r := range function {
		if !isNameRune(r) || i == 0 && isDigit(function[0]) {
			return "", "", &Problem{Reason: "\"" + function + "\" is not the name of a function", hint: form}
		}
	}
	if function == "" {
		return "", "", &Problem{Reason: "the entrypoint \"" + entrypoint + "\" names no function", hint: form}
	}
	return path, function, nil
}
