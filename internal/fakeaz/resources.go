package fakeaz

import (
	"net/http"
	"net/url"
	"strings"
)

// The api-versions of what is asked: published ones, where az 2.91 asks for previews.
const (
	resourcesVersion = "2024-11-01"
	registryVersion  = "2025-11-01"
	identityVersion  = "2024-11-30"
)

func (c *call) subscription() string { return "/subscriptions/" + c.az.SubscriptionID }

func (c *call) group(name string) string { return c.subscription() + "/resourcegroups/" + name }

func (c *call) provider(group, path string) string {
	return c.subscription() + "/resourceGroups/" + group + "/providers/" + path
}

// accountList is read from az's own folder, and asks nobody.
func (c *call) accountList() (any, error) {
	if c.az.SignedOut {
		c.warn(`Please run "az login" to access your accounts.`)
		return []object{}, nil
	}
	return []object{{
		"cloudName": "AzureCloud", "homeTenantId": c.az.TenantID, "id": c.az.SubscriptionID, "isDefault": true, "name": "Emulated subscription",
		"state": "Enabled", "tenantId": c.az.TenantID, "user": object{"name": c.az.ClientID, "type": "servicePrincipal"},
	}}, nil
}

func (c *call) providerShow() (any, error) {
	a, err := c.arm(armCall{method: http.MethodGet, path: c.subscription() + "/providers/" + c.get("--namespace"), version: resourcesVersion})
	return a.body, err
}

func (c *call) groupExists() (any, error) {
	a, err := c.arm(armCall{method: http.MethodHead, path: c.group(c.get("--name")), version: resourcesVersion})
	switch {
	case err != nil:
		return nil, err
	case a.status == http.StatusNotFound:
		return false, nil
	case a.status >= http.StatusBadRequest:
		return nil, armFailure(a)
	}
	return true, nil
}

func (c *call) groupShow() (any, error) {
	a, err := c.arm(armCall{method: http.MethodGet, path: c.group(c.get("--name")), version: resourcesVersion})
	return a.body, err
}

func (c *call) groupCreate() (any, error) {
	body := object{"location": c.get("--location")}
	if c.given("--tags") {
		body["tags"] = c.tags()
	}
	a, err := c.arm(armCall{method: http.MethodPut, path: c.group(c.get("--name")), version: resourcesVersion, body: body})
	return a.body, err
}

// tags are the values of --tags.
func (c *call) tags() object {
	tags := object{}
	for _, tag := range c.options["--tags"] {
		name, value, _ := strings.Cut(tag, "=")
		tags[name] = value
	}
	return tags
}

func (c *call) groupDelete() (any, error) {
	_, err := c.arm(armCall{method: http.MethodDelete, path: c.group(c.get("--name")), version: resourcesVersion})
	return nil, err
}

func (c *call) resourceList() (any, error) {
	group := c.get("--resource-group")
	if _, err := c.arm(armCall{method: http.MethodGet, path: c.group(group), version: resourcesVersion}); err != nil {
		return nil, err
	}
	a, err := c.arm(armCall{
		method: http.MethodGet, path: c.subscription() + "/resources", version: resourcesVersion, filter: "resourceGroup eq '" + group + "'",
	})
	return flatAll(a.body.list("value")), err
}

func (c *call) registry(group, name string) string {
	return c.provider(group, "Microsoft.ContainerRegistry/registries/"+name)
}

// flatRegistry is a registry as az shows it, without its policies, which az spells otherwise.
func flatRegistry(resource object) object {
	out := flat(resource)
	delete(out, "policies")
	return out
}

func (c *call) registryList() (any, error) {
	a, err := c.arm(armCall{method: http.MethodGet, path: c.subscription() + "/providers/Microsoft.ContainerRegistry/registries", version: registryVersion})
	all := []object{}
	for _, resource := range a.body.list("value") {
		all = append(all, flatRegistry(resource))
	}
	return all, err
}

func (c *call) registryCreate() (any, error) {
	body := object{"location": c.get("--location"), "sku": object{"name": c.get("--sku")}, "properties": object{"adminUserEnabled": false}}
	if c.given("--tags") {
		body["tags"] = c.tags()
	}
	a, err := c.arm(armCall{method: http.MethodPut, path: c.registry(c.get("--resource-group"), c.get("--name")), version: registryVersion, body: body})
	return flatRegistry(a.body), err
}

