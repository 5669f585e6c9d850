package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
)

// explainRooms puts the errors of the rooms below into words: a job's invalid
// values under the names of the flags that give them, Azure's errors with
// their hint apart. A hint that w has already wins: it knows the command.
func explainRooms(err error, w words) words {
	if e, ok := errors.AsType[*blockJobError](err); ok {
		return e.words()
	}
	file, inFile := errors.AsType[*jobFileError](err)
	if invalid := invalidValues(err); len(invalid) > 0 {
		w = words{usage: true}
		for _, e := range invalid {
			where := ""
			if inFile {
				where = fmt.Sprintf("%s line %d: ", file.name, e.Line)
			}
			w.problems = append(w.problems, where+invalidWords(e))
			if e.Want != "" {
				w.hints = append(w.hints, fmt.Sprintf("%s: give %s", fieldWords(e.Field), flagWords(e.Want)))
			}
		}
		return w
	}
	if inFile {
		return words{problems: []string{fmt.Sprintf("%s: %s", file.name, file.err)}, usage: true}
	}
	if explained, ok := explainPrefect(err, w); ok {
		return explained
	}
	if e, ok := errors.AsType[*azure.EmulatorError](err); ok {
		w.problems = []string{e.Error()}
		if len(w.hints) == 0 {
			w.hints = []string{emulatorHint(e)}
		}
		return w
	}
	if e, ok := errors.AsType[*azure.CredentialError](err); ok {
		w.problems = []string{"no way to sign in to Azure works"}
		for _, try := range e.Attempts {
			w.hints = append(w.hints, fmt.Sprintf("%s: %s; %s", try.Method, try.Reason, try.Fix))
		}
		return w
	}
	if e := azure.Explain(err); e != nil {
		w.problems = []string{trail(err, e)}
		if len(w.hints) == 0 && e.Hint() != "" {
			w.hints = []string{e.Hint()}
		}
	}
	if e, ok := errors.AsType[hinter](err); ok && len(w.hints) == 0 && e.Hint() != "" {
		w.hints = []string{e.Hint()}
	}
	return w
}

// hinter is an error of a room that knows what to do.
type hinter interface {
	error
	Hint() string
}

// emulatorHint is what helps when no emulator answers.
func emulatorHint(e *azure.EmulatorError) string {
	if e.Absent {
		return "start one with: pacific emulator start, and give --cloud the address that it prints"
	}
	return "give --cloud the address that pacific emulator start printed, of the same version as this Pacific"
}

// jobFileError is a job file that cannot be read.
type jobFileError struct {
	name string
	err  error
}

func (e *jobFileError) Error() string { return e.name + ": " + e.err.Error() }
func (e *jobFileError) Unwrap() error { return e.err }

// trail keeps what we were doing in front of Azure's words.
func trail(err error, e *azure.Error) string {
	if text := err.Error(); strings.Contains(text, e.Error()) {
		return text
	}
	return e.Error()
}

// invalidValues collects every InvalidError that was joined into err.
func invalidValues(err error) []*aci.InvalidError {
	switch e := err.(type) {
	case nil:
		return nil
	case *aci.InvalidError:
		return []*aci.InvalidError{e}
	case interface{ Unwrap() []error }:
		var all []*aci.InvalidError
		for _, one := range e.Unwrap() {
			all = append(all, invalidValues(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return invalidValues(e.Unwrap())
	}
	return nil
}

func invalidWords(e *aci.InvalidError) string {
	rule := flagWords(e.Rule)
	if e.Field == "" {
		return rule
	}
	if e.Value == "" {
		return fmt.Sprintf("%s: %s", fieldWords(e.Field), rule)
	}
	return fmt.Sprintf("%s %q: %s", fieldWords(e.Field), e.Value, rule)
}

// flagWords puts flags for the fields of aci.Job that a sentence names. Only
// names that are no ordinary words: a rule may well speak of an image.
func flagWords(sentence string) string {
	for field, flag := range flagOfField() {
		if len(field) > len("CPU") && strings.ToLower(field[1:]) != field[1:] {
			sentence = strings.ReplaceAll(sentence, field, "--"+flag)
		}
	}
	return sentence
}

// flagOfField names the flag that gives a field of aci.Job.
func flagOfField() map[string]string {
	return map[string]string{
		"Name": "name", "Image": "image", "Command": "the command", "Entrypoint": "entrypoint", "CPU": "cpu", "MemoryGB": "memory",
		"GPUCount": "gpu-count", "GPUSKU": "gpu-sku", "Env": "env", "SecureEnv": "secret-env", "Identities": "identity",
		"Registries": "registry-server", "SubnetIDs": "subnet", "DNSServers": "dns", "StartTimeout": "start-timeout",
		"Timeout": "timeout", "StopGrace": "stop-grace", "Tags": "tag", "Location": "location", "Keep": "keep",
	}
}

// fieldWords gives a field in the words of the command line, and keeps the
// index or key: "Env[1X]" becomes "--env[1X]". What only a file can say keeps
// its name.
func fieldWords(field string) string {
	base := field
	if i := strings.IndexAny(field, "[."); i >= 0 {
		base = field[:i]
	}
	switch flag := flagOfField()[base]; flag {
	case "":
		return field
	case "the command": // what stands after --, which is no flag
		return flag + field[len(base):]
	default:
		return "--" + flag + field[len(base):]
	}
}
