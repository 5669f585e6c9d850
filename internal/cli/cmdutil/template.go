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
		place = fmt.Sprintf("%s:%d:%d", file, e.Line, max(e.Column, 1)) // ARM counts some from 0
	}
	message := e.Message
	if e.Expression != "" && !strings.Contains(message, e.Expression) {
		message += " The expression is " + e.Expression
	}
	return fmt.Errorf("%s: %s: %s", place, e.Code, message)
}
