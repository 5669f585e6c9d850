package cmdutil

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
func explainRooms(err error, w Words) Words {
	if e, ok := errors.AsType[*BlockJobError](err); ok {
		return e.words()
	}
	file, inFile := errors.AsType[*JobFileError](err)
	if invalid := invalidValues(err); len(invalid) > 0 {
		w = Words{Usage: true}
		for _, e := range invalid {
			where := ""
			if inFile {
				where = fmt.Sprintf("%s line %d: ", file.Name, e.Line)
			}
			w.Problems = append(w.Problems, where+invalidWords(e))
			if e.Want != "" {
				w.Hints = append(w.Hints, fmt.Sprintf("%s: give %s", FieldWords(e.Field), flagWords(e.Want)))
			}
		}
		return w
	}
	if inFile {
		return Words{Problems: []string{fmt.Sprintf("%s: %s", file.Name, file.Err)}, Usage: true}
	}
	if explained, ok := explainPrefect(err, w); ok {
		return explained
	}
	if e, ok := errors.AsType[*azure.EmulatorError](err); ok {
		w.Problems = []string{e.Error()}
		if len(w.Hints) == 0 {
			w.Hints = []string{emulatorHint(e)}
		}
		return w
	}
	if e, ok := errors.AsType[*azure.CredentialError](err); ok {
		w.Problems = []string{"no way to sign in to Azure works"}
		for _, try := range e.Attempts {
			w.Hints = append(w.Hints, fmt.Sprintf("%s: %s; %s", try.Method, try.Reason, try.Fix))
		}
		return w
	}
	if e := azure.Explain(err); e != nil {
		w.Problems = []string{trail(err, e)}
		if len(w.Hints) == 0 && e.Hint() != "" {
			w.Hints = []string{e.Hint()}
		}
	}
	if e, ok := errors.AsType[hinter](err); ok && len(w.Hints) == 0 && e.Hint() != "" {
		w.Hints = []string{e.Hint()}
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
		return fmt.Sprintf("%s: %s", FieldWords(e.Field), rule)
	}
	return fmt.Sprintf("%s %q: %s", FieldWords(e.Field), e.Value, rule)
}
