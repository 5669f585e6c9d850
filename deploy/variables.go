package deploy

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/jobtemplate"
)

// variables are the job variables that somebody gave, and before them those that follow from the deployment. nil for none.
func (p *Plan) variables() map[string]any {
	variables := map[string]any{}
	if p.d.Image != "" {
		variables["image"] = p.d.Image
	}
	if command := p.d.Flow.Command; command != "" {
		// A block's command is a list, a pool's is text.
		words := append([]string{command}, p.d.Flow.Args...)
		variables["command"] = words
		if p.d.Pool != "" {
			variables["command"] = shellWords(words)
		}
	}
	maps.Copy(variables, p.d.JobVariables)
	if len(variables) == 0 {
		return nil
	}
	return variables
}

// withoutEntrypoint takes the entrypoint away, which is that of Prefect's own images, unless somebody gave one. It is no mistake
// where there is none to take away.
func withoutEntrypoint(variables map[string]any) map[string]any {
	if _, given := variables["entrypoint"]; !given {
		variables["entrypoint"] = nil
	}
	return variables
}

// variableErrors makes an [*InvalidError] of each job variable that is wrong.
func variableErrors(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var found []error
	for _, one := range joined.Unwrap() {
		if wrong, ok := errors.AsType[*jobtemplate.Error](one); ok {
			one = &InvalidError{fmt.Sprintf("the job variable %v", wrong), wrong.Hint()}
		}
		found = append(found, one)
	}
	if len(found) == 1 {
		return found[0]
	}
	return errors.Join(found...)
}

// shellWords are words as a pool's command has them, which is cut into words as by a shell.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		if quoted[i] = word; word == "" || strings.ContainsAny(word, " '\"\\$\t\n") {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
