package armtemplate

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// checkItems holds the elements of an array to prefixItems and items.
func (t *Template) checkItems(of subject, s schema, v []value.Value) error {
	prefix, items := s.get("prefixItems"), s.get("items")
	for i, e := range v {
		var n *document.Node
		switch {
		case prefix != nil && i < len(prefix.Items):
			n = prefix.Items[i]
		case items == nil || items.Value == true:
			continue
		case items.Value == false:
			return of.problem("The array has more than '%d' elements.", i)
		default:
			n = items
		}
		if err := t.check(of.member(fmt.Sprintf("[%d]", i)), t.resolve(n), e); err != nil {
			return err
		}
	}
	if prefix != nil && len(v) < len(prefix.Items) {
		return of.problem("The array has '%d' elements; '%d' are required.", len(v), len(prefix.Items))
	}
	return nil
}

// checkMembers holds the members of an object to properties, additionalProperties and discriminator.
func (t *Template) checkMembers(of subject, s schema, v *value.Object) error {
	if n := s.get("discriminator"); n != nil {
		return t.checkDiscriminator(of, s, n, v)
	}
	return t.checkProperties(of, s, v, "")
}

func (t *Template) checkDiscriminator(of subject, s schema, n *document.Node, v *value.Object) error {
	name := ""
	if p := n.Get("propertyName"); p != nil {
		name = p.Text
	}
	if tag, _ := v.Get(name); value.HasUnknown(tag) {
		return nil
	}
	variant := variantOf(n, v)
	if variant == nil {
		var names []string
		if mapping := n.Get("mapping"); mapping != nil {
			for _, m := range mapping.Members {
				names = append(names, m.Name)
			}
		}
		return of.problem("The property '%s' must be one of '%s'.", name, strings.Join(names, ","))
	}
	return t.checkProperties(of, append(t.resolve(variant), s...), v, name)
}

// variantOf is the type that the discriminator of an object names; nil if it names none.
func variantOf(discriminator *document.Node, v *value.Object) *document.Node {
	property, mapping := discriminator.Get("propertyName"), discriminator.Get("mapping")
	if property == nil || mapping == nil {
		return nil
	}
	tag, _ := v.Get(property.Text)
	for _, m := range mapping.Members { // with regard to case, unlike names
		if m.Name == tag {
			return m.Value
		}
	}
	return nil
}

// checkProperties holds members to their types; tag is the discriminator, which needs no declaration.
func (t *Template) checkProperties(of subject, s schema, v *value.Object, tag string) error {
	properties, additional := s.get("properties"), s.get("additionalProperties")
	if properties != nil {
		for _, m := range properties.Members {
			member := t.resolve(m.Value)
			e, ok := v.Get(m.Name)
			switch {
			case ok:
				if err := t.check(of.member("."+m.Name), member, e); err != nil {
					return err
				}
			case !member.nullable() && !strings.EqualFold(m.Name, tag):
				return of.problem("Expected to find a property named '%s'.", m.Name)
			}
		}
	}
	if additional == nil || additional.Value == true {
		return nil
	}
	for i := range v.Len() {
		name, e := v.At(i)
		if properties.Get(name) != nil || strings.EqualFold(name, tag) {
			continue
		}
		if additional.Kind != document.Object {
			return of.problem("The property '%s' is not permitted.", name)
		}
		if err := t.check(of.member("."+name), t.resolve(additional), e); err != nil {
			return err
		}
	}
	return nil
}
