package armtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Template is a template that was read and checked; it is safe for use by several goroutines.
type Template struct {
	root *document.Node
	kind ScopeKind
	// v2 is set from language version 2.0 on: types with properties, user functions that call others, null parameters.
	v2        bool
	symbolic  bool // resources are named by symbols
	functions map[string]*document.Node
}

// Parse reads a template and checks what can be checked without parameters: its form, its expressions, and the functions
// that they call. Errors are of type [*Error].
func Parse(text []byte) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, (&Template{}).invalid(problemf(nil, "The template is too large. Limit: '%d' bytes and actual: '%d'.", maxTemplate, len(text)))
	}
	root, err := document.Parse(text)
	if err != nil {
		e := &Error{Code: CodeInvalidTemplate, Message: "Deployment template parse failed: '" + err.Error() + "'."}
		if d, ok := errors.AsType[*document.Error](err); ok {
			e.Line, e.Column = d.Pos.Line, d.Pos.Column
		}
		return nil, e
	}
	return parse(root)
}

// parse checks a document.
func parse(root *document.Node) (*Template, error) {
	t := &Template{root: root}
	err := t.checkForm()
	if err == nil {
		err = t.readFunctions()
	}
	if err == nil {
		err = t.checkExpressions()
	}
	if err != nil {
		return nil, t.invalid(err)
	}
	return t, nil
}

// members are those that a template can have.
var members = []string{"$schema", "contentversion", "languageversion", "apiprofile", "metadata", "definitions", "parameters", "functions", "variables",
	"resources", "outputs", "imports", "extensions", "asserts", "$id", "comments", "handler"}

var (
	schemaURL      = regexp.MustCompile(`(?i)^https?://schema\.management\.azure\.com/schemas/([^/]+)/([a-z.]+)\.json#?$`)
	schemaVersions = []string{"2014-04-01-preview", "2015-01-01", "2018-05-01", "2019-04-01", "2019-08-01"}
	schemaKinds    = map[string]ScopeKind{
		"deploymenttemplate": ResourceGroup, "subscriptiondeploymenttemplate": Subscription,
		"managementgroupdeploymenttemplate": ManagementGroup, "tenantdeploymenttemplate": Tenant,
	}
)

// languageVersions are those that Azure documents, and that Bicep writes for its experimental features.
var languageVersions = []string{"1.0", "1.9-experimental", "1.10-experimental", "2.0", "2.1-experimental", "2.2-experimental"}

// checkForm holds the top level of the template to what ARM takes.
func (t *Template) checkForm() error {
	if t.root.Kind != document.Object {
		return problemf(t.root, "The template must be an object.")
	}
	for _, m := range t.root.Members {
		if !slices.Contains(members, value.Fold(m.Name)) {
			return problemf(m.Value, "Could not find member '%s' on object of type 'Template'. Path '%s', line %d, position %d.", m.Name, m.Name, m.Pos.Line, m.Pos.Column)
		}
	}
	for _, name := range []string{"$schema", "contentVersion", "resources"} {
		if t.root.Get(name) == nil {
			return problemf(t.root, "Required property '%s' not found in JSON. Path '', line %d, position %d.", name, t.root.Pos.Line, t.root.Pos.Column)
		}
	}
	if err := t.checkSchema(t.root.Get("$schema")); err != nil {
		return err
	}
	if n := t.root.Get("languageVersion"); !n.IsNull() {
		if !slices.ContainsFunc(languageVersions, func(v string) bool { return strings.EqualFold(v, n.Text) }) {
			return problemf(n, "The template language version '%s' is not supported. Supported versions are '%s'.", functions.Text(n.Literal()), strings.Join(languageVersions, ","))
		}
		t.v2 = n.Text != "1.0"
	}
	t.symbolic = t.root.Get("resources").Kind == document.Object
	if t.symbolic && !t.v2 {
		return problemf(t.root.Get("resources"), "The resources of a template must be an array unless languageVersion is 2.0.")
	}
	for _, name := range []string{"parameters", "variables", "outputs", "definitions"} {
		if n := t.root.Get(name); !n.IsNull() && n.Kind != document.Object {
			return problemf(n, "The '%s' of a template must be an object.", name)
		}
	}
	if n := t.root.Get("functions"); !n.IsNull() && n.Kind != document.Array {
		return problemf(n, "The 'functions' of a template must be an array.")
	}
	for _, name := range []string{"imports", "extensions"} {
		if err := checkExtensions(t.root.Get(name)); err != nil {
			return err
		}
	}
	return t.checkCounts()
}

func (t *Template) checkSchema(n *document.Node) error {
	m := schemaURL.FindStringSubmatch(n.Text)
	if m == nil || !slices.Contains(schemaVersions, strings.ToLower(m[1])) {
		return problemf(n, "Template schema '%s' is not supported. Supported versions are '%s'.", n.Text, strings.Join(schemaVersions, ","))
	}
	if t.kind = schemaKinds[strings.ToLower(m[2])]; t.kind == "" {
		t.kind = ResourceGroup // other names are taken, as ARM takes them
	}
	return nil
}

// checkExtensions refuses the extensions that are not Azure's own.
func checkExtensions(n *document.Node) error {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		name := m.Name
		for _, member := range []string{"provider", "name"} {
			if of := m.Value.Get(member); !of.IsNull() {
				name = of.Text
			}
		}
		if !slices.Contains([]string{"az", "sys", "azureresourcemanager"}, value.Fold(name)) {
			return unsupported(m.Value, "The extension '%s' is not supported: only resources of Azure Resource Manager are.", name)
		}
	}
	return nil
}

func (t *Template) checkCounts() error {
	for _, l := range []struct {
		name string
		most int
	}{{"parameters", maxParameters}, {"variables", maxVariables}, {"outputs", maxOutputs}} {
		if n := t.root.Get(l.name); n != nil && len(n.Members) > l.most {
			return problemf(n, "The number of template %s limit exceeded. Limit: '%d' and actual: '%d'.", l.name, l.most, len(n.Members))
		}
	}
	return nil
}

// JSON is the template without comments, as every reader of JSON takes it.
func (t *Template) JSON() json.RawMessage { return value.Append(nil, t.root.Literal()) }

// ScopeKind is the kind of place that the template's $schema is for.
func (t *Template) ScopeKind() ScopeKind { return t.kind }

// Evaluate computes everything that is known before the deployment runs. Errors are of type [*Error]; one wraps what
// Options.Secret returned, if that failed.
func (t *Template) Evaluate(ctx context.Context, o Options) (*Deployment, error) {
	o = o.withDefaults(t.kind)
	budget := &eval.Budget{Steps: o.Limits.Steps, Bytes: o.Limits.Bytes}
	d := &Deployment{t: t, opts: o, budget: budget, Scope: o.Scope, Name: o.Name}
	if err := d.readGiven(ctx); err != nil {
		return nil, d.invalid(err)
	}
	if err := d.prepare(ctx); err != nil {
		return nil, d.invalid(err)
	}
	return d, nil
}
