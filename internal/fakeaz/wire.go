package fakeaz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// object is an object of JSON.
type object map[string]any

// text is a field that is a string.
func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

// object is a field that is an object.
func (o object) object(name string) object {
	m, _ := o[name].(map[string]any)
	return m
}

// list is a field that is a list of objects.
func (o object) list(name string) []object {
	all := []object{}
	items, _ := o[name].([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// Hosts of Azure's, and what az asks tokens for.
const (
	armHost   = "https://management.azure.com"
	graphHost = "https://graph.microsoft.com"
	armScope  = "https://management.core.windows.net//.default"
	acrScope  = "https://containerregistry.azure.net/.default"
)

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   object
}

// send sends one request.
func (c *call) send(method, address, token string, body any) (answer, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, address, content)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "AZURECLI/2.91.0 (PIP)")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return c.carry(req)
}

func (c *call) carry(req *http.Request) (answer, error) {
	resp, err := c.az.Transport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	_ = json.Unmarshal(text, &a.body) // what is no object has no fields
	return a, nil
}

// form sends one form without a token.
func (c *call) form(address string, values url.Values) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(values.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.carry(req)
}

// token is az's token for a scope; it keeps those that it has.
func (c *call) token(scope string) (string, error) {
	c.az.mu.Lock()
	have := c.az.tokens[scope]
	c.az.mu.Unlock()
	if have != "" {
		return have, nil
	}
	a, err := c.form("https://login.microsoftonline.com/"+c.az.TenantID+"/oauth2/v2.0/token", url.Values{
		"client_id": {c.az.ClientID}, "client_secret": {c.az.ClientSecret}, "grant_type": {"client_credentials"}, "scope": {scope},
	})
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", failed("%s", a.body.text("error_description"))
	}
	c.az.mu.Lock()
	defer c.az.mu.Unlock()
	if c.az.tokens == nil {
		c.az.tokens = map[string]string{}
	}
	c.az.tokens[scope] = a.body.text("access_token")
	return c.az.tokens[scope], nil
}

// armCall is one request to Resource Manager.
type armCall struct {
	method, path, version, filter string
	body                          any
}

// arm sends one request to Resource Manager and waits for the end of its operation. 404 and other failures are failures of
// az's.
func (c *call) arm(r armCall) (answer, error) {
	token, err := c.token(armScope)
	if err != nil {
		return answer{}, err
	}
	values := url.Values{"api-version": {r.version}}
	if r.filter != "" {
		values.Set("$filter", r.filter)
	}
	a, err := c.send(r.method, armHost+r.path+"?"+strings.ReplaceAll(values.Encode(), "+", "%20"), token, r.body)
	if err == nil && r.method != http.MethodGet {
		a, err = c.settle(r, a, token)
	}
	if err == nil && a.status >= http.StatusBadRequest && r.method != http.MethodHead {
		err = armFailure(a)
	}
	return a, err
}

// settle polls an operation until it ends, and then reads what a PUT made.
func (c *call) settle(r armCall, first answer, token string) (answer, error) {
	address := first.header.Get("Azure-AsyncOperation")
	if address == "" {
		address = first.header.Get("Location")
	}
	if first.status >= http.StatusBadRequest || address == "" {
		return first, nil
	}
	for {
		a, err := c.send(http.MethodGet, address, token, nil)
		if err != nil || a.status >= http.StatusBadRequest {
			return a, err
		}
		switch state := a.body.text("status"); {
		case state == "Failed" || state == "Canceled":
			return answer{status: http.StatusConflict, body: a.body}, nil
		case state == "Succeeded" || state == "" && a.status != http.StatusAccepted:
			if r.method != http.MethodPut {
				return a, nil
			}
			return c.arm(armCall{method: http.MethodGet, path: r.path, version: r.version})
		}
		milliseconds, err := strconv.Atoi(a.header.Get("Retry-After-Ms"))
		if err != nil {
			milliseconds = 1000
		}
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	}
}

// armFailure is an error of Resource Manager's as az shows it.
func armFailure(a answer) error {
	code := 1
	if a.status == http.StatusNotFound {
		code = 3
	}
	e := a.body.object("error")
	if e == nil {
		return &failure{fmt.Sprintf("Operation returned an invalid status '%s'", http.StatusText(a.status)), code}
	}
	return &failure{fmt.Sprintf("(%[1]s) %[2]s\nCode: %[1]s\nMessage: %[2]s", e.text("code"), e.text("message")), code}
}

// graph sends one request to Microsoft Graph, whose errors az shows without their codes.
func (c *call) graph(method, path string, body any) (answer, error) {
	token, err := c.token(graphHost + "//.default")
	if err != nil {
		return answer{}, err
	}
	address := path
	if !strings.HasPrefix(path, "https://") {
		address = graphHost + "/v1.0" + path
	}
	a, err := c.send(method, address, token, body)
	if err == nil && a.status >= http.StatusBadRequest {
		return a, failed("%s", a.body.object("error").text("message"))
	}
	return a, err
}

// graphList reads all pages of a list.
func (c *call) graphList(collection, filter string) ([]object, error) {
	path := "/" + collection
	if filter != "" {
		path += "?$filter=" + strings.ReplaceAll(url.QueryEscape(filter), "+", "%20")
	}
	all := []object{}
	for path != "" {
		a, err := c.graph(http.MethodGet, path, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, a.body.list("value")...)
		path = a.body.text("@odata.nextLink")
	}
	return all, nil
}

// flat is an ARM resource as az shows it: its properties beside its other fields, and its resource group. What has no value
// is left out, which az does for some types.
func flat(resource object) object {
	out := object{}
	maps.Copy(out, resource.object("properties"))
	for name, value := range resource {
		if name != "properties" && name != "systemData" {
			out[name] = value
		}
	}
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil })
	if parts := strings.Split(resource.text("id"), "/"); len(parts) > 4 {
		out["resourceGroup"] = parts[4]
	}
	return out
}

func flatAll(list []object) []object {
	out := []object{}
	for _, resource := range list {
		out = append(out, flat(resource))
	}
	return out
}
