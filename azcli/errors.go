package azcli

import (
	"fmt"
	"regexp"
	"strings"
)

// InstallPage says how to install az on each operating system.
const InstallPage = "https://learn.microsoft.com/cli/azure/install-azure-cli"

// NotInstalledError says that there is no az to run.
type NotInstalledError struct {
	// Path is what was looked for.
	Path string
}

// Error says what was looked for.
func (e *NotInstalledError) Error() string {
	return fmt.Sprintf("Azure CLI is not installed: no program %q", e.Path)
}

// Hint names the page that says how to install az.
func (e *NotInstalledError) Hint() string { return "install it: " + InstallPage }

// NotSignedInError says that az knows no account, or that its sign-in is no longer good.
type NotSignedInError struct {
	// Command is the command without secrets.
	Command string
	// Stderr is what az wrote, with [Runner.Secrets] blotted out.
	Stderr string
}

// Error says which command needs an account.
func (e *NotSignedInError) Error() string { return "running " + e.Command + ": not signed in to Azure" }

// Hint says how to sign in.
func (e *NotSignedInError) Hint() string { return "sign in: az login" }

// CommandError is a command that failed.
type CommandError struct {
	// Command is the command without secrets.
	Command string
	// ExitCode is az's: 1 for most failures, 2 for wrong arguments, 3 for a resource that is not there; -1 if a signal
	// ended it.
	ExitCode int
	// Code is Azure's own code, such as AuthorizationFailed; empty if az named none.
	Code string
	// Message is the reason in one line; empty if az gave none.
	Message string
	// Stderr is all that az wrote to standard error, with [Runner.Secrets] blotted out.
	Stderr string
}

// exitNotFound is az's exit code for a 404 of Azure Resource Manager.
const exitNotFound = 3

// NotFound reports that the resource is not there.
func (e *CommandError) NotFound() bool { return e.ExitCode == exitNotFound }

// Error says which command failed, and why.
func (e *CommandError) Error() string {
	text := "running " + e.Command + ": "
	switch {
	case e.Code != "" && e.Message != "":
		return text + e.Code + ": " + e.Message
	case e.Message != "":
		return text + e.Message
	}
	return fmt.Sprintf("%sexit code %d", text, e.ExitCode)
}

// JSONError says that a command's output is not the JSON that was asked for. It does not show the output.
type JSONError struct {
	// Command is the command without secrets; empty where the output alone was at hand.
	Command string
	// Err says where the output stops being JSON.
	Err error
}

// Error says what is wrong with the output.
func (e *JSONError) Error() string {
	if e.Command == "" {
		return "reading the output of az: " + e.Err.Error()
	}
	return "reading the output of " + e.Command + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *JSONError) Unwrap() error { return e.Err }

// SecretError says that a command was not run because a secret stands in its arguments, where every user of the machine
// could read it.
type SecretError struct {
	// Command is the command without secrets.
	Command string
}

// Error says which command was refused.
func (e *SecretError) Error() string { return "running " + e.Command + ": a secret in the arguments" }

// Hint says how to pass a secret.
func (e *SecretError) Hint() string { return "write @- for the value and give it as Options.Stdin" }

// The lines of standard error that begin az's reason: ERROR: (Code) message, or ERROR: message.
var (
	errorLine = regexp.MustCompile(`(?m)^ERROR: (.*)$`)
	coded     = regexp.MustCompile(`^\(([A-Za-z][A-Za-z0-9_.]*)\) ?(.*)$`)
	// Entra ID's errors begin with its number: AADSTS7000215: Invalid client secret provided.
	signIn   = regexp.MustCompile(`^(AADSTS\d+): (.*)$`)
	codeLine = regexp.MustCompile(`(?m)^Code: ([A-Za-z][A-Za-z0-9_.]*)\s*$`)
	colours  = regexp.MustCompile(`\x1b\[[0-9;]*m`)
)

// explain finds Azure's code and az's reason in what az wrote to standard error.
func explain(stderr string) (code, message string) {
	stderr = strings.ReplaceAll(colours.ReplaceAllString(stderr, ""), "\r\n", "\n")
	found := errorLine.FindStringSubmatch(stderr)
	if found == nil {
		return "", lastLine(stderr)
	}
	message = strings.TrimSpace(found[1])
	if parts := coded.FindStringSubmatch(message); parts != nil {
		return parts[1], strings.TrimSpace(parts[2])
	}
	if parts := signIn.FindStringSubmatch(message); parts != nil {
		return parts[1], strings.TrimSpace(parts[2])
	}
	if parts := codeLine.FindStringSubmatch(stderr); parts != nil {
		code = parts[1]
	}
	return code, message
}

// lastLine is the last line of a text that is not empty: in a traceback the one that says what went wrong.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}

// signInAdvice is how az asks for a sign-in, such as: Please run 'az login' to setup account, and: To re-authenticate,
// please run, with the command on a line of its own.
var signInAdvice = regexp.MustCompile("(?i)\\b(?:run|log in with|authenticate)\\b[^\n]{0,120}[\\s'\"`]az log(?:in|out)\\b")

// asksForSignIn reports whether az says that nobody is signed in, or that the sign-in has expired.
func asksForSignIn(stderr string) bool {
	return signInAdvice.MatchString(colours.ReplaceAllString(stderr, ""))
}
