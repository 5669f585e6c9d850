package pyflow

import (
	"crypto/md5" // Prefect's choice for the default version; nothing is kept safe with it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Flow is a function with the decorator flow.
type Flow struct {
	Function    string // its name in the file; that of the flow may be another
	Name        string // the decorator's, or the function's with - for _
	Description string // the decorator's, or the docstring; empty without either
	// Version is the decorator's, or the MD5 of the file in hex digits, which is Prefect's default.
	Version string
	// Retries, RetryDelaySeconds and TimeoutSeconds are 0 where the decorator does not set them.
	Retries           int
	RetryDelaySeconds float64
	TimeoutSeconds    float64
	LogPrints         *bool // nil where the decorator leaves it to Prefect's settings

	module *module
	def    *functionDef
}

// Read finds the flow that the function is in the source of a Python file. Its errors are [*Problem].
func Read(source []byte, function string) (*Flow, error) {
	var flow *Flow
	text := ""
	if problem := caught("", func() { text = decode(source) }); problem != nil {
		return nil, problem
	}
	problem := caught(text, func() {
		m := parseModule(text)
		flow = readFlow(m, findFlow(m, function))
	})
	if problem != nil {
		return nil, problem
	}
	if flow.Version == "" {
		sum := md5.Sum(source)
		flow.Version = hex.EncodeToString(sum[:])
	}
	return flow, nil
}

// Functions lists the names of the flows in the source of a Python file, in the order of the file.
func Functions(source []byte) ([]string, error) {
	var names []string
	text := ""
	if problem := caught("", func() { text = decode(source) }); problem != nil {
		return nil, problem
	}
	if problem := caught(text, func() { names = flowNames(parseModule(text)) }); problem != nil {
		return nil, problem
	}
	return names, nil
}

func flowNames(m *module) []string {
	var found []*stmt
	for _, bound := range m.names {
		for _, s := range bound {
			if (s.kind == function || s.kind == assigned) && caught("", func() { m.definition(s, nil) }) == nil {
				found = append(found, s)
			}
		}
	}
	slices.SortFunc(found, func(a, b *stmt) int { return a.at - b.at })
	var names []string
	for _, s := range found {
		names = append(names, s.name)
	}
	return slices.Compact(names)
}

// decoration is the call of the decorator flow above a function, or nil for a bare @flow. It fails without one, and on
// other decorators, which may change the signature.
func decoration(m *module, s *stmt) *expr {
	var arguments *expr
	flows := 0
	for _, decorator := range s.decorators {
		named := decorator
		if decorator.kind == call {
			named = decorator.x
		}
		if m.isFlow(named) {
			flows++
			if decorator.kind == call {
				arguments = decorator
			}
		}
	}
	switch {
	case flows == 0:
		failf(s.at, "decorate it with @flow", "the function %s is not a flow", s.name)
	case len(s.decorators) > 1:
		failf(s.decorators[0].at, "", "the flow %s has other decorators, which may change its parameters", s.name)
	}
	return arguments
}

func readFlow(m *module, d definition) *Flow {
	s := d.function
	flow := &Flow{Function: s.name, module: m, def: s.function}
	checkParameters(s)
	for _, options := range d.options {
		for _, k := range options {
			flow.option(newReader(m, Prefect3), k)
		}
	}
	if flow.Name == "" {
		flow.Name = strings.ReplaceAll(s.name, "_", "-")
	}
	if at := strings.IndexAny(flow.Name, `/%&<>`); at >= 0 { // prefect.exceptions.InvalidNameError
		failf(s.at, "give the flow another name", "Prefect refuses %q in the name of a flow", flow.Name[at])
	}
	if flow.Description == "" {
		flow.Description, _ = docText(s.function.doc)
	}
	return flow
}

// checkParameters refuses the names that Prefect refuses.
func checkParameters(s *stmt) {
	for _, p := range s.function.parameters {
		switch {
		case p.name == "return_state" || p.name == "wait_for":
			failf(p.at, "give the parameter another name", "Prefect keeps the parameter %q of a flow for itself", p.name)
		case strings.HasPrefix(p.name, "_"):
			failf(p.at, "give the parameter another name", "Prefect refuses the parameter %q: it starts with an underscore", p.name)
		}
	}
}

// otherOptions are the options of the decorator that a deployment does not show.
var otherOptions = map[string]bool{"flow_run_name": true, "task_runner": true, "validate_parameters": true, "persist_result": true,
	"result_storage": true, "result_serializer": true, "cache_result_in_memory": true, "on_completion": true, "on_failure": true,
	"on_cancellation": true, "on_crashed": true, "on_running": true}

// option takes over one keyword of the decorator.
func (f *Flow) option(r *reader, k keyword) {
	if otherOptions[k.name] {
		return
	}
	var value any
	if caught("", func() { value = r.literal(k.value) }) != nil {
		failf(k.value.at, hintLiteral, "%s of the flow is not a literal", optionName(k))
	}
	ok := value == nil
	number, _ := value.(json.Number)
	switch k.name {
	case "name":
		ok = setOption(&f.Name, value) || ok
	case "description":
		ok = setOption(&f.Description, value) || ok
	case "version":
		ok = setOption(&f.Version, value) || ok
	case "log_prints":
		if given, isBool := value.(bool); isBool {
			f.LogPrints, ok = &given, true
		}
	case "retries":
		if count, err := number.Int64(); err == nil {
			f.Retries, ok = int(count), true
		}
	case "retry_delay_seconds", "timeout_seconds":
		if seconds, err := number.Float64(); err == nil {
			ok = true
			if k.name == "timeout_seconds" {
				f.TimeoutSeconds = seconds
			} else {
				f.RetryDelaySeconds = seconds
			}
		}
	default:
		failf(k.at, "", "@flow has no option %s", optionName(k))
	}
	if !ok {
		failf(k.value.at, "", "%s of the flow has the wrong type", optionName(k))
	}
}

func optionName(k keyword) string {
	if k.name == "" {
		return "**"
	}
	return fmt.Sprintf("%q", k.name)
}

func setOption(to *string, value any) (ok bool) {
	text, ok := value.(string)
	if ok {
		*to = text
	}
	return ok
}
