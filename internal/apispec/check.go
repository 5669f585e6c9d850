package apispec

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Exchange is one request and its reply.
type Exchange struct {
	Method string
	URL    *url.URL
	// RequestBody and ResponseBody are the whole bodies; empty is none.
	RequestBody, ResponseBody []byte
	Status                    int
	Header                    http.Header
}

// polls are the addresses at which clients ask how a long-running operation goes. No file has them.
var polls = regexp.MustCompile(`(?i)/(operations|operationresults|operationstatuses|asyncoperations)/[^/]+/?$`)

// outside are addresses of ARM that none of the files has.
var outside = regexp.MustCompile(`(?i)^/(metadata/endpoints|providers)?/?$`)

// Check holds one exchange with Azure Resource Manager against the files.
func (s *Specs) Check(x Exchange) []Finding {
	path := x.URL.EscapedPath()
	if outside.MatchString(path) {
		return nil
	}
	if polls.MatchString(path) {
		return checkPoll(x)
	}
	m, ok := find(s.operations, x.Method, path, x.URL.Query().Get("api-version"))
	if !ok {
		if x.Status == http.StatusNotFound || x.Status == http.StatusMethodNotAllowed {
			return nil // the server refused it too
		}
		return []Finding{{Where: "request", What: fmt.Sprintf("%s %s is not an operation of Microsoft's files", x.Method, path)}}
	}
	findings := m.checkRequest(x)
	return append(findings, m.checkResponse(x)...)
}

// CheckVault holds one exchange with a key vault's own host against the files.
func (s *Specs) CheckVault(x Exchange) []Finding {
	path := strings.TrimSuffix(x.URL.EscapedPath(), "/")
	if parts := strings.Split(path, "/"); len(parts) == 3 && parts[1] == "secrets" && (x.Method == http.MethodGet || x.Method == http.MethodPatch) {
		path += "/newest" // the files have no path without a version, which clients leave empty
	}
	m, ok := find(s.vaults, x.Method, path, x.URL.Query().Get("api-version"))
	switch {
	case ok && x.Status == http.StatusUnauthorized:
		return checkError(m.id, x) // clients send their first request without a token and a body
	case ok:
		return append(m.checkRequest(x), m.checkResponse(x)...)
	case x.Status >= 400:
		return nil // the server refused it too
	}
	return []Finding{{Where: "request", What: fmt.Sprintf("%s %s is not an operation of Microsoft's files", x.Method, path)}}
}

// checkRequest checks query and body against the operation's parameters. Whatever the server refused with a 4xx is a warning.
func (m match) checkRequest(x Exchange) []Finding {
	w := &walker{m: m, patch: x.Method == http.MethodPatch}
	query := x.URL.Query()
	for _, p := range m.parameters {
		p = m.resolve(p)
		if p.In == "query" && p.Required && !query.Has(p.Name) {
			w.add(false, "request", "required query parameter %s is missing", p.Name)
		}
	}
	names := map[string]bool{}
	for _, p := range m.parameters {
		names[m.resolve(p).Name] = true
	}
	for name := range query {
		if !names[name] && name != "$skiptoken" && name != "$skipToken" {
			w.add(!m.exact, "request", "unknown query parameter %s", name)
		}
	}
	body, required := m.body()
	switch {
	case len(x.RequestBody) == 0 && body != nil && required:
		w.add(false, "request", "the body is missing")
	case len(x.RequestBody) > 0 && body == nil:
		w.add(false, "request", "the operation takes no body")
	case len(x.RequestBody) > 0:
		v, err := decode(x.RequestBody)
		if err != nil {
			w.add(false, "request", "the body is not JSON: %v", err)
			break
		}
		w.value("request", body, v)
	}
	// What the server refuses as bad input is the point of the test that sent it.
	if x.Status >= 400 && x.Status < 500 {
		for i := range w.findings {
			w.findings[i].Warning = true
		}
	}
	return w.findings
}

