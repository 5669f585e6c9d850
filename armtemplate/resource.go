package armtemplate

import (
	"context"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Resource is one resource of a template: one turn of its loop, if it has one.
type Resource struct {
	Symbol     string // its name in a template with symbolic names; "" in others
	Type       string // with those of its parents: Microsoft.Network/virtualNetworks/subnets
	Name       string // with those of its parents: vnet/subnet
	ID         string
	APIVersion string
	// Existing is set for a resource that the template reads but does not deploy.
	Existing bool
	// Skipped is set if the resource's condition is false.
	Skipped bool
	// OnlyIfNotExists is set for a resource that is left as it is if there is one of its id already.
	OnlyIfNotExists bool
	// NullIfNotFound is set for a resource of which reference is null if it is not there.
	NullIfNotFound bool
	// RetryOn are the codes of errors after which the resource is to be made again, and Retries how often at most; 0 says
	// nothing of how often.
	RetryOn []string
	Retries int
	// DependsOn are the resources that must be done before: those that the template names, those that its expressions refer
	// to, and in a serial loop those of the batch before. Resources that are skipped are left out.
	DependsOn []*Resource
	// Loop is the name of the copy loop that the resource comes from, and Index its turn; "" and 0 if it comes from none.
	Loop  string
	Index int
	// Line and Column are where the resource stands in the template.
	Line, Column int

	d      *Deployment
	node   *document.Node
	loops  []loop
	scope  string // the id of what it lies in
	parent *Resource
	batch  int64  // how many turns of its loop are deployed at once; 0 if it comes from none
	short  string // the name without those of its parents

	plan   value.Value        // the body with what is known before the deployment
	refs   []*Resource        // what the body refers to by name, by symbol, or by id without an API version
	soft   []*Resource        // what it refers to by id with an API version, which makes no dependency if that would be a cycle
	waits  map[*Resource]bool // what is in DependsOn
	nested nestedState
}

// expand makes the resources of the template.
func (d *Deployment) expand(ctx context.Context) error {
	resources := d.t.root.Get("resources")
	p := &place{d: d, ctx: ctx, kind: inHeader}
	for _, n := range resources.Items {
		if err := d.expandOne(p, n, "", nil); err != nil {
			return err
		}
	}
	for _, m := range resources.Members {
		if err := d.expandOne(p, m.Value, m.Name, nil); err != nil {
			return err
		}
	}
	return nil
}

// expandOne unrolls the loop of one resource.
func (d *Deployment) expandOne(p *place, n *document.Node, symbol string, parent *Resource) error {
	loops := n.Get("copy")
	if loops == nil || loops.Kind != document.Object {
		return d.add(p, &Resource{Symbol: symbol, node: n, parent: parent})
	}
	fail := func(err error) error {
		return within(n, err, "The template resource '%s' at line '%d' and column '%d' is not valid", resourceLabel(n), n.Pos.Line, n.Pos.Column)
	}
	name, err := p.stringMember(loops, "name")
	if err != nil {
		return fail(err)
	}
	count, err := p.count(loops)
	if err != nil {
		return fail(err)
	}
	turns, known := count.(int64)
	if !known { // only a nested template whose parameters are not known yet: one resource stands for all
		index, _ := p.machine().Unknown("copyIndex()")
		return d.add(p.within(loop{name: name, index: index, own: true}), &Resource{Symbol: symbol, node: n, parent: parent, Loop: name})
	}
	batch, err := p.batchSize(loops, turns)
	if err != nil {
		return fail(err)
	}
	if turns == 0 {
		d.register(symbol, name, nil)
	}
	for i := range turns {
		r := &Resource{Symbol: symbol, node: n, parent: parent, Loop: name, Index: int(i), batch: batch}
		if err := d.add(p.within(loop{name: name, index: i, own: true}), r); err != nil {
			return err
		}
	}
	return nil
}

// register makes a symbol and a loop known.
func (d *Deployment) register(symbol, loop string, r *Resource) {
	if d.bySymbol == nil {
		d.bySymbol = map[string][]*Resource{}
	}
	names := []string{value.Fold(symbol), value.Fold(loop)}
	if names[0] == names[1] {
		names = names[:1]
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		of := d.bySymbol[name]
		if r != nil {
			of = append(of, r)
		}
		d.bySymbol[name] = of
	}
}

// add evaluates the header of a resource and adds it, and its children after it.
func (d *Deployment) add(p *place, r *Resource) error {
	n := r.node
	r.d, r.loops, r.Line, r.Column = d, p.loops, n.Pos.Line, n.Pos.Column
	if len(d.Resources) >= maxResources {
		return problemf(n, "The number of template resources limit exceeded. Limit: '%d' and actual: '%d'.", maxResources, len(d.Resources)+1)
	}
	err := p.condition(r)
	if err == nil {
		err = p.header(r)
	}
	if err != nil {
		if r.Skipped { // what is not deployed need not have a name
			r.Name, r.ID = "", ""
		} else {
			return within(n, err, "The template resource '%s' at line '%d' and column '%d' is not valid", resourceLabel(n), n.Pos.Line, n.Pos.Column)
		}
	}
	d.Resources = append(d.Resources, r)
	d.register(r.Symbol, r.Loop, r)
	children := n.Get("resources")
	if children == nil || children.Kind != document.Array || r.Name == "" {
		return nil
	}
	for _, child := range children.Items {
		if err := d.expandOne(p, child, "", r); err != nil {
			return err
		}
	}
	return nil
}

// condition decides whether a resource is deployed.
func (p *place) condition(r *Resource) error {
	if n := r.node.Get("existing"); n != nil && n.Value == true {
		r.Existing = true
	}
	if err := p.options(r); err != nil {
		return err
	}
	n := r.node.Get("condition")
	if n == nil {
		return nil
	}
	v, err := p.revealed().node(n)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case bool:
		r.Skipped = !v
	case string:
		if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return problemf(n, "The condition of the template resource '%s' at line '%d' and column '%d' must be a boolean.", resourceLabel(r.node), r.Line, r.Column)
		}
		r.Skipped = strings.EqualFold(v, "false")
	case *value.Unknown:
	default:
		return problemf(n, "The condition of the template resource '%s' at line '%d' and column '%d' must be a boolean. Its value is of type '%s'.", resourceLabel(r.node), r.Line, r.Column, value.TypeName(v))
	}
	return nil
}

