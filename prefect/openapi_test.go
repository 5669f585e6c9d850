package prefect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// openAPI is what a real server says of itself at /openapi.json: the judge of what the client sends, and of what the API
// in memory answers.
type openAPI struct {
	routes   []openAPIRoute
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	// replied counts the replies that were judged: a judge that saw none is none.
	replied int
}

// openAPIRoute is one path of the document.
type openAPIRoute struct {
	form    *regexp.Regexp
	pointer string
	methods map[string]openAPIOperation
}

type openAPIOperation struct {
	RequestBody *openAPIBody           `json:"requestBody"`
	Responses   map[string]openAPIBody `json:"responses"`
}

type openAPIBody struct {
	Content map[string]struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"content"`
}

const openAPIFile = "openapi.json"

// readOpenAPI asks the server whose API is at the address.
func readOpenAPI(t *testing.T, api string, v3 bool) *openAPI {
	t.Helper()
	reply, err := http.Get(strings.TrimSuffix(api, "/api") + "/" + openAPIFile)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text := must(io.ReadAll(reply.Body))(t)
	doc := must(jsonschema.UnmarshalJSON(bytes.NewReader(text)))(t)
	numberDurations(doc)
	if !v3 {
		nullProperties(doc)
	}
	o := &openAPI{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	o.compiler.AssertFormat()
	check(t, o.compiler.AddResource(openAPIFile, doc))
	var file struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	check(t, json.Unmarshal(text, &file))
	placeholder := regexp.MustCompile(`\\\{[^}]*\\\}`)
	for path, methods := range file.Paths {
		form := "^" + placeholder.ReplaceAllString(regexp.QuoteMeta(strings.TrimPrefix(path, "/api")), "[^/]+") + "$"
		route := openAPIRoute{regexp.MustCompile(form), "#/paths/" + escapePointer(path), map[string]openAPIOperation{}}
		for method, raw := range methods {
			var op openAPIOperation
			check(t, json.Unmarshal(raw, &op))
			route.methods[strings.ToUpper(method)] = op
		}
		o.routes = append(o.routes, route)
	}
	// A path without a placeholder wins over one with: /flow_runs/filter is no run's id.
	slices.SortFunc(o.routes, func(a, b openAPIRoute) int { return strings.Count(a.pointer, "{") - strings.Count(b.pointer, "{") })
	return o
}

// numberDurations lets a duration be a number of seconds, which is what Prefect's own client sends and its server writes:
// the document only knows pydantic's other form.
func numberDurations(node any) {
	switch node := node.(type) {
	case map[string]any:
		if node["format"] == "duration" {
			node["type"] = []any{"string", "number"}
		}
		for _, child := range node {
			numberDurations(child)
		}
	case []any:
		for _, child := range node {
			numberDurations(child)
		}
	}
}

// nullProperties lets what a body may leave out be null, as 2.20 takes it: pydantic 1 wrote documents without null.
func nullProperties(node any) {
	switch node := node.(type) {
	case map[string]any:
		properties, _ := node["properties"].(map[string]any)
		required, _ := node["required"].([]any)
		for name, property := range properties {
			if p, ok := property.(map[string]any); ok && p["type"] != nil && !slices.Contains(required, any(name)) {
				p["type"] = []any{p["type"], "null"}
			}
		}
		for _, child := range node {
			nullProperties(child)
		}
	case []any:
		for _, child := range node {
			nullProperties(child)
		}
	}
}

func escapePointer(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(token)
}

// route finds the operation of a request; ok is false for what the server does not document.
func (o *openAPI) route(r *http.Request) (op openAPIOperation, pointer string, ok bool) {
	_, path, _ := strings.Cut(r.URL.Path, "/api")
	for _, route := range o.routes {
		if op, found := route.methods[r.Method]; found && route.form.MatchString(path) {
			return op, route.pointer + "/" + strings.ToLower(r.Method), true
		}
	}
	return op, "", false
}

// judge holds a JSON text to the schema at a pointer.
func (o *openAPI) judge(pointer string, text []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	schema, ok := o.schemas[pointer]
	if !ok {
		var err error
		if schema, err = o.compiler.Compile(openAPIFile + pointer); err != nil {
			return err
		}
		o.schemas[pointer] = schema
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

const jsonSchemaAt = "/content/application~1json/schema"

// judgeRequest says what is wrong with a request; nil for nothing.
func (o *openAPI) judgeRequest(r *http.Request, body []byte) error {
	op, pointer, ok := o.route(r)
	switch {
	case !ok:
		return fmt.Errorf("the server documents no such route")
	case op.RequestBody == nil && len(body) > 0:
		return fmt.Errorf("the server documents no body")
	case op.RequestBody == nil || len(body) == 0:
		return nil
	}
	return o.judge(pointer+"/requestBody"+jsonSchemaAt, body)
}

// judgeReply says what is wrong with a reply of 2xx. A status that the document does not name is judged as the one
// that it does: FastAPI knows nothing of statuses that the server sets while it answers.
func (o *openAPI) judgeReply(r *http.Request, status int, body []byte) error {
	op, pointer, ok := o.route(r)
	if !ok || status >= 300 {
		return nil
	}
	named := strconv.Itoa(status)
	if _, ok := op.Responses[named]; !ok {
		for _, other := range slices.Sorted(maps.Keys(op.Responses)) {
			if strings.HasPrefix(other, "2") {
				named = other
				break
			}
		}
	}
	if status == http.StatusNoContent || op.Responses[named].Content["application/json"].Schema == nil {
		return nil
	}
	o.mu.Lock()
	o.replied++
	o.mu.Unlock()
	return o.judge(pointer+"/responses/"+named+jsonSchemaAt, body)
}

// judged is a transport whose requests are judged, and the replies of which are if replies is set. A request that the
// server refuses with 422 may be wrong: that is what the refusal says.
type judged struct {
	t         *testing.T
	transport http.RoundTripper
	by        *openAPI
	replies   bool
}

func (j judged) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Upgrade") != "" {
		return j.transport.RoundTrip(r)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	wrong := j.by.judgeRequest(r, body)
	reply, err := j.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if wrong != nil && reply.StatusCode != http.StatusUnprocessableEntity && reply.StatusCode != http.StatusNotFound {
		j.t.Errorf("%s %s: a request that the server's own document refuses, answered %d: %v\n%s", r.Method, r.URL.Path, reply.StatusCode, wrong, body)
	}
	if !j.replies {
		return reply, nil
	}
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	_ = reply.Body.Close()
	reply.Body = io.NopCloser(bytes.NewReader(text))
	if err := j.by.judgeReply(r, reply.StatusCode, text); err != nil {
		j.t.Errorf("%s %s: a reply that the server's own document refuses: %v\n%s", r.Method, r.URL.Path, err, text)
	}
	return reply, nil
}
