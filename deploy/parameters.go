package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// checkParameters holds defaults against the schema of the flow's parameters. Required ones may be missing: each run can
// give them.
func checkParameters(schema json.RawMessage, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fmt.Errorf("reading the schema of the parameters: %w", err)
	}
	object, ok := document.(map[string]any)
	if !ok {
		return errors.New("reading the schema of the parameters: it is not a JSON object")
	}
	properties, _ := object["properties"].(map[string]any)
	if err := checkParameterNames(object, properties, values); err != nil {
		return err
	}
	delete(object, "required")
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	if err := compiler.AddResource("parameters.json", object); err != nil {
		return fmt.Errorf("reading the schema of the parameters: %w", err)
	}
	compiled, err := compiler.Compile("parameters.json")
	if err != nil {
		return fmt.Errorf("reading the schema of the parameters: %w", err)
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return parameterError(compiled.Validate(plain))
}

// checkParameterNames refuses values whose names are not among the properties of a schema, unless it takes others too.
func checkParameterNames(schema, properties, values map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, ok := properties[name]; !ok && schema["additionalProperties"] != true {
			return invalid(parameterNames(properties), "the flow has no parameter %q", name)
		}
	}
	return nil
}

// parameterError names the innermost value that does not fit.
func parameterError(err error) error {
	wrong, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	for len(wrong.Causes) > 0 {
		wrong = wrong.Causes[0]
	}
	reason := wrong.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	return invalid("", "the parameter %s: %s", strings.Join(wrong.InstanceLocation, "."), reason)
}

func parameterNames(properties map[string]any) string {
	if len(properties) == 0 {
		return "it takes none"
	}
	return "its parameters are: " + strings.Join(slices.Sorted(maps.Keys(properties)), ", ")
}