// checkResponse checks that the status is in the file, that the body has its schema, and that addresses are absolute.
func (m match) checkResponse(x Exchange) []Finding {
	w := &walker{m: m, response: true}
	want, ok := m.responses[strconv.Itoa(x.Status)]
	switch {
	case x.Status >= 400:
		return checkError(m.id, x)
	case !ok && !(m.long && x.Status == http.StatusAccepted):
		w.add(false, "response", "status %d is not in the file", x.Status)
		return w.findings
	}
	if x.Status == http.StatusAccepted && x.Header.Get("Location") == "" && x.Header.Get("Azure-AsyncOperation") == "" {
		w.add(false, "response", "202 without Location or Azure-AsyncOperation")
	}
	for _, name := range []string{"Location", "Azure-AsyncOperation"} {
		if at := x.Header.Get(name); at != "" && !strings.HasPrefix(at, "https://") {
			w.add(false, "response", "%s is not an absolute https address: %s", name, at)
		}
	}
	if len(x.ResponseBody) == 0 {
		if want.Schema != nil && x.Method != http.MethodHead && x.Status != http.StatusAccepted {
			w.add(false, "response", "the body is missing")
		}
		return w.findings
	}
	v, err := decode(x.ResponseBody)
	if err != nil {
		w.add(false, "response", "the body is not JSON: %v", err)
		return w.findings
	}
	w.value("response", want.Schema, v)
	w.identity(x, v)
	return w.findings
}

// identity checks a resource's id against the address that it was read from, and that a next link is absolute.
func (w *walker) identity(x Exchange, v any) {
	fields, _ := v.(map[string]any)
	if next, ok := fields["nextLink"].(string); ok && next != "" && !strings.HasPrefix(next, "https://") {
		w.add(false, "response.nextLink", "is not an absolute https address: %s", next)
	}
	id, ok := fields["id"].(string)
	if !ok || x.Method == http.MethodPost || strings.HasPrefix(id, "https://") {
		return
	}
	path, err := url.PathUnescape(x.URL.EscapedPath())
	if err != nil {
		return
	}
	want := strings.TrimSuffix(strings.ReplaceAll(path, "//", "/"), "/")
	// A role definition is asked for at any scope, and its id is in the subscription.
	const role = "/providers/microsoft.authorization/roledefinitions/"
	if _, name, ok := strings.Cut(strings.ToLower(want), role); ok && strings.HasSuffix(strings.ToLower(id), role+name) {
		return
	}
	// The answer to a change of access policies names all of them.
	if policies, _, ok := strings.Cut(strings.ToLower(want), "/accesspolicies/"); ok && strings.EqualFold(id, policies+"/accesspolicies/") {
		return
	}
	if !strings.EqualFold(id, want) {
		w.add(false, "response.id", "is %s, the address is %s", id, want)
	}
}

// checkError demands what the files leave open: their error schemas require nothing, so that {} would pass.
func checkError(operation string, x Exchange) []Finding {
	if len(x.ResponseBody) == 0 && x.Method == http.MethodHead {
		return nil
	}
	var body struct {
		Error struct{ Code, Message string } `json:"error"`
	}
	if err := json.Unmarshal(x.ResponseBody, &body); err != nil || body.Error.Code == "" || body.Error.Message == "" {
		return []Finding{{Operation: operation, Where: "response", What: fmt.Sprintf("status %d without error.code and error.message", x.Status)}}
	}
	return nil
}

// checkPoll holds the answer of an operation's address: a status document, the resource, or nothing while it runs.
func checkPoll(x Exchange) []Finding {
	if x.Status >= 400 {
		return checkError("poll", x)
	}
	if x.Status == http.StatusOK && len(x.ResponseBody) > 0 {
		var body struct {
			Status string `json:"status"`
			ID     string `json:"id"`
		}
		if err := json.Unmarshal(x.ResponseBody, &body); err != nil || body.Status == "" && body.ID == "" {
			return []Finding{{Operation: "poll", Where: "response", What: "neither a status nor a resource"}}
		}
	}
	return nil
}

func decode(text []byte) (any, error) {
	var v any
	err := json.Unmarshal(text, &v)
	return v, err
}
