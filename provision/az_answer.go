package provision

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azcli"
	"github.com/pacific-aci/pacific/azure"
)

// Codes of Azure's that az has in its own words alone.
const (
	codeNotFound      = "Request_ResourceNotFound"
	codeNoApplication = "NoBackingApplicationObject"
	codeTaken         = "Request_MultipleObjectsWithSameKeyValue"
	codeNoRole        = "RoleDefinitionDoesNotExist"
	codeNoAnswer      = "ServerTimeout"
)

// azSentence is a sentence of az and the answer of Azure's that is behind it.
type azSentence struct {
	text, code string
	status     int
}

// azSentences are az 2.91's. It drops the codes of Microsoft Graph, and has words of its own for what it looks up itself.
var azSentences = []azSentence{
	{"does not exist or one of its queried reference-property objects are not present", codeNotFound, http.StatusNotFound},
	{"Cannot find user or service principal in graph database for", codeNotFound, http.StatusNotFound},
	{"No password credential found with keyId", codeNotFound, http.StatusNotFound},
	{"No matched assignments were found to delete", "RoleAssignmentNotFound", http.StatusNotFound},
	{"does not reference a valid application object", codeNoApplication, http.StatusBadRequest},
	{"is already in use", codeTaken, http.StatusBadRequest},
	{"ERROR: Role '", codeNoRole, http.StatusNotFound}, // Role 'NAME' doesn't exist.
}

// azLost is how az says that there was no answer, in words of Python's libraries, after some tries of its own. What follows
// in azLasting is there too, and does not pass by itself.
var (
	azLost = []string{
		"Connection aborted", "Connection broken", "RemoteDisconnected", "Max retries exceeded with url",
		"Failed to establish a new connection", "Unable to connect to proxy", "Read timed out",
	}
	azLasting = []string{"CERTIFICATE_VERIFY_FAILED", "Name or service not known", "nodename nor servname", "getaddrinfo failed"}
)

// answerOf is what Azure answered to an az that failed, as far as az tells; nil for other errors. az exits with 3 for each
// answer 404 of Resource Manager's, be it Azure's or not; only one with a code is Azure's.
func answerOf(err error) *azure.Error {
	if e, ok := errors.AsType[*azure.Error](err); ok {
		return e
	}
	failed, ok := errors.AsType[*azcli.CommandError](err)
	if !ok {
		return nil
	}
	code, status := failed.Code, 0
	if failed.ExitCode == azNotFound {
		status = http.StatusNotFound
	}
	if code == "" {
		code, status = readAz(failed.Stderr, status)
	}
	e := azure.NewError(azure.Detail{Code: code, Message: failed.Message})
	e.Status = status
	return e
}

// azNotFound is az's exit code for an answer 404.
const azNotFound = 3

// readAz finds the code and the status that a text of az's without a code stands for; status is what is known so far.
func readAz(text string, status int) (string, int) {
	for _, s := range azSentences {
		if strings.Contains(text, s.text) {
			return s.code, s.status
		}
	}
	in := func(sentence string) bool { return strings.Contains(text, sentence) }
	if slices.ContainsFunc(azLost, in) && !slices.ContainsFunc(azLasting, in) {
		return codeNoAnswer, 0
	}
	return "", status
}

// azPatience is how long a command is repeated that az gives up at. az does not tell the failed end of an operation, which
// stays as it is, from an answer that was lost.
const azPatience = 10 * time.Minute

// passes reports whether an answer that az gave up at passes by itself.
func passes(e *azure.Error) bool {
	return e.Class == azure.ClassThrottled || e.Class == azure.ClassUnavailable
}

// absent reports whether az says that Azure says that a thing is not there.
func absent(err error) bool {
	e := answerOf(err)
	return e != nil && e.NotFound()
}

// ignoreAbsent is nil for an error that says that a thing is not there.
func ignoreAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}