// header computes what a resource is called and where it lies.
func (p *place) header(r *Resource) error {
	n := r.node
	var err error
	if r.Type, err = p.stringMember(n, "type"); err != nil {
		return err
	}
	if r.Name, err = p.stringMember(n, "name"); err != nil {
		return err
	}
	if r.APIVersion, err = p.stringMember(n, "apiVersion"); err != nil {
		return err
	}
	switch {
	case r.Type == "":
		return problemf(n, "The template resource '%s' at line '%d' and column '%d' is not valid. The type property cannot be null or empty.", r.Name, r.Line, r.Column)
	case strings.TrimSpace(r.Name) == "":
		return problemf(n, "The template resource '%s' at line '%d' and column '%d' is not valid. The name property cannot be null or empty.", r.Name, r.Line, r.Column)
	case r.APIVersion == "" && n.Get("apiVersion") == nil && p.d.t.root.Get("apiProfile").IsNull():
		return problemf(n, "The template resource '%s' at line '%d' and column '%d' is not valid. The api-version property is required.", r.Name, r.Line, r.Column)
	}
	r.short = r.Name
	switch {
	case r.parent == nil:
	case strings.Contains(strings.Split(r.Type, "/")[0], "."): // a full type: the resource stands by itself, wherever it is written
		r.parent = nil
	default:
		r.Type, r.Name = r.parent.Type+"/"+r.Type, r.parent.Name+"/"+r.Name
	}
	segments, names := strings.Split(r.Type, "/"), strings.Split(r.Name, "/")
	if strings.Contains(r.Name, "[") { // not known yet: a name of it may hold anything
		names = splitUnknown(r.Name)
	}
	if len(segments) != len(names)+1 && !strings.Contains(r.Name, "[") {
		return problemf(n, "The template resource '%s' for type '%s' at line '%d' and column '%d' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name.",
			r.Name, r.Type, r.Line, r.Column)
	}
	if r.scope, err = p.resourceScope(r); err != nil {
		return err
	}
	if len(segments) == len(names)+1 {
		r.ID = functions.JoinID(r.scope, segments, names)
	} else {
		r.ID = r.scope + "/providers/" + r.Type + "/" + r.Name
	}
	return nil
}

func (r *Resource) String() string { return fmt.Sprintf("%s %s", r.Type, r.Name) }

// place is where the body of the resource is evaluated.
func (r *Resource) place(ctx context.Context, resolver *Resolver) *place {
	literal := map[*document.Node]bool{}
	literalTemplates(r.node, literal)
	return &place{d: r.d, ctx: ctx, kind: inBody, loops: r.loops, resolver: resolver, self: r, literal: literal}
}