func (c *call) registryDelete() (any, error) {
	_, err := c.arm(armCall{method: http.MethodDelete, path: c.registry(c.get("--resource-group"), c.get("--name")), version: registryVersion})
	return nil, err
}

// registryLogin signs docker in, or shows the token that it would sign in with.
func (c *call) registryLogin() (any, error) {
	name, cut := strings.CutSuffix(c.get("--name"), ".azurecr.io")
	if cut {
		c.warn("Registry name is '%s'. The following suffix '.azurecr.io' is automatically omitted.", name)
	}
	expose := c.given("--expose-token")
	if !expose && !c.az.Docker {
		c.warn("You may want to use 'az acr login -n %s --expose-token' to get a refresh token, which does not require Docker to be installed.", name)
		return nil, failed("2026-11-29 12:00:00.000000 An error occurred: DOCKER_COMMAND_ERROR\nPlease verify if Docker client is installed and running.")
	}
	server, err := c.loginServer(name)
	if err != nil {
		return nil, err
	}
	refresh, err := c.refreshToken(server)
	if err != nil || !expose {
		return nil, err
	}
	return object{"accessToken": refresh, "refreshToken": refresh, "loginServer": server, "username": "00000000-0000-0000-0000-000000000000"}, nil
}

func (c *call) loginServer(name string) (string, error) {
	found, err := c.arm(armCall{method: http.MethodGet, path: c.subscription() + "/resources", version: resourcesVersion,
		filter: "resourceType eq 'Microsoft.ContainerRegistry/registries' and name eq '" + name + "'"})
	if err != nil {
		return "", err
	}
	all := flatAll(found.body.list("value"))
	if len(all) != 1 {
		return "", failed("The resource with name '%s' and type 'Microsoft.ContainerRegistry/registries' could not be found in subscription 'Emulated subscription (%s)'.", name, c.az.SubscriptionID)
	}
	a, err := c.arm(armCall{method: http.MethodGet, path: c.registry(all[0].text("resourceGroup"), name), version: registryVersion})
	return flat(a.body).text("loginServer"), err
}

// refreshToken exchanges az's token for a registry's. az asks twice whether the registry is one.
func (c *call) refreshToken(server string) (string, error) {
	for range 2 {
		if _, err := c.send(http.MethodGet, "https://"+server+"/v2/", "", nil); err != nil {
			return "", err
		}
	}
	token, err := c.token(acrScope)
	if err != nil {
		return "", err
	}
	a, err := c.form("https://"+server+"/oauth2/exchange", url.Values{
		"grant_type": {"access_token"}, "service": {server}, "tenant": {c.az.TenantID}, "access_token": {token},
	})
	if err == nil && a.status >= http.StatusBadRequest {
		err = failed("Could not connect to the registry login server '%s'. Please verify that the registry is accessible.", server)
	}
	return a.body.text("refresh_token"), err
}

func (c *call) identities(group string) string {
	return c.provider(group, "Microsoft.ManagedIdentity/userAssignedIdentities")
}

func (c *call) identityList() (any, error) {
	a, err := c.arm(armCall{method: http.MethodGet, path: c.identities(c.get("--resource-group")), version: identityVersion})
	return flatAll(a.body.list("value")), err
}

// identityCreate makes one in the group's region.
func (c *call) identityCreate() (any, error) {
	group := c.get("--resource-group")
	found, err := c.arm(armCall{method: http.MethodGet, path: c.group(group), version: resourcesVersion})
	if err != nil {
		return nil, err
	}
	body := object{"location": found.body.text("location")}
	if c.given("--tags") {
		body["tags"] = c.tags()
	}
	a, err := c.arm(armCall{method: http.MethodPut, path: c.identities(group) + "/" + c.get("--name"), version: identityVersion, body: body})
	return flat(a.body), err
}

func (c *call) identityDelete() (any, error) {
	_, err := c.arm(armCall{method: http.MethodDelete, path: c.identities(c.get("--resource-group")) + "/" + c.get("--name"), version: identityVersion})
	return nil, err
}
