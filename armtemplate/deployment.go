package armtemplate

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/eval"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Deployment is a template with its parameters: what is to be deployed, and in which order. It is not safe for use by several
// goroutines: they must take turns in calling its methods and those of its resources.
type Deployment struct {
	// Resources are all resources of the template, loops unrolled and children after their parents, in the order of the
	// template. Some are not to be deployed: see Resource.Skipped and Resource.Existing.
	Resources []*Resource
	Scope     Scope // where it is deployed to
	Name      string

	t          *Template
	opts       Options
	budget     *eval.Budget
	given      map[string]value.Value
	parameters map[string]*memo
	variables  map[string]*memo
	// The same with secrets as expressions, for Options.HideSecrets; shownGiven is nil where given has no secrets but those of
	// secure parameters.
	shownGiven      map[string]value.Value
	shownParameters map[string]*memo
	shownVariables  map[string]*memo
	parent          *Deployment // of a nested template
	outer           bool        // whether it is nested and its expressions mean the parameters of its parent
	depth           int
	literal         func() value.Value // the template as deployment() has it
	size            int                // of all bodies, as JSON

	bySymbol map[string][]*Resource // by symbol or by name of the loop, in lower case
	byName   map[string][]*Resource
	byID     map[string]*Resource
	byPath   map[string]*Resource // by type/name in either order
}

// invalid makes the error that leaves the package of one about the deployment, without secrets.
func (d *Deployment) invalid(err error) error { return d.masked(d.t.invalid(err)) }

// masked takes secrets out of an error.
func (d *Deployment) masked(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	for _, text := range []*string{&e.Message, &e.Target, &e.Expression, &e.Path} {
		*text = d.opts.Secrets.Mask(*text)
	}
	return e
}

// prepare computes what is known before the deployment, in this order:
//
//	parameters ──▶ variables ──▶ headers ──────────▶ bodies ───────────▶ order
//	given, or       all, used     loop, condition,    with unknowns for    dependsOn, and what
//	their default   or not        name, type, scope   what runs later      the bodies refer to
//
// Parameters and variables ask for each other on the way (see memo). The bodies are evaluated once more, with a resolver, when
// their turn comes; the outputs only then.
func (d *Deployment) prepare(ctx context.Context) error {
	d.literal = sync.OnceValue(d.t.root.Literal)
	d.readVariables()
	if err := d.readParameters(ctx); err != nil {
		return err
	}
	if err := d.evaluateVariables(ctx); err != nil {
		return err
	}
	if err := d.expand(ctx); err != nil {
		return err
	}
	if err := d.index(); err != nil {
		return err
	}
	if err := d.evaluateBodies(ctx); err != nil {
		return err
	}
	return d.order(ctx)
}

// readVariables finds the variables and the loops among them.
func (d *Deployment) readVariables() {
	d.variables, d.shownVariables = map[string]*memo{}, map[string]*memo{}
	n := d.t.root.Get("variables")
	if n == nil {
		return
	}
	for _, m := range n.Members {
		if !isLoops(m) {
			d.addVariable(memo{node: m.Value, name: m.Name})
			continue
		}
		for _, l := range m.Value.Items {
			d.addVariable(memo{node: l, loop: l, name: l.Get("name").Text})
		}
	}
}

func (d *Deployment) addVariable(m memo) {
	shown := m
	d.variables[value.Fold(m.name)], d.shownVariables[value.Fold(m.name)] = &m, &shown
}

// evaluateVariables evaluates all variables, as ARM does, even those that nothing uses.
func (d *Deployment) evaluateVariables(ctx context.Context) error {
	n := d.t.root.Get("variables")
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		names := []string{m.Name}
		if isLoops(m) {
			names = nil
			for _, l := range m.Value.Items {
				names = append(names, l.Get("name").Text)
			}
		}
		for _, name := range names {
			if _, err := d.variable(ctx, name, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// variable is the value of a variable; plain is that of a place.
func (d *Deployment) variable(ctx context.Context, name string, plain bool) (value.Value, error) {
	of := d.variables
	if d.opts.HideSecrets && !plain {
		of = d.shownVariables
	}
	m, ok := of[value.Fold(name)]
	if !ok {
		return nil, value.Errorf("The template variable '%s' is not found.", name)
	}
	return m.get("variable", func() (value.Value, error) {
		p := &place{d: d, ctx: ctx, kind: inVariable, plain: plain}
		var v value.Value
		var err error
		if m.loop != nil {
			v, err = p.unroll(m.loop, m.name, false)
		} else {
			v, err = p.node(m.node)
		}
		if err != nil {
			return nil, within(m.node, err, "The template variable '%s' is not valid", m.name)
		}
		return v, nil
	})
}

// Batches are the resources that are to be deployed, those of one batch at once: each depends on resources of earlier
// batches alone. Resources that exist already are left out.
func (d *Deployment) Batches() [][]*Resource {
	level := map[*Resource]int{}
	var of func(r *Resource) int
	of = func(r *Resource) int { // there are no cycles: order has checked
		if n, ok := level[r]; ok {
			return n
		}
		n := 0
		for _, on := range r.DependsOn {
			step := 1
			if on.Existing {
				step = 0
			}
			n = max(n, of(on)+step)
		}
		level[r] = n
		return n
	}
	var out [][]*Resource
	for _, r := range d.Resources {
		if r.Skipped || r.Existing {
			continue
		}
		n := of(r)
		for len(out) <= n {
			out = append(out, nil)
		}
		out[n] = append(out[n], r)
	}
	return out
}

func randomGUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return functions.GUID(id)
}

const deploymentType = "Microsoft.Resources/deployments"

// nestedTemplate is the template inside a resource that is a deployment; nil if it is none.
func nestedTemplate(r *document.Node) *document.Node {
	if n := r.Get("type"); n == nil || !strings.EqualFold(n.Text, deploymentType) {
		return nil
	}
	if n := r.Get("properties").Get("template"); n != nil && n.Kind == document.Object {
		return n
	}
	return nil
}

// isInner reports whether a nested template is evaluated in its own scope.
func isInner(r *document.Node) bool {
	n := r.Get("properties").Get("expressionEvaluationOptions").Get("scope")
	return n != nil && strings.EqualFold(n.Text, "inner")
}

// literalTemplates collects the nested templates below a resource whose expressions are not evaluated with those of the
// resource: those that have a scope of their own, and what an outer scope ignores.
func literalTemplates(r *document.Node, into map[*document.Node]bool) {
	inner := nestedTemplate(r)
	if inner == nil {
		return
	}
	if isInner(r) {
		into[inner] = true
		return
	}
	for _, name := range ignoredSections {
		if n := inner.Get(name); n != nil {
			into[n] = true
		}
	}
	resources := inner.Get("resources")
	if resources == nil {
		return
	}
	for _, child := range resources.Items {
		literalTemplates(child, into)
	}
	for _, m := range resources.Members {
		literalTemplates(m.Value, into)
	}
}

// ignoredSections are the parts of a nested template that have no meaning in the outer scope.
var ignoredSections = []string{"parameters", "variables", "functions"}
