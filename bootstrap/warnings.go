package bootstrap

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/armtemplate"
)

// warnings name what is wrong with a template, though Azure deploys it. Each is a check on what the template evaluates to.
func (s *state) warnings(ctx context.Context) ([]string, error) {
	if s.request.ours() {
		return nil, nil
	}
	var all []string
	for _, check := range []func() []string{
		s.plainSecrets, s.leaks, s.plainPlaces, s.lostParts, s.noWayOut, s.broadRoles, s.unstableAssignments, s.earlyContainers, s.groupWarnings, s.reservedNames,
	} {
		all = append(all, check()...)
	}
	placed, err := s.mixedLocations(ctx)
	if err != nil {
		return nil, err
	}
	addresses, err := s.absentAddresses(ctx)
	if err != nil {
		return nil, err
	}
	all = append(append(all, placed...), addresses...)
	if s.request.Commented {
		all = append(all, "the template has comments: az and Pacific read them, other tools may not")
	}
	return all, nil
}

// noWayOut are the subnets for container groups from which nothing leads out: a NAT gateway is the only way that is
// supported (learn.microsoft.com/azure/container-instances/container-instances-virtual-network-concepts).
func (s *state) noWayOut() []string {
	var all []string
	check := func(name string, properties any) {
		if delegated(properties) && member(properties, "natGateway") == nil {
			all = append(all, fmt.Sprintf("subnet %s has no NAT gateway: containers in it cannot reach Prefect", name))
		}
	}
	for _, r := range s.resources {
		switch r.kind {
		case KindSubnet:
			check(r.name, r.body["properties"])
		case KindNetwork:
			for _, subnet := range list(member(r.body["properties"], "subnets")) {
				name, _ := member(subnet, "name").(string)
				check(r.name+"/"+name, member(subnet, "properties"))
			}
		}
	}
	return all
}

// delegated reports whether a subnet with these properties is one for container groups.
func delegated(properties any) bool {
	return slices.ContainsFunc(list(member(properties, "delegations")), func(d any) bool {
		service, _ := member(member(d, "properties"), "serviceName").(string)
		return strings.EqualFold(service, "Microsoft.ContainerInstance/containerGroups")
	})
}

// broad are built-in roles that allow far more than to read secrets.
var broad = map[string]string{
	"b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
	"00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
	string(access.Contributor):             "Contributor",
}

// broadRoles are role assignments that give more than reading secrets needs, or give it on more than one resource.
func (s *state) broadRoles() []string {
	var all []string
	for _, r := range s.of(KindAssignment) {
		role, _ := member(r.body["properties"], "roleDefinitionId").(string)
		id := strings.ToLower(lastSegment(role))
		if name := broad[id]; name != "" {
			all = append(all, fmt.Sprintf("role assignment %s gives the role %s: to read secrets, Key Vault Secrets User is enough", lastSegment(r.name), name))
		}
		scope, _, _ := strings.Cut(r.id, "/providers/Microsoft.Authorization/roleAssignments/")
		if strings.EqualFold(scope, s.request.groupID()) {
			all = append(all, fmt.Sprintf("role assignment %s is for the whole resource group: assign the role on the key vault alone", lastSegment(r.name)))
		}
	}
	return all
}

// unstableAssignments are role assignments whose name does not follow from their principal: once the principal is made
// again, the next deployment fails.
func (s *state) unstableAssignments() []string {
	var all []string
	for _, r := range s.of(KindAssignment) {
		principal, _ := member(r.body["properties"], "principalId").(string)
		if unknown(principal) && !unknown(lastSegment(r.name)) && !unknown(r.name) {
			all = append(all, fmt.Sprintf("the name of role assignment %s does not follow from the principal: after the identity was deleted and made again, the next deployment fails", lastSegment(r.name)))
		}
	}
	return all
}

// earlyContainers are container groups that do not wait for the role assignments of their identities.
func (s *state) earlyContainers() []string {
	var all []string
	for _, r := range s.evaluated.Resources {
		if kindOf(r.Type) != KindWorker || r.Skipped {
			continue
		}
		i := slices.IndexFunc(s.resources, func(one *resource) bool { return one.id == r.ID })
		if i < 0 || member(s.resources[i].body["identity"], "userAssignedIdentities") == nil {
			continue
		}
		waits, assigns := false, len(s.of(KindAssignment)) > 0
		seen := slices.Clone(r.DependsOn)
		for n := 0; n < len(seen); n++ {
			waits = waits || kindOf(seen[n].Type) == KindAssignment || strings.EqualFold(seen[n].Type, deploymentType)
			for _, on := range seen[n].DependsOn {
				if !slices.Contains(seen, on) {
					seen = append(seen, on)
				}
			}
		}
		if assigns && !waits {
			all = append(all, fmt.Sprintf("container group %s does not depend on the role assignment: it can start before its identity has its rights", r.Name))
		}
	}
	return all
}

