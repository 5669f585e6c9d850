package armtemplate

import (
	"maps"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// scopeFunction answers the functions that say where and by whom the template is deployed.
func (p *place) scopeFunction(key string, c *functions.Call) (value.Value, error) {
	s := p.d.Scope
	switch key {
	case "resourcegroup":
		if s.Kind == ResourceGroup {
			return p.resourceGroup(s), nil
		}
		return nil, value.Errorf("The template function '%s' is not expected at this location.", strings.ToUpper(c.Name))
	case "subscription":
		if s.Kind == ResourceGroup || s.Kind == Subscription {
			return p.subscription(s), nil
		}
		return nil, value.Errorf("The template function '%s' is not expected at this location.", strings.ToUpper(c.Name))
	case "managementgroup":
		if s.Kind == ManagementGroup {
			return p.managementGroup(s), nil
		}
		return nil, value.Errorf("The template function '%s' is not expected at this location.", strings.ToUpper(c.Name))
	case "tenant":
		return p.tenant(s), nil
	case "deployment":
		return p.deployment()
	case "deployer":
		return p.deployer(), nil
	case "environment":
		if p.d.opts.Environment == nil {
			return document.ParseValue([]byte(publicCloud))
		}
		return document.ParseValue(p.d.opts.Environment)
	}
	return nil, value.Errorf("The template function '%s' is not valid.", c.Name)
}

// fact is a string, or the expression for it if it is not known.
func (p *place) fact(s, expression string) value.Value {
	if s != "" && !strings.HasPrefix(s, "[") {
		return s
	}
	if s != "" { // known only as an expression of the template around this one
		expression = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	}
	u, _ := p.machine().Unknown(expression)
	return u
}

// newObject makes an object of names and values.
func newObject(pairs ...value.Value) *value.Object {
	o := value.NewObject(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (p *place) resourceGroup(s Scope) *value.Object {
	o := newObject("id", p.idFact(s.ID()), "name", p.fact(s.ResourceGroup, "resourceGroup().name"), "type", "Microsoft.Resources/resourceGroups",
		"location", p.fact(s.Location, "resourceGroup().location"))
	if s.Tags == nil {
		o.Set("tags", p.fact("", "resourceGroup().tags"))
		o.Set("managedBy", p.fact("", "resourceGroup().managedBy"))
	} else {
		tags := value.NewObject(len(s.Tags))
		for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
			tags.Set(k, s.Tags[k])
		}
		o.Set("tags", tags)
	}
	o.Set("properties", newObject("provisioningState", "Succeeded"))
	return o
}

// idFact is an id, of which a part may be an expression.
func (p *place) idFact(id string) value.Value {
	if !strings.Contains(id, "[") {
		return id
	}
	u, _ := p.machine().Unknown(idExpression(id))
	return u
}

// idExpression writes an id with expressions in brackets as one expression.
func idExpression(id string) string {
	var parts []string
	depth, start := 0, 0
	for i, c := range id {
		switch {
		case c == '[':
			if depth == 0 {
				parts = append(parts, value.Literal(id[start:i]))
				start = i + 1
			}
			depth++
		case c == ']' && depth > 0:
			if depth--; depth == 0 {
				parts = append(parts, id[start:i])
				start = i + 1
			}
		}
	}
	if start < len(id) {
		parts = append(parts, value.Literal(id[start:]))
	}
	return "concat(" + strings.Join(parts, ", ") + ")"
}

func (p *place) subscription(s Scope) *value.Object {
	return newObject("id", p.idFact("/subscriptions/"+s.SubscriptionID), "subscriptionId", p.fact(s.SubscriptionID, "subscription().subscriptionId"),
		"tenantId", p.fact(s.TenantID, "tenant().tenantId"), "displayName", p.fact(s.SubscriptionName, "subscription().displayName"))
}

func (p *place) managementGroup(s Scope) *value.Object {
	return newObject("id", s.ID(), "name", s.ManagementGroup, "type", "Microsoft.Management/managementGroups",
		"properties", p.fact("", "managementGroup().properties"))
}

func (p *place) tenant(s Scope) *value.Object {
	id := value.Value(p.fact("", "tenant().id"))
	if s.TenantID != "" {
		id = "/tenants/" + s.TenantID
	}
	return newObject("countryCode", p.fact(s.CountryCode, "tenant().countryCode"), "displayName", p.fact(s.TenantName, "tenant().displayName"), "id", id,
		"tenantId", p.fact(s.TenantID, "tenant().tenantId"))
}

func (p *place) deployment() (*value.Object, error) {
	parameters, err := p.givenParameters()
	if err != nil {
		return nil, err
	}
	template := p.d.literal()
	if p.hides() { // defaults in it may be secrets
		template = p.fact("", "deployment().properties.template")
	}
	properties := newObject("template", template, "templateHash", p.fact(p.d.opts.TemplateHash, "deployment().properties.templateHash"),
		"parameters", parameters, "mode", "Incremental", "provisioningState", "Accepted")
	if p.d.opts.TemplateLink != "" {
		properties = newObject("templateLink", newObject("uri", p.d.opts.TemplateLink))
		properties.Set("template", template)
	}
	if p.d.Scope.Kind == ResourceGroup {
		return newObject("name", p.fact(p.d.Name, "deployment().name"), "properties", properties), nil
	}
	return newObject("name", p.fact(p.d.Name, "deployment().name"), "location", p.fact(p.d.Scope.Location, "deployment().location"), "properties", properties), nil
}

func (p *place) deployer() *value.Object {
	of := p.d.opts.Deployer
	user := value.Value(of.UserPrincipalName)
	if of.UserPrincipalName == "" && of.ObjectID == "" {
		user = p.fact("", "deployer().userPrincipalName")
	}
	return newObject("objectId", p.fact(of.ObjectID, "deployer().objectId"), "tenantId", p.fact(of.TenantID, "deployer().tenantId"), "userPrincipalName", user)
}

// resourceID answers resourceId and its kin, whose result depends on the scope.
func (p *place) resourceID(key string, c *functions.Call) (value.Value, error) {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		s, ok := a.(string)
		if !ok {
			return nil, value.Errorf("The template language function '%s' expects its parameters to be strings. The provided value is of type '%s'.", c.Name, value.TypeName(a))
		}
		args[i] = s
	}
	at := 0
	for at < len(args) && !isType(args[at]) {
		at++
	}
	if at == len(args) {
		return nil, value.Errorf("Unable to evaluate template language function '%s': no fully qualified resource type was given.", c.Name)
	}
	before := args[:at]
	s := p.d.Scope
	most := map[string]int{"resourceid": 2, "subscriptionresourceid": 1, "managementgroupresourceid": 1}[key]
	if len(before) > most {
		return nil, value.Errorf("Unable to evaluate template language function '%s': there are too many arguments before the resource type '%s'.", c.Name, args[at])
	}
	switch key {
	case "subscriptionresourceid":
		s.Kind = Subscription
		if at == 1 {
			s.SubscriptionID = before[0]
		}
	case "managementgroupresourceid":
		s.Kind = ManagementGroup
		if at == 1 {
			s.ManagementGroup = before[0]
		}
	default:
		switch {
		case at == 2:
			s.Kind, s.SubscriptionID, s.ResourceGroup = ResourceGroup, before[0], before[1]
		case at == 1 && s.Kind == Subscription && isGUID(before[0]):
			s.SubscriptionID = before[0]
		case at == 1:
			s.Kind, s.ResourceGroup = ResourceGroup, before[0]
		}
		if s.Kind == ManagementGroup { // documented: a plain resourceId above subscriptions has no scope
			s.Kind = Tenant
		}
	}
	id, err := functions.ResourceID(c.Name, s.ID(), args[at], args[at+1:])
	if err != nil {
		return nil, err
	}
	return p.idFact(id), nil
}

// isType reports whether an argument is a resource type: a namespace and at least one type.
func isType(s string) bool {
	namespace, _, ok := strings.Cut(s, "/")
	return ok && namespace != ""
}

func isGUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// publicCloud is what environment() results in, in Azure's public cloud.
const publicCloud = `{
"name":"AzureCloud","gallery":"https://gallery.azure.com/","graph":"https://graph.windows.net/","portal":"https://portal.azure.com",
"graphAudience":"https://graph.windows.net/","activeDirectoryDataLake":"https://datalake.azure.net/","batch":"https://batch.core.windows.net/",
"media":"https://rest.media.azure.net","sqlManagement":"https://management.core.windows.net:8443/",
"vmImageAliasDoc":"https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
"resourceManager":"https://management.azure.com/",
"authentication":{"loginEndpoint":"https://login.microsoftonline.com/","audiences":["https://management.core.windows.net/","https://management.azure.com/"],
"tenant":"common","identityProvider":"AAD"},
"suffixes":{"acrLoginServer":".azurecr.io","azureDatalakeAnalyticsCatalogAndJob":"azuredatalakeanalytics.net","azureDatalakeStoreFileSystem":"azuredatalakestore.net",
"azureFrontDoorEndpointSuffix":"azurefd.net","keyvaultDns":".vault.azure.net","sqlServerHostname":".database.windows.net","storage":"core.windows.net"}}`
