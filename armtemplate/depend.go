package armtemplate

import (
	"context"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// index makes the resources known by name and id, and refuses two with one id.
func (d *Deployment) index() error {
	d.byName, d.byID, d.byPath = map[string][]*Resource{}, map[string]*Resource{}, map[string]*Resource{}
	for _, r := range d.Resources {
		if r.Name == "" {
			continue
		}
		name := value.Fold(r.Name)
		d.byName[name] = append(d.byName[name], r)
		if short := value.Fold(r.lastName()); short != name {
			d.byName[short] = append(d.byName[short], r)
		}
		for _, path := range []string{value.Fold(r.Type + "/" + r.Name), value.Fold(relativeID(r.ID))} {
			if d.byPath[path] == nil {
				d.byPath[path] = r
			}
		}
		id := value.Fold(r.ID)
		old, ok := d.byID[id]
		if ok && !r.Existing && !old.Existing && !r.Skipped && !old.Skipped && !strings.Contains(id, "[") {
			return problemf(r.node, "The resource '%s' at line '%d' and column '%d' is defined multiple times in a template.", relativeID(r.ID), r.Line, r.Column)
		}
		if !ok || old.Skipped || old.Existing {
			d.byID[id] = r
		}
	}
	return nil
}

// lastName is the name of a child without those of its parents, by which a template may call it too, wherever it stands.
func (r *Resource) lastName() string {
	if r.short != r.Name || strings.Contains(r.Name, "[") {
		return r.short
	}
	return r.Name[strings.LastIndex(r.Name, "/")+1:]
}

// relativeID is an id without its scope: Microsoft.Network/virtualNetworks/vnet.
func relativeID(id string) string {
	if at := strings.LastIndex(id, "/providers/"); at >= 0 {
		return id[at+len("/providers/"):]
	}
	return id
}

// order finds what depends on what, and refuses cycles.
func (d *Deployment) order(ctx context.Context) error {
	for _, r := range d.Resources {
		if r.Skipped {
			continue
		}
		if err := d.dependencies(ctx, r); err != nil {
			return err
		}
	}
	d.serialLoops()
	if err := d.checkCycles(); err != nil {
		return err
	}
	d.softDependencies()
	return nil
}

// dependencies collects what a resource names and what its body refers to.
func (d *Deployment) dependencies(ctx context.Context, r *Resource) error {
	n := r.node.Get("dependsOn")
	if !n.IsNull() {
		p := r.place(ctx, nil)
		p.kind = inHeader
		v, err := p.node(n)
		if err != nil {
			return within(r.node, err, "The template resource '%s' at line '%d' and column '%d' is not valid", r.Name, r.Line, r.Column)
		}
		entries, ok := v.([]value.Value)
		if _, unknown := v.(*value.Unknown); !ok && !unknown {
			return problemf(n, "The dependsOn of the template resource '%s' at line '%d' and column '%d' must be an array.", r.Name, r.Line, r.Column)
		}
		for i, e := range entries {
			n := n
			if i < len(n.Items) {
				n = n.Items[i]
			}
			switch e := e.(type) {
			case nil, *value.Unknown:
			case string:
				if err := d.dependsOn(r, n, e); err != nil {
					return err
				}
			default:
				return problemf(n, "The dependsOn of the template resource '%s' at line '%d' and column '%d' must hold strings. It holds a value of type '%s'.", r.Name, r.Line, r.Column, value.TypeName(e))
			}
		}
	}
	for _, on := range r.refs {
		r.depend(on)
	}
	return nil
}

func (r *Resource) depend(on *Resource) {
	if on == r || on.Skipped || r.waits[on] {
		return
	}
	if r.waits == nil {
		r.waits = map[*Resource]bool{}
	}
	r.waits[on] = true
	r.DependsOn = append(r.DependsOn, on)
}

// dependsOn resolves one entry: an id, a symbol or loop, type/name in either order, or a name.
func (d *Deployment) dependsOn(r *Resource, n *document.Node, entry string) error {
	if entry == "" {
		return nil
	}
	found := d.targets(entry)
	if found == nil {
		if strings.Contains(entry, "[") { // a name that is not known yet
			return nil
		}
		if strings.Contains(entry, "/") {
			return problemf(n, "The resource '%s' is not defined in the template.", relativeID(entry))
		}
		return problemf(n, "The template reference '%s' is not valid: could not find template resource or resource copy with this name.", entry)
	}
	if err := d.budget.Spend(len(found)); err != nil {
		return at(n, err)
	}
	for _, on := range found {
		if on == r && len(found) == 1 {
			return problemf(n, "%s", r.selfReference())
		}
		r.depend(on)
	}
	return nil
}

// selfReference is ARM's message for a resource that waits for itself, or asks for what it is before it is made
// (github.com/MicrosoftDocs/azure-docs/issues/45142).
func (r *Resource) selfReference() string {
	return "The template resource '" + relativeID(r.ID) + "' cannot reference itself."
}

// targets are the resources that an entry of dependsOn means; nil if there are none in the template.
func (d *Deployment) targets(entry string) []*Resource {
	if strings.HasPrefix(entry, "/") {
		if r := d.byID[value.Fold(strings.TrimSuffix(entry, "/"))]; r != nil {
			return []*Resource{r}
		}
		return nil
	}
	if loop, ok := d.bySymbol[value.Fold(entry)]; ok {
		if loop == nil {
			loop = []*Resource{}
		}
		return loop
	}
	if symbol, index, ok := cutIndex(entry); ok {
		for _, r := range d.bySymbol[value.Fold(symbol)] {
			if r.Index == index {
				return []*Resource{r}
			}
		}
	}
	if named := d.named(entry); len(named) > 0 {
		return named
	}
	if r := d.byPath[value.Fold(entry)]; r != nil {
		return []*Resource{r}
	}
	return nil
}
