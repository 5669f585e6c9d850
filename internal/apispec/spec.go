// Package apispec holds traffic against Microsoft's published API files (Swagger
// 2.0): every request that Pacific sends and every reply that its emulated Azure
// gives, in tests. It is test support; no shipped code imports it.
//
// Call [Load] with the folder that holds the files (it has a subfolder "bundled",
// one self-contained file a service and version), then wrap a client's transport
// with [Specs.Transport], or call [Specs.Check] with a recorded exchange. The files
// are data of Azure/azure-rest-api-specs and are never part of the project.
package apispec

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Specs is a set of loaded API files. It is read-only after [Load] and safe for concurrent use.
type Specs struct {
	operations []*operation
	// vaults are the operations of key vaults' own hosts.
	vaults []*operation
}

// schema is the part of a Swagger schema that the files really use (they have no oneOf, anyOf or item counts).
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	AllOf                []*schema          `json:"allOf"`
	Required             []string           `json:"required"`
	Enum                 []any              `json:"enum"`
	Pattern              string             `json:"pattern"`
	MinLength            *int               `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	ReadOnly             bool               `json:"readOnly"`
	Mutability           []string           `json:"x-ms-mutability"`
	Secret               bool               `json:"x-ms-secret"`
	Enums                *struct {
		ModelAsString bool `json:"modelAsString"`
	} `json:"x-ms-enum"`
}

type parameter struct {
	Ref      string  `json:"$ref"`
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type response struct {
	Schema *schema `json:"schema"`
}

// operation is one method of one path in one file.
type operation struct {
	doc        *document
	id         string
	method     string
	path       string
	pattern    *regexp.Regexp
	fixed      int // how many characters of the template are fixed: the more, the better a match
	slashes    int // in every path that matches; -1 where a name may span segments
	parameters []parameter
	responses  map[string]response
	long       bool
}

type document struct {
	file        string
	service     string
	version     string
	definitions map[string]*schema
	parameters  map[string]parameter
}

// swagger is a file as it is read.
type swagger struct {
	Host        string                                `json:"host"`
	Info        struct{ Version string }              `json:"info"`
	Definitions map[string]*schema                    `json:"definitions"`
	Parameters  map[string]parameter                  `json:"parameters"`
	Paths       map[string]map[string]json.RawMessage `json:"paths"`
}

// Load reads every file of Azure Resource Manager and of key vaults below dir/bundled. It fails when there is none, so that a test can never pass
// for want of files.
func Load(dir string) (*Specs, error) {
	files, err := filepath.Glob(filepath.Join(dir, "bundled", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("listing API files: %w", err)
	}
	s := &Specs{}
	for _, file := range files {
		if err := s.read(file); err != nil {
			return nil, fmt.Errorf("reading API file %s: %w", filepath.Base(file), err)
		}
	}
	if len(s.operations) == 0 {
		return nil, fmt.Errorf("no API files in %s: point PACIFIC_API_SPECS at a folder with bundled/*.json", filepath.Join(dir, "bundled"))
	}
	return s, nil
}

// vaultFiles is what the names of the files that describe key vaults' own hosts begin with. Their host is a parameter.
const vaultFiles = "keyvault-data__"

// read adds the operations of one file, if it describes Azure Resource Manager or the hosts of key vaults.
func (s *Specs) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var f swagger
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	list := &s.operations
	switch {
	case strings.HasPrefix(filepath.Base(file), vaultFiles):
		list = &s.vaults
	case f.Host != "management.azure.com":
		return nil // no other host's replies are held against the files yet
	}
	service, _, _ := strings.Cut(filepath.Base(file), "__")
	doc := &document{file: filepath.Base(file), service: service, version: f.Info.Version, definitions: f.Definitions, parameters: f.Parameters}
	for _, path := range slices.Sorted(maps.Keys(f.Paths)) {
		shared, err := pathParameters(f.Paths[path])
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for method, raw := range f.Paths[path] {
			if method == "parameters" {
				continue
			}
			op, err := newOperation(doc, method, path, raw)
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			op.parameters = append(op.parameters, shared...)
			*list = append(*list, op)
		}
	}
	return nil
}

// pathParameters are the parameters that all operations of a path share.
func pathParameters(item map[string]json.RawMessage) ([]parameter, error) {
	raw, ok := item["parameters"]
	if !ok {
		return nil, nil
	}
	var out []parameter
	err := json.Unmarshal(raw, &out)
	return out, err
}

// newOperation reads one operation. slashes is how many its paths have; -1: any number, as one of its names spans segments.
func newOperation(doc *document, method, path string, raw json.RawMessage) (*operation, error) {
	var o struct {
		ID         string              `json:"operationId"`
		Parameters []parameter         `json:"parameters"`
		Responses  map[string]response `json:"responses"`
		Long       bool                `json:"x-ms-long-running-operation"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	pattern, fixed, err := pathPattern(path)
	if err != nil {
		return nil, err
	}
	slashes := strings.Count(strings.TrimSuffix(path, "/"), "/")
	for _, name := range spanning {
		if strings.Contains(path, "{"+name+"}") {
			slashes = -1
		}
	}
	return &operation{doc: doc, id: o.ID, method: strings.ToUpper(method), path: path, pattern: pattern, fixed: fixed, slashes: slashes,
		parameters: o.Parameters, responses: o.Responses, long: o.Long}, nil
}

var pathName = regexp.MustCompile(`\{[^}]+\}`)

// spanning are the names in a path that ARM lets span segments.
var spanning = []string{"scope", "resourceId", "parentResourcePath"}

// pathPattern makes a template into an expression: fixed segments without regard to case, names one segment each, but
// for those that ARM lets span segments.
func pathPattern(path string) (*regexp.Regexp, int, error) {
	var b strings.Builder
	b.WriteString("(?i)^")
	fixed, last := 0, 0
	for _, at := range pathName.FindAllStringIndex(path, -1) {
		b.WriteString(regexp.QuoteMeta(path[last:at[0]]))
		fixed += at[0] - last
		if name := path[at[0]+1 : at[1]-1]; slices.Contains(spanning, name) {
			fmt.Fprintf(&b, "(?P<%s>.+?)", name)
		} else {
			fmt.Fprintf(&b, "(?P<%s>[^/]+)", groupName(name))
		}
		last = at[1]
	}
	b.WriteString(regexp.QuoteMeta(strings.TrimSuffix(path[last:], "/")))
	fixed += len(path) - last
	b.WriteString("/?$")
	re, err := regexp.Compile(b.String())
	return re, fixed, err
}

// groupName makes a path parameter's name fit for an expression's group.
func groupName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}
