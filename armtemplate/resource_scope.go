package armtemplate

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// splitUnknown splits a name outside of the expressions in it.
func splitUnknown(name string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range name {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth == 0 {
				parts = append(parts, name[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, name[start:])
}

// resourceScope is the id of what a resource lies in: the scope of the deployment, another that it names, or the resource
// that it extends.
func (p *place) resourceScope(r *Resource) (string, error) {
	if r.parent != nil {
		return r.parent.scope, nil
	}
	scope, err := p.stringMember(r.node, "scope")
	if err != nil {
		return "", err
	}
	switch {
	case scope == "/":
		return "", nil
	case strings.HasPrefix(scope, "/"):
		return scope, nil
	case strings.HasPrefix(scope, "["):
		return scope, nil
	case scope != "":
		return p.relativeScope(scope)
	}
	here, err := p.scopeOf(r.node)
	return here.ID(), err
}

// relativeScope is the id of type/name, in the order of a name or of an id.
func (p *place) relativeScope(scope string) (string, error) {
	if own := p.d.bySymbol[value.Fold(scope)]; len(own) == 1 {
		return own[0].ID, nil
	}
	base := p.d.Scope.ID()
	if strings.HasPrefix(strings.ToLower(scope), "microsoft.management/managementgroups/") {
		base = ""
	}
	parts := strings.Split(scope, "/")
	if len(parts) < 3 || len(parts)%2 == 0 {
		return "", problemf(nil, "The scope '%s' is not valid: a resource in the form type/name or an id is expected.", scope)
	}
	return base + "/providers/" + scope, nil
}

// scopeOf is the scope that a resource names with subscriptionId and resourceGroup, or that of the deployment.
func (p *place) scopeOf(n *document.Node) (Scope, error) {
	s := p.d.Scope
	if inner := nestedTemplate(n); inner != nil && p.d.Scope.Kind == ResourceGroup {
		if schema := inner.Get("$schema"); schema != nil && strings.Contains(strings.ToLower(schema.Text), "/subscriptiondeploymenttemplate.json") {
			s.Kind = Subscription
		}
	}
	subscription, err := p.stringMember(n, "subscriptionId")
	if err != nil {
		return s, err
	}
	group, err := p.stringMember(n, "resourceGroup")
	if err != nil {
		return s, err
	}
	if subscription != "" && !strings.EqualFold(subscription, s.SubscriptionID) {
		s = Scope{Kind: Subscription, TenantID: s.TenantID, TenantName: s.TenantName, CountryCode: s.CountryCode, SubscriptionID: subscription, ResourceGroup: s.ResourceGroup, ManagementGroup: s.ManagementGroup}
		if p.d.Scope.Kind == ResourceGroup && nestedTemplate(n) == nil {
			s.Kind = ResourceGroup
		}
	} else if subscription != "" && s.Kind != ResourceGroup {
		s.Kind = Subscription
	}
	if group != "" {
		if s.Kind != ResourceGroup || !strings.EqualFold(group, s.ResourceGroup) {
			s.Location, s.Tags = "", nil
		}
		s.Kind, s.ResourceGroup = ResourceGroup, group
	}
	return s, nil
}
