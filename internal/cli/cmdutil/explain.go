package cmdutil

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/spf13/cobra"
)

// explainRooms puts the errors of the rooms below into words: a job's invalid
// values under the names of the flags that give them, Azure's and Prefect's
// errors as they are. Hints are there only where a command or a flag helps.
func explainRooms(err error, call *cobra.Command) Words {
	w := Words{Problems: sentences(err), Usage: isUsage(err)}
	if w.Usage {
		return w
	}
	if e, ok := errors.AsType[*BlockJobError](err); ok {
		return e.words(call)
	}
	file, inFile := errors.AsType[*JobFileError](err)
	if invalid := invalidValues(err); len(invalid) > 0 {
		return wordsOfValues(invalid, file)
	}
	if inFile {
		return Words{Problems: []string{file.Error()}, Usage: true}
	}
	if explained, ok := explainPrefect(err, call); ok {
		return explained
	}
	if e, ok := errors.AsType[*azure.EmulatorError](err); ok {
		w.Problems = []string{e.Error()}
		return w
	}
	if e, ok := errors.AsType[*azure.CredentialError](err); ok {
		w.Problems = []string{"no way to sign in to Azure works"}
		for _, try := range nearestFirst(e.Attempts) {
			w.Hints = append(w.Hints, try.String())
		}
		return w
	}
	if _, explained := errors.AsType[*azure.Error](err); !explained {
		// An error of the SDK that no room has explained: its own text has many lines.
		if e := azure.Explain(err); e != nil {
			w.Problems = []string{e.Error()}
			if e.Hint() != "" {
				w.Hints = []string{e.Hint()}
			}
		}
	}
	return w
}

// nearestFirst sorts the ways to sign in by how little is left to do: what somebody has begun to set up, then az login,
// which needs nothing else, then the rest.
func nearestFirst(attempts []azure.Attempt) []azure.Attempt {
	left := func(a azure.Attempt) int {
		switch {
		case a.Begun:
			return 0
		case a.Method == azure.MethodAzureCLI:
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(attempts), func(a, b azure.Attempt) int { return cmp.Compare(left(a), left(b)) })
}

// wordsOfValues has a line for each value that Azure would refuse, with its place in the file that it was read from (nil:
// none) or the flag that gives it.
func wordsOfValues(invalid []*aci.InvalidError, file *JobFileError) Words {
	w := Words{Usage: true}
	for _, e := range invalid {
		where := ""
		if file != nil {
			where = fmt.Sprintf("%s line %d: ", file.Name, e.Line)
		}
		w.Problems = append(w.Problems, where+invalidWords(e))
		if e.Want != "" {
			w.Hints = append(w.Hints, fmt.Sprintf("%s: give %s", FieldWords(e.Field), e.Want))
		}
	}
	return w
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
	rule := e.Rule
	if e.Other != "" {
		rule = strings.ReplaceAll(rule, e.Other, FieldWords(e.Other))
	}
	if e.Field == "" {
		return rule
	}
	field := FieldWords(e.Field)
	if e.Value == "" || strings.HasSuffix(field, " "+e.Value) { // a key that is the wrong value itself
		return fmt.Sprintf("%s: %s", field, rule)
	}
	return fmt.Sprintf("%s %q: %s", field, e.Value, rule)
}
