package fakeaz

import (
	"errors"
	"net/http"
	"regexp"
	"time"
)

func (c *call) appList() (any, error) {
	return c.graphList("applications", "startswith(displayName,'"+c.get("--display-name")+"')")
}

// resolve reads an application by client id. az takes an id that it does not find for an object's own.
func (c *call) resolve(id string) (object, error) {
	found, err := c.graphList("applications", "appId eq '"+id+"'")
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		id = found[0].text("id")
	}
	a, err := c.graph(http.MethodGet, "/applications/"+id, nil)
	return a.body, err
}

// appShow exits with 3 for what is not there, unlike the other commands about applications.
func (c *call) appShow() (any, error) {
	found, err := c.graphList("applications", "appId eq '"+c.get("--id")+"'")
	if err != nil {
		return nil, err
	}
	id := c.get("--id")
	if len(found) > 0 {
		id = found[0].text("id")
	}
	a, err := c.graph(http.MethodGet, "/applications/"+id, nil)
	if f, ok := errors.AsType[*failure](err); ok && a.status == http.StatusNotFound {
		return nil, &failure{f.text, 3}
	}
	return a.body, err
}

// appCreate changes the application of that name, if there is exactly one.
func (c *call) appCreate() (any, error) {
	name := c.get("--display-name")
	found, err := c.graphList("applications", "startswith(displayName,'"+name+"')")
	if err != nil {
		return nil, err
	}
	var same []object
	for _, app := range found {
		if app.text("displayName") == name {
			same = append(same, app)
		}
	}
	if len(same) != 1 {
		a, err := c.graph(http.MethodPost, "/applications", object{"displayName": name, "keyCredentials": []any{}})
		return a.body, err
	}
	id := same[0].text("id")
	c.warn("Found an existing application instance: (id) %s. We will patch it.", id)
	if _, err := c.graph(http.MethodPatch, "/applications/"+id, object{"displayName": name}); err != nil {
		return nil, err
	}
	a, err := c.graph(http.MethodGet, "/applications/"+id, nil)
	return a.body, err
}

// setting is the one form of --set that Pacific sends: a list of one text, as Python writes it.
var setting = regexp.MustCompile(`^([A-Za-z]+)=\['([^']*)'\]$`)

// appUpdate reads the application, looks it up again and changes it.
func (c *call) appUpdate() (any, error) {
	if _, err := c.resolve(c.get("--id")); err != nil {
		return nil, err
	}
	parts := setting.FindStringSubmatch(c.get("--set"))
	if parts == nil {
		return nil, misused("argument --set: %q", c.get("--set"))
	}
	found, err := c.graphList("applications", "appId eq '"+c.get("--id")+"'")
	if err != nil {
		return nil, err
	}
	id := c.get("--id")
	if len(found) > 0 {
		id = found[0].text("id")
	}
	change := object{parts[1]: []string{parts[2]}}
	if name := c.get("--display-name"); name != "" {
		change["displayName"] = name
	}
	_, err = c.graph(http.MethodPatch, "/applications/"+id, change)
	return nil, err
}

func (c *call) federatedList() (any, error) {
	found, err := c.graphList("applications", "appId eq '"+c.get("--id")+"'")
	if err != nil {
		return nil, err
	}
	id := c.get("--id")
	if len(found) > 0 {
		id = found[0].text("id")
	}
	return c.graphList("applications/"+id+"/federatedIdentityCredentials", "")
}

func (c *call) appDelete() (any, error) {
	found, err := c.graphList("applications", "appId eq '"+c.get("--id")+"'")
	if err != nil {
		return nil, err
	}
	id := c.get("--id")
	if len(found) > 0 {
		id = found[0].text("id")
	}
	_, err = c.graph(http.MethodDelete, "/applications/"+id, nil)
	return nil, err
}

func (c *call) credentialList() (any, error) {
	app, err := c.resolve(c.get("--id"))
	if err != nil {
		return nil, err
	}
	return app.list("passwordCredentials"), nil
}

// credentialReset adds a secret, for a year unless it is said.
func (c *call) credentialReset() (any, error) {
	app, err := c.resolve(c.get("--id"))
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	end := c.get("--end-date")
	if end == "" {
		end = now.AddDate(1, 0, 0).Format(time.RFC3339)
	}
	credential := object{"displayName": nil, "startDateTime": now.Format(time.RFC3339), "endDateTime": end}
	if c.given("--display-name") {
		credential["displayName"] = c.get("--display-name")
	}
	a, err := c.graph(http.MethodPost, "/applications/"+app.text("id")+"/addPassword", object{"passwordCredential": credential})
	if err != nil {
		return nil, err
	}
	c.warn("The output includes credentials that you must protect. Be sure that you do not include these credentials in your code or check the credentials into your source control. For more information, see https://aka.ms/azadsp-cli")
	return object{"appId": app.text("appId"), "password": a.body.text("secretText"), "tenant": c.az.TenantID}, nil
}

func (c *call) credentialDelete() (any, error) {
	app, err := c.resolve(c.get("--id"))
	if err != nil {
		return nil, err
	}
	_, err = c.graph(http.MethodPost, "/applications/"+app.text("id")+"/removePassword", object{"keyId": c.get("--key-id")})
	return nil, err
}

func (c *call) principalList() (any, error) { return c.graphList("servicePrincipals", "") }

func (c *call) principalCreate() (any, error) {
	id := c.get("--id")
	found, err := c.graphList("applications", "appId eq '"+id+"'")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 { // it may be an object's id, or an application of another tenant
		if _, err := c.graph(http.MethodGet, "/applications/"+id, nil); !isFailure(err) && err != nil {
			return nil, err
		}
	}
	a, err := c.graph(http.MethodPost, "/servicePrincipals", object{"appId": id, "accountEnabled": true})
	return a.body, err
}

// isFailure reports whether Azure answered, and refused.
func isFailure(err error) bool {
	_, ok := errors.AsType[*failure](err)
	return ok
}

// principal is the object id of an assignee, which az looks up in the directory.
func (c *call) principal(assignee string) (string, error) {
	found, err := c.graphList("servicePrincipals", "servicePrincipalNames/any(c:c eq '"+assignee+"')")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[0].text("id"), nil
	}
	all, err := c.objects(assignee)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", failed("Cannot find user or service principal in graph database for '%[1]s'. If the assignee is an appId, make sure the corresponding service principal is created with 'az ad sp create --id %[1]s'.", assignee)
	}
	return all[0].text("id"), nil
}

// objects are the objects of the directory with these ids.
func (c *call) objects(ids ...string) ([]object, error) {
	a, err := c.graph(http.MethodPost, "/directoryObjects/getByIds", object{
		"ids": ids, "types": []string{"user", "group", "servicePrincipal", "directoryObjectPartnerReference"},
	})
	return a.body.list("value"), err
}
