package armtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Parameters are the values of a template's parameters, by name; names are found without regard to case.
type Parameters map[string]Parameter

// Parameter is a value, or where it is kept.
type Parameter struct {
	Value  json.RawMessage  // nil or null: as if the parameter were not given
	Secret *SecretReference // a secret of a key vault instead of a value
}

// ParametersError says what is wrong with the text of parameters, and where.
type ParametersError struct {
	Message      string
	Line, Column int // of the first character that is wrong, from one
}

func (e *ParametersError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

func parametersErrorf(at document.Position, format string, args ...any) error {
	return &ParametersError{fmt.Sprintf(format, args...), at.Line, max(at.Column, 1)}
}

// ParseParameters reads a parameter file, the "parameters" of one, or an object of names and plain values. Errors are of type
// [*ParametersError].
func ParseParameters(text []byte) (Parameters, error) {
	if len(text) > maxTemplate {
		return nil, parametersErrorf(document.Position{Line: 1}, "the parameters are %d bytes long; ARM takes %d", len(text), maxTemplate)
	}
	root, err := document.Parse(text)
	if err != nil {
		wrong, ok := errors.AsType[*document.Error](err)
		if !ok {
			return nil, err
		}
		return nil, parametersErrorf(document.Position{Line: wrong.Pos.Line, Column: wrong.Pos.Column + 1}, "%s", wrong.Message)
	}
	if root.Kind != document.Object {
		return nil, parametersErrorf(root.Pos, "parameters must be an object of names and values")
	}
	file := false
	switch inner := root.Get("parameters"); {
	case root.Get("$schema") != nil && root.Get("resources") != nil:
		return nil, parametersErrorf(root.Pos, "this is a template, not a file of parameters")
	case isParameterFile(root, inner):
		root, file = inner, true
	case root.Get("$schema") != nil && inner != nil:
		return nil, parametersErrorf(inner.Pos, "the parameters of a parameter file must be an object of names and values")
	case root.Get("$schema") != nil:
		return nil, parametersErrorf(root.Pos, "a parameter file needs the member 'parameters'")
	}
	out := make(Parameters, len(root.Members))
	for i, m := range root.Members {
		if slices.ContainsFunc(root.Members[:i], func(other document.Member) bool { return strings.EqualFold(other.Name, m.Name) }) {
			return nil, parametersErrorf(m.Pos, "the parameter %q is given twice", m.Name)
		}
		if out[m.Name], err = readParameter(m.Value, file); err != nil {
			return nil, parametersErrorf(m.Value.Pos, "parameter %q: %v", m.Name, err)
		}
	}
	return out, nil
}

// isParameterFile reports whether root is a whole parameter file, whose parameters are inner. One that names no schema, which
// az takes too, is told from a parameter that happens to be called "parameters" by its members, which all say what they are.
func isParameterFile(root, inner *document.Node) bool {
	if inner == nil || inner.Kind != document.Object {
		return false
	}
	if root.Get("$schema") != nil || root.Get("contentVersion") != nil {
		return true
	}
	for _, m := range inner.Members {
		if m.Value.Kind != document.Object || m.Value.Get("value") == nil && m.Value.Get("reference") == nil {
			return false
		}
	}
	return len(root.Members) == 1
}

// readParameter reads one parameter. In a parameter file it says what its value is, and may have metadata beside it
// (learn.microsoft.com/azure/azure-resource-manager/templates/parameter-files); elsewhere it may be the value itself.
func readParameter(n *document.Node, file bool) (Parameter, error) {
	v, ref := n.Get("value"), n.Get("reference")
	switch {
	case v != nil && (file || len(n.Members) == 1):
		if ref != nil {
			return Parameter{}, errors.New("a value and a reference exclude each other")
		}
		return Parameter{Value: value.Append(nil, v.Literal())}, nil
	case ref != nil && (file || len(n.Members) <= 2):
		vault, name := ref.Get("keyVault").Get("id"), ref.Get("secretName")
		if vault.IsNull() || name.IsNull() {
			return Parameter{}, errors.New("a reference needs keyVault.id and secretName")
		}
		s := &SecretReference{VaultID: vault.Text, Name: name.Text}
		if version := ref.Get("secretVersion"); !version.IsNull() {
			s.Version = version.Text
		}
		return Parameter{Secret: s}, nil
	case file && n.Get("expression") != nil: // as Bicep writes it into a file
		return Parameter{}, errors.New("its expression needs external inputs, which are not supported: give the value")
	case file:
		return Parameter{}, errors.New("it has neither a value nor a reference")
	}
	return Parameter{Value: value.Append(nil, n.Literal())}, nil
}

// Get finds a parameter without regard to case; an exact match wins.
func (p Parameters) Get(name string) (Parameter, bool) {
	if v, ok := p[name]; ok {
		return v, true
	}
	for _, k := range slices.Sorted(maps.Keys(p)) {
		if strings.EqualFold(k, name) {
			return p[k], true
		}
	}
	return Parameter{}, false
}

// ParameterInfo describes a parameter of a template.
type ParameterInfo struct {
	Name        string
	Type        string // string, int, bool, object, array, secureString or secureObject, as the template spells it
	Secure      bool   // whether its value is a secret or holds one
	Required    bool   // whether it has no default and can't be null
	Description string
	Default     json.RawMessage // as written, with its expressions; nil if there is none
	Allowed     json.RawMessage // an array; nil if every value is allowed
}

// Parameters describes the parameters of the template in their order.
func (t *Template) Parameters() []ParameterInfo {
	n := t.root.Get("parameters")
	if n == nil {
		return nil
	}
	out := make([]ParameterInfo, 0, len(n.Members))
	for _, m := range n.Members {
		schema := t.resolve(m.Value)
		info := ParameterInfo{Name: m.Name, Type: schema.text("type"), Secure: t.holdsSecure(schema)}
		info.Required = m.Value.Get("defaultValue") == nil && !schema.nullable()
		if d := m.Value.Get("metadata").Get("description"); d != nil {
			info.Description = d.Text
		}
		if d := m.Value.Get("defaultValue"); d != nil {
			info.Default = value.Append(nil, d.Literal())
		}
		if a := schema.get("allowedValues"); a != nil {
			info.Allowed = value.Append(nil, a.Literal())
		}
		out = append(out, info)
	}
	return out
}

// memo is a value that is computed when it is first asked for.
type memo struct {
	node  *document.Node
	loop  *document.Node // the copy object of a variable that is a loop; nil otherwise
	name  string
	state memoState
	v     value.Value
	err   error
}

type memoState uint8

const (
	waiting memoState = iota
	running
	done
)

// get computes the value once. A value that needs itself is an error.
func (m *memo) get(kind string, compute func() (value.Value, error)) (value.Value, error) {
	switch m.state {
	case running:
		return nil, problemf(m.node, "The template %s '%s' is not valid: it refers to itself.", kind, m.name)
	case waiting:
		m.state = running
		m.v, m.err = compute()
		m.state = done
	}
	return m.v, m.err
}

// readParameters resolves all parameters and holds them to their types.
func (d *Deployment) readParameters(ctx context.Context) error {
	n := d.t.root.Get("parameters")
	d.parameters, d.shownParameters = map[string]*memo{}, map[string]*memo{}
	var names []string
	if n != nil {
		for _, m := range n.Members {
			if m.Value.Kind != document.Object {
				return problemf(m.Value, "The template parameter '%s' must be an object.", m.Name)
			}
			d.parameters[value.Fold(m.Name)] = &memo{node: m.Value, name: m.Name}
			d.shownParameters[value.Fold(m.Name)] = &memo{node: m.Value, name: m.Name}
			names = append(names, m.Name)
		}
	}
	if err := d.checkExtra(n, names); err != nil {
		return err
	}
	for _, name := range names { // all that are given before any default: a message about one may hold another
		if v, given, _ := d.givenValue(name); given {
			d.keepSecrets(d.parameters[value.Fold(name)].node, v)
		}
	}
	for _, name := range names {
		if _, err := d.parameter(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// keepSecrets remembers what is secret of the value of a parameter.
func (d *Deployment) keepSecrets(parameter *document.Node, v value.Value) {
	s := d.t.resolve(parameter)
	if !d.t.holdsSecure(s) {
		return
	}
	d.t.replaceSecure(s, securePart{v: v}, func(of securePart) value.Value {
		d.opts.Secrets.addValue(of.v)
		return nil
	})
}

// checkExtra refuses parameters that the template does not have.
func (d *Deployment) checkExtra(n *document.Node, names []string) error {
	var extra []string
	for name := range d.given {
		if _, ok := d.parameters[value.Fold(name)]; !ok {
			extra = append(extra, name)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	slices.Sort(extra)
	return problemf(n, "The template parameters '%s' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '%s'.",
		strings.Join(extra, ", "), strings.Join(names, ", "))
}

// parameter is the value of a parameter.
func (d *Deployment) parameter(ctx context.Context, name string) (value.Value, error) {
	m, ok := d.parameters[value.Fold(name)]
	if !ok {
		return nil, value.Errorf("The template parameter '%s' is not found.", name)
	}
	return m.get("parameter", func() (value.Value, error) {
		v, given, err := d.givenValue(m.name)
		if err != nil {
			return nil, err
		}
		if !given {
			def := m.node.Get("defaultValue")
			switch {
			case def != nil:
				p := &place{d: d, ctx: ctx, kind: inDefault, plain: true}
				if v, err = p.node(def); err != nil {
					return nil, within(def, err, "The template parameter '%s' at line '%d' and column '%d' is not valid", m.name, def.Pos.Line, def.Pos.Column)
				}
			case !d.t.resolve(m.node).nullable():
				return nil, problemf(m.node, "The value for the template parameter '%s' at line '%d' and column '%d' is not provided.", m.name, m.node.Pos.Line, m.node.Pos.Column)
			}
		}
		v = d.t.converted(d.t.resolve(m.node), v)
		d.keepSecrets(m.node, v)
		return v, d.t.check(subject{budget: d.budget, kind: "parameter", name: m.name, node: m.node, hadDefault: !given}, d.t.resolve(m.node), v)
	})
}

// givenValue is the value that the caller gave; null counts as none.
func (d *Deployment) givenValue(name string) (v value.Value, ok bool, err error) {
	g, found := d.given[d.givenName(name)]
	return g, found && g != nil, nil
}

// givenName is the name of a parameter as the caller spelled it.
func (d *Deployment) givenName(name string) string {
	if _, ok := d.given[name]; !ok {
		for k := range d.given {
			if strings.EqualFold(k, name) {
				return k
			}
		}
	}
	return name
}

// readGiven reads the values that the caller gave.
func (d *Deployment) readGiven(ctx context.Context) error {
	d.given = make(map[string]value.Value, len(d.opts.Parameters))
	for _, name := range slices.Sorted(maps.Keys(d.opts.Parameters)) {
		p := d.opts.Parameters[name]
		switch {
		case p.Secret != nil && d.opts.Secret != nil && !d.opts.HideSecrets:
			s, err := d.opts.Secret(ctx, *p.Secret)
			if err != nil {
				return fmt.Errorf("reading the secret %q of %s for the parameter %q: %w", p.Secret.Name, p.Secret.VaultID, name, err)
			}
			d.opts.Secrets.Add(s)
			d.given[name] = s
		case p.Secret != nil:
			d.given[name], _ = d.machine(ctx).Unknown("parameters(" + value.Literal(name) + ")")
		case len(p.Value) == 0:
			d.given[name] = nil
		case len(p.Value) > maxTemplate:
			return problemf(nil, "The value of the template parameter '%s' is too large. Limit: '%d' bytes and actual: '%d'.", name, maxTemplate, len(p.Value))
		default:
			v, err := document.ParseValue(p.Value)
			if err != nil {
				return problemf(nil, "The value of the template parameter '%s' is not valid JSON: %v", name, err)
			}
			d.given[name] = v
		}
	}
	return nil
}

// ParameterValue is a parameter of a deployment, with the value that it has there.
type ParameterValue struct {
	Name   string
	Type   string          // as the template spells it
	Secure bool            // whether the value is a secret or holds one
	Value  json.RawMessage // nil if Secure
}

// Parameters are all parameters of the template in their order, with what was given or is their default.
func (d *Deployment) Parameters() []ParameterValue {
	infos := d.t.Parameters()
	out := make([]ParameterValue, len(infos))
	for i, info := range infos {
		out[i] = ParameterValue{Name: info.Name, Type: info.Type, Secure: info.Secure}
		if m := d.parameters[value.Fold(info.Name)]; m != nil && !info.Secure {
			out[i].Value = value.Append(nil, m.v)
		}
	}
	return out
}
