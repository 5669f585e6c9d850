package cmdutil

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
)

// TemplateError says of which file an error of a template is, with the place first, as in a compiler's messages. doing is for
// other errors: evaluating FILE.
func TemplateError(doing, file string, err error) error {
	file = InputName(file)
	e, ok := errors.AsType[*armtemplate.Error](err)
	if !ok {
		return fmt.Errorf("%s %s: %w", doing, file, err)
	}
	place := file
	if e.Line > 0 {
		column := e.Column
		if strings.HasPrefix(e.Message, "Deployment template parse failed") {
			column++ // there ARM counts the characters before the mistake
		}
		place = fmt.Sprintf("%s:%d:%d", file, e.Line, max(column, 1))
	}
	message := e.Message
	if e.Expression != "" && !strings.Contains(message, e.Expression) {
		message += " The expression is " + e.Expression
	}
	return fmt.Errorf("%s: %s: %s", place, e.Code, message)
}

// ParametersError names the file, line and column of a mistake in template parameters.
func ParametersError(file string, err error) error {
	place := "--parameters " + file
	message := err.Error()
	if e, ok := errors.AsType[*armtemplate.ParametersError](err); ok {
		place, message = fmt.Sprintf("%s:%d:%d", InputName(file), e.Line, e.Column), strings.TrimSuffix(e.Message, ".")
	}
	return Usage(place+": "+message, "give a parameter file as az takes it, or an object of names and values")
}
