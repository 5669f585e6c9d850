package network

import (
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// security is a network security group's properties. Its rules are resources of their own: SecurityRules is what a request
// says.
type security struct {
	FlushConnection      *bool       `json:"flushConnection,omitempty"`
	SecurityRules        *[]ruleRow  `json:"securityRules,omitempty"`
	DefaultSecurityRules []ruleRow   `json:"defaultSecurityRules,omitempty"`
	Subnets              []reference `json:"subnets,omitempty"`
	ResourceGUID         string      `json:"resourceGuid,omitempty"`
	ProvisioningState    string      `json:"provisioningState,omitempty"`
}

// ruleRow is a rule within its group.
type ruleRow struct {
	Name       string `json:"name"`
	ID         string `json:"id,omitempty"`
	Etag       string `json:"etag,omitempty"`
	Type       string `json:"type,omitempty"`
	Properties *rule  `json:"properties,omitempty"`
}

// rule is a security rule's properties.
type rule struct {
	Description                          string      `json:"description,omitempty"`
	Protocol                             string      `json:"protocol"`
	SourcePortRange                      string      `json:"sourcePortRange,omitempty"`
	DestinationPortRange                 string      `json:"destinationPortRange,omitempty"`
	SourceAddressPrefix                  string      `json:"sourceAddressPrefix,omitempty"`
	DestinationAddressPrefix             string      `json:"destinationAddressPrefix,omitempty"`
	Access                               string      `json:"access"`
	Priority                             int         `json:"priority"`
	Direction                            string      `json:"direction"`
	SourcePortRanges                     []string    `json:"sourcePortRanges"`
	DestinationPortRanges                []string    `json:"destinationPortRanges"`
	SourceAddressPrefixes                []string    `json:"sourceAddressPrefixes"`
	DestinationAddressPrefixes           []string    `json:"destinationAddressPrefixes"`
	SourceApplicationSecurityGroups      []reference `json:"sourceApplicationSecurityGroups,omitempty"`
	DestinationApplicationSecurityGroups []reference `json:"destinationApplicationSecurityGroups,omitempty"`
	ProvisioningState                    string      `json:"provisioningState,omitempty"`
}

// defaultRules are those that each group has, below all others
// (learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules).
var defaultRules = []struct {
	name, description, source, destination, access, direction string
	priority                                                  int
}{
	{"AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", "Inbound", 65000},
	{"AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "AzureLoadBalancer", "*", "Allow", "Inbound", 65001},
	{"DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny", "Inbound", 65500},
	{"AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", "Outbound", 65000},
	{"AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet", "Allow", "Outbound", 65001},
	{"DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny", "Outbound", 65500},
}

// accept checks the rules that the group will have: those that the request names, and none if it names none.
func (g *security) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	g.DefaultSecurityRules, g.Subnets, g.ResourceGUID, g.ProvisioningState = nil, nil, "", ""
	c.next.sku, c.next.zones = nil, nil // a group has neither
	var rows []ruleRow
	if g.SecurityRules != nil {
		rows = *g.SecurityRules
	}
	g.SecurityRules = nil
	var ids []arm.ResourceID
	var rules []*rule
	for _, row := range rows {
		if row.Properties == nil {
			row.Properties = &rule{}
		}
		id := c.id.Child("securityRules", row.Name)
		if err := checkName(id); err != nil {
			return nil, err
		}
		if err := row.Properties.check(c, id); err != nil {
			return nil, err
		}
		for i, other := range rules {
			if err := conflict(id, row.Properties, ids[i], other); err != nil {
				return nil, err
			}
		}
		ids, rules = append(ids, id), append(rules, row.Properties)
	}
	return func() ([]arm.ResourceID, error) {
		for _, res := range s.below(c.id, ruleType) {
			s.core.Delete(res.ID)
		}
		for i, id := range ids {
			it := &item{etag: newEtag(), state: updating, def: rules[i]}
			if _, err := s.core.Put(arm.Resource{ID: id, ProvisioningState: updating, Value: it}); err != nil {
				return nil, err
			}
		}
		return ids, nil
	}, nil
}

// check checks one rule by itself.
func (n *rule) check(c *change, id arm.ResourceID) error {
	at := *c
	at.id = id
	n.ProvisioningState = ""
	if n.Priority < 100 || n.Priority > 4096 {
		return arm.BadRequest("SecurityRuleInvalidPriority", "Security rule %s has the priority %d. It must be from 100 to 4096.", id, n.Priority)
	}
	for _, field := range []struct {
		name  string
		value *string
		words []string
	}{
		{"protocol", &n.Protocol, []string{"*", "Tcp", "Udp", "Icmp", "Esp", "Ah"}},
		{"access", &n.Access, []string{"Allow", "Deny"}},
		{"direction", &n.Direction, []string{"Inbound", "Outbound"}},
	} {
		if *field.value == "" {
			return arm.BadRequest("InvalidRequestFormat", "Cannot parse the request: '%s' of security rule %s is required.", field.name, id)
		}
		word, err := oneOf(&at, field.name, *field.value, field.words...)
		if err != nil {
			return err
		}
		*field.value = word
	}
	for _, field := range []struct {
		name string
		one  string
		many *[]string
	}{
		{"sourcePortRange", n.SourcePortRange, &n.SourcePortRanges},
		{"destinationPortRange", n.DestinationPortRange, &n.DestinationPortRanges},
		{"sourceAddressPrefix", n.SourceAddressPrefix, &n.SourceAddressPrefixes},
		{"destinationAddressPrefix", n.DestinationAddressPrefix, &n.DestinationAddressPrefixes},
	} {
		if field.one == "" && len(*field.many) == 0 && !n.byGroup(field.name) {
			return arm.BadRequest("SecurityRuleParameterMissing", "Security rule %s must say its '%s'.", id, field.name)
		}
		if *field.many == nil {
			*field.many = []string{}
		}
	}
	return nil
}

// byGroup reports whether application security groups stand in for an address.
func (n *rule) byGroup(field string) bool {
	return field == "sourceAddressPrefix" && len(n.SourceApplicationSecurityGroups) > 0 ||
		field == "destinationAddressPrefix" && len(n.DestinationApplicationSecurityGroups) > 0
}

// conflict is the refusal of a rule that has the priority and direction of another, or its name.
func conflict(id arm.ResourceID, n *rule, otherID arm.ResourceID, other *rule) error {
	if id.Key() == otherID.Key() || n.Priority == other.Priority && strings.EqualFold(n.Direction, other.Direction) {
		return arm.BadRequest("SecurityRuleConflict", "Security rule %s conflicts with rule %s. Rules cannot have the same Priority and Direction.", id.Name(), otherID.Name())
	}
	return nil
}

func (g *security) show(s *service, id arm.ResourceID, it *item) any {
	out := *g
	rows := []ruleRow{}
	for _, res := range s.below(id, ruleType) {
		v := s.view(res)
		rows = append(rows, ruleRow{Name: v.Name, ID: v.ID, Etag: v.Etag, Type: v.Type, Properties: v.Properties.(*rule)})
	}
	out.SecurityRules, out.DefaultSecurityRules = &rows, defaultsOf(id, it)
	out.Subnets, out.ResourceGUID, out.ProvisioningState = s.subnetsOf(id), it.guid, it.state
	return &out
}

func defaultsOf(group arm.ResourceID, it *item) []ruleRow {
	var rows []ruleRow
	for _, d := range defaultRules {
		rows = append(rows, ruleRow{
			Name: d.name, ID: group.String() + "/defaultSecurityRules/" + d.name, Etag: it.etag, Type: securityType + "/defaultSecurityRules",
			Properties: &rule{
				Description: d.description, Protocol: "*", SourcePortRange: "*", DestinationPortRange: "*",
				SourceAddressPrefix: d.source, DestinationAddressPrefix: d.destination, Access: d.access, Priority: d.priority, Direction: d.direction,
				SourcePortRanges: []string{}, DestinationPortRanges: []string{}, SourceAddressPrefixes: []string{}, DestinationAddressPrefixes: []string{},
				ProvisioningState: arm.Succeeded,
			},
		})
	}
	return rows
}

func (g *security) release(s *service, id arm.ResourceID, _ bool) error {
	if users := append(s.subnetsOf(id), s.keptUsers(id)...); len(users) > 0 {
		return arm.BadRequest("InUseNetworkSecurityGroupCannotBeDeleted",
			"Network security group %s cannot be deleted because it is in use by the following resources: %s. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.", id, users[0].ID)
	}
	return nil
}

// putRule creates or replaces one rule of a group.
func (s *service) putRule(r *arm.Request) (*arm.Response, error) {
	var body struct{ Properties rule }
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store(r, arm.Resource{ID: r.ResourceID()}, &item{def: &body.Properties})
}

func (n *rule) accept(s *service, c *change) (func() ([]arm.ResourceID, error), error) {
	if err := n.check(c, c.id); err != nil {
		return nil, err
	}
	group, _ := c.id.Parent()
	for _, res := range s.below(group, ruleType) {
		if res.ID.Key() == c.id.Key() {
			continue
		}
		if err := conflict(c.id, n, res.ID, res.Value.(*item).def.(*rule)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (n *rule) show(_ *service, _ arm.ResourceID, it *item) any {
	out := *n
	out.ProvisioningState = it.state
	return &out
}

func (n *rule) release(*service, arm.ResourceID, bool) error { return nil }

// group finds the security group of a path that goes on below it.
func (s *service) group(r *arm.Request) (arm.ResourceID, *item, error) {
	id := r.ResourceID()
	if len(id.Types) > 1 {
		id, _ = id.Parent()
	}
	res, ok := s.core.Get(id)
	if !ok {
		return id, nil, arm.ResourceNotFound(id)
	}
	return res.ID, res.Value.(*item), nil
}

func (s *service) listDefaults(r *arm.Request) (*arm.Response, error) {
	id, it, err := s.group(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: arm.List[ruleRow]{Value: defaultsOf(id, it)}}, nil
}

func (s *service) getDefault(r *arm.Request) (*arm.Response, error) {
	id, it, err := s.group(r)
	if err != nil {
		return nil, err
	}
	for _, row := range defaultsOf(id, it) {
		if strings.EqualFold(row.Name, r.Params["defaultSecurityRuleName"]) {
			return &arm.Response{Body: row}, nil
		}
	}
	return nil, s.notFound(r.ResourceID())
}
