package armtemplate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
)

// corpusDir names a folder of templates: every .json file at or below it that is one.
const corpusDir = "PACIFIC_ARM_CORPUS"

// TestCorpus evaluates every template of a folder with parameters made from their types. Values that are made up fit few
// rules of the templates themselves, so an error of ARM's is no failure; a panic, a function that does not exist, or a
// template that takes more than ten seconds is.
func TestCorpus(t *testing.T) {
	folder := os.Getenv(corpusDir)
	if folder == "" {
		t.Skipf("%s is not set: it names a folder of templates", corpusDir)
	}
	var evaluated, unsupported, refused int
	reasons := map[string]int{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text[:min(len(text), 4096)]), "eploymentTemplate.json") {
			return err
		}
		began := time.Now()
		err = evaluateMadeUp(t.Context(), text)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", path, took)
		}
		switch {
		case err == nil:
			evaluated++
		case strings.Contains(err.Error(), "there is no function of this name"):
			t.Errorf("%s: %v", path, err)
		case strings.Contains(err.Error(), "not supported"):
			unsupported++
		default:
			refused++
			reasons[reason(err)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("armtemplate: corpus: %d evaluated, %d use what is not supported, %d refused\n", evaluated, unsupported, refused)
	names := make([]string, 0, len(reasons))
	for name := range reasons {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return reasons[b] - reasons[a] })
	for _, name := range names {
		t.Logf("%4d %s", reasons[name], name)
	}
	if evaluated == 0 {
		t.Errorf("no template of %s was evaluated", folder)
	}
}

// reason is a message without what is quoted in it, so that alike errors count as one.
func reason(err error) string {
	parts := strings.Split(err.Error(), "'")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = "…"
	}
	s := strings.Join(parts, "'")
	return s[:min(len(s), 160)]
}

func evaluateMadeUp(ctx context.Context, text []byte) error {
	parsed, err := armtemplate.Parse(text)
	if err != nil {
		return err
	}
	var schemas struct {
		Parameters  map[string]map[string]any
		Definitions map[string]map[string]any
	}
	_ = json.Unmarshal(text, &schemas) // with comments it is no JSON; then values are made from the types alone
	given := armtemplate.Parameters{}
	for _, p := range parsed.Parameters() {
		if !p.Required {
			continue
		}
		schema := schemas.Parameters[p.Name]
		if schema == nil {
			schema = map[string]any{"type": p.Type}
		}
		v, err := json.Marshal(madeUp(schema, schemas.Definitions, 0))
		if err != nil {
			return err
		}
		given[p.Name] = armtemplate.Parameter{Value: v}
	}
	d, err := parsed.Evaluate(ctx, armtemplate.Options{Parameters: given, Scope: armtemplate.Scope{Location: "westeurope", TenantID: "11111111-2222-3333-4444-555555555555"}})
	if err != nil {
		return err
	}
	all, err := d.Flatten(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if _, err := r.Body(ctx, nil); err != nil {
			return err
		}
	}
	_, err = d.Outputs(ctx, nil)
	return err
}

// madeUp is a value of a type.
func madeUp(schema map[string]any, definitions map[string]map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok && depth < 20 {
		return madeUp(definitions[strings.TrimPrefix(ref, "#/definitions/")], definitions, depth+1)
	}
	if allowed, ok := schema["allowedValues"].([]any); ok && len(allowed) > 0 {
		if schema["type"] == "array" {
			return allowed[:1]
		}
		return allowed[0]
	}
	number := func(name string, unset float64) float64 {
		if n, ok := schema[name].(float64); ok {
			return n
		}
		return unset
	}
	kind, _ := schema["type"].(string)
	switch strings.ToLower(kind) {
	case "int":
		return min(max(5, number("minValue", 5)), number("maxValue", 1e9))
	case "bool":
		return true
	case "array":
		items, _ := schema["items"].(map[string]any)
		out := []any{}
		for range int(number("minLength", 0)) {
			out = append(out, madeUp(items, definitions, depth+1))
		}
		return out
	case "object", "secureobject":
		return madeUpObject(schema, definitions, depth)
	}
	s := "abcde12345"
	for float64(len(s)) < number("minLength", 0) {
		s += s
	}
	return s[:min(len(s), int(number("maxLength", 100)))]
}

func madeUpObject(schema map[string]any, definitions map[string]map[string]any, depth int) any {
	out := map[string]any{}
	if d, ok := schema["discriminator"].(map[string]any); ok {
		mapping, _ := d["mapping"].(map[string]any)
		for tag, variant := range mapping {
			if of, ok := variant.(map[string]any); ok && depth < 20 {
				out, _ = madeUp(of, definitions, depth+1).(map[string]any)
				out[d["propertyName"].(string)] = tag
				break
			}
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		if of, ok := p.(map[string]any); ok && of["nullable"] != true && depth < 20 {
			out[name] = madeUp(of, definitions, depth+1)
		}
	}
	return out
}