// groupWarnings are about single container groups.
func (s *state) groupWarnings() []string {
	var all []string
	for _, r := range s.of(KindWorker) {
		properties := r.body["properties"]
		if member(properties, "restartPolicy") == nil {
			all = append(all, fmt.Sprintf("container group %s names no restart policy: it is Always", r.name))
		}
		for _, c := range containersOf(r) {
			name, _ := c["name"].(string)
			if len(list(c["ports"])) > 0 && member(properties, "ipAddress") == nil {
				all = append(all, fmt.Sprintf("container %s of %s opens ports, but the group has no IP address to open them on", name, r.name))
			}
			image, _ := c["image"].(string)
			if _, tag, ok := strings.Cut(lastSegment(image), ":"); !strings.Contains(image, "@") && !unknown(image) && (!ok || tag == "latest") {
				all = append(all, fmt.Sprintf("image %s is not pinned: it may be another one at each start", image))
			}
			var words []string
			for _, word := range list(c["command"]) {
				text, _ := word.(string)
				words = append(words, text)
			}
			if strings.Contains(strings.Join(words, " "), "prefect agent start") {
				all = append(all, fmt.Sprintf("container %s of %s starts an agent, which Prefect 3 does not have: start a worker", name, r.name))
			}
		}
	}
	return all
}

// reservedNames are the vaults whose names are held after a delete.
func (s *state) reservedNames() []string {
	var all []string
	for _, r := range s.of(KindVault) {
		all = append(all, fmt.Sprintf("the name of key vault %s stays taken after it is deleted, until it is purged; a run of this command recovers it", r.name))
	}
	return all
}

// elsewhere is a region that no template names.
const elsewhere = "pacificregion"

// mixedLocations compares where the resources are if the parameter location says another region than the group's.
func (s *state) mixedLocations(ctx context.Context) ([]string, error) {
	other := *s
	region := false
	for _, p := range s.template.Parameters() {
		region = region || strings.EqualFold(p.Name, "location")
	}
	if !region {
		return nil, nil
	}
	text, err := json.Marshal(elsewhere)
	if err != nil {
		return nil, err
	}
	given := maps.Clone(s.request.Parameters)
	maps.DeleteFunc(given, func(name string, _ armtemplate.Parameter) bool { return strings.EqualFold(name, "location") })
	if given == nil {
		given = armtemplate.Parameters{}
	}
	given["location"] = armtemplate.Parameter{Value: text}
	other.request.Parameters = given
	if err := other.evaluate(ctx); err != nil {
		return nil, nil //nolint:nilerr // it may hold the region to a list: then it cannot be told
	}
	var stay []string
	moved := false
	for _, r := range other.resources {
		switch place, _ := r.body["location"].(string); {
		case place == elsewhere:
			moved = true
		case place != "" && !unknown(place):
			stay = append(stay, fmt.Sprintf("%s %s", r.kind, r.name))
		}
	}
	if !moved || len(stay) == 0 {
		return nil, nil
	}
	return []string{"the parameter location does not count for " + strings.Join(stay, ", ") + ": they go where the resource group is"}, nil
}

// addressOf finds the container group in an expression that reads its address.
var addressOf = regexp.MustCompile(`reference\('([^']*/containerGroups/[^']+)'.*ipAddress`)

// absentAddresses are outputs that read the address of a container group which asks for none.
func (s *state) absentAddresses(ctx context.Context) ([]string, error) {
	outputs, err := s.evaluated.Outputs(ctx, nil)
	if err != nil {
		return nil, &TemplateError{err}
	}
	var all []string
	for _, o := range outputs {
		m := addressOf.FindStringSubmatch(string(o.Value))
		if m == nil {
			continue
		}
		for _, r := range s.of(KindWorker) {
			if strings.EqualFold(r.id, m[1]) && member(r.body["properties"], "ipAddress") == nil {
				all = append(all, fmt.Sprintf("output %s reads the address of container group %s, which asks for none: it can fail", o.Name, r.name))
			}
		}
	}
	return all, nil
}
