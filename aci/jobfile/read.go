package jobfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/internal/fields"
	"github.com/pacific-aci/pacific/internal/suggest"
)

// maxJobFile bounds a job file, in bytes: a job with the largest environment that ACI takes is far smaller.
const maxJobFile = 1 << 20

// Read reads a job from YAML or JSON. The fields are those of [aci.Job], in any of the ways to write them: memoryGB,
// memory_gb, memory-gb. Besides:
//
//   - durations are numbers of seconds, or Go's notation ("1m30s");
//   - a value of env or secureEnv is text, a number or true and false, taken as it is written;
//   - base is a container group in the JSON form of Azure Resource Manager, read as Azure reads it: names in any
//     case, numbers and booleans given as text and the reverse, and an apiVersion that is ignored;
//   - Output is not of the file.
//
// An unknown field, a field that is given twice and a value of the wrong kind are errors: *[aci.InvalidError] with the
// line, joined. The values are not held to ACI's rules yet; [aci.Job.Validate] does that. A file holds at most 1 MiB.
func Read(r io.Reader) (aci.Job, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxJobFile+1))
	if err != nil {
		return aci.Job{}, fmt.Errorf("reading the job: %w", err)
	}
	if len(data) > maxJobFile {
		return aci.Job{}, fmt.Errorf("reading the job: it has more than %d bytes; keep data out of it, in a volume or the image", maxJobFile)
	}
	if at := fields.InvalidByte(data); at >= 0 {
		return aci.Job{}, fmt.Errorf("reading the job: line %d: the file must be UTF-8; byte %d (0x%02x) is not", 1+bytes.Count(data[:at], []byte("\n")), at, data[at])
	}
	root, err := parseTree(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if err != nil {
		return aci.Job{}, fmt.Errorf("reading the job: %w", err)
	}
	var f jobFile
	job := f.job(root)
	if err := errors.Join(f.found...); err != nil {
		return aci.Job{}, fmt.Errorf("reading the job: %w", err)
	}
	return job, nil
}

// parseTree parses YAML or JSON to one kind of tree, which knows the lines. JSON has a parser of its own because
// YAML's does not read all of it: pairs of surrogates in escapes, for one.
func parseTree(data []byte) (*yaml.Node, error) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(data) {
		return parseJSON(data)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty; a job is an object, such as {\"command\": [\"echo\", \"hello\"]}")
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has more than one document; give one job a file")
	}
	return document.Content[0], nil
}

// A jobFile reads the tree of a job file and collects what is wrong with it.
type jobFile struct {
	found []error
}

// wrong notes a problem with a node. The value is not quoted where it may be secret.
func (f *jobFile) wrong(node *yaml.Node, field, rule, want string) {
	f.found = append(f.found, &aci.InvalidError{Field: field, Rule: rule, Want: want, Line: node.Line})
}

// A pair is one key of an object and its value.
type pair struct {
	key   string
	node  *yaml.Node
	value *yaml.Node
}

// pairs gives the keys and values of an object. Keys count as the same when same says so.
func (f *jobFile) pairs(node *yaml.Node, field string, same func(string) string) []pair {
	if node.Kind != yaml.MappingNode {
		f.wrongKind(node, field, "an object")
		return nil
	}
	var list []pair
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			f.wrongKind(key, field, "an object with plain keys")
			continue
		}
		if key.Tag == "!!merge" {
			f.wrong(key, under(field, key.Value), "is a merge key, which is not read here", "the values themselves")
			continue
		}
		if first, twice := seen[same(key.Value)]; twice {
			f.wrong(key, under(field, key.Value), fmt.Sprintf("is given twice, first on line %d", first), "it once")
			continue
		}
		seen[same(key.Value)] = key.Line
		list = append(list, pair{key.Value, key, value})
	}
	return list
}

// wrongKind says that a node is not what a field takes.
func (f *jobFile) wrongKind(node *yaml.Node, field, want string) {
	if field == "" {
		field = "the job"
	}
	if node.Kind == yaml.AliasNode {
		f.wrong(node, field, "is an alias (*name), which is not read here", "the value itself")
		return
	}
	f.wrong(node, field, "must be "+want+", not "+kindOf(node), "")
}

// kindOf says in words what a node is.
func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "an object"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!null":
		return "null"
	case node.Tag == "!!int", node.Tag == "!!float":
		return "a number"
	case node.Tag == "!!bool":
		return "true or false"
	}
	return "text"
}

// under names a key of an object.
func under(field, key string) string {
	if field == "" {
		return key
	}
	return field + "." + key
}

// unknown reports a key that is not a field, with the nearest field or all of them.
func (f *jobFile) unknown(node *yaml.Node, field string, known []string) {
	slices.Sort(known)
	rule := fmt.Sprintf("unknown field %q; the fields are %s", node.Value, strings.Join(known, ", "))
	if near := suggest.Nearest(node.Value, known); near != "" {
		rule = fmt.Sprintf("unknown field %q; did you mean %q?", node.Value, near)
	}
	f.wrong(node, field, rule, "")
}

// canonical makes the ways to write a field one: memoryGB, memory_gb, memory-gb.
func canonical(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}
