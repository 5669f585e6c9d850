package pyflow_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/pacific-aci/pacific/deploy/internal/pyflow"
)

// What Prefect itself makes of a flow: see testdata/golden.py.
type golden struct {
	Refused           string         `json:"refused"`
	Name              string         `json:"name"`
	Description       *string        `json:"description"`
	Version           string         `json:"version"`
	Retries           int            `json:"retries"`
	RetryDelaySeconds float64        `json:"retry_delay_seconds"`
	TimeoutSeconds    *float64       `json:"timeout_seconds"`
	LogPrints         *bool          `json:"log_prints"`
	Schema            map[string]any `json:"schema"`
}

// unread are the flows of the corpus that this package reports instead of reading.
var unread = map[string]bool{
	"typed_dicts": true, // Prefect refuses them under Python 3.11 and takes them from 3.12 on
	"type_var":    true, "bound_type_var": true, "generic_model": true, "named_tuple": true, "flag": true, "int_flag": true,
	"a_type": true, "bare_type": true, "counter": true, "json": true, "byte_size": true, "checked": true, "discriminated": true,
	"final":             true, // Prefect makes no parameter of it
	"annotated_default": true,
	"literal_kinds":     true, // a Literal of bytes
	"a_range":           true, "a_path": true, "shifted": true, "powered": true, "by_name": true, "repeated": true,
}

func TestGolden(t *testing.T) {
	for name, target := range map[string]pyflow.Target{"prefect3.json": pyflow.Prefect3, "prefect2.json": pyflow.Prefect2} {
		for file, flows := range readGolden(t, name) {
			source, err := os.ReadFile(filepath.Join("testdata", "flows", file))
			if err != nil {
				t.Fatal(err)
			}
			for function, want := range flows {
				t.Run(name+"/"+file+"/"+function, func(t *testing.T) { compare(t, source, function, target, want) })
			}
		}
	}
}

func readGolden(t *testing.T, name string) map[string]map[string]golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]map[string]golden{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&files); err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("the corpus is empty")
	}
	return files
}

func compare(t *testing.T, source []byte, function string, target pyflow.Target, want golden) {
	t.Helper()
	flow, err := pyflow.Read(source, function)
	if want.Refused != "" && err != nil {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	schema, err := flow.Schema(target)
	if want.Refused != "" || unread[function] {
		if err == nil {
			t.Fatalf("got the schema %v of a flow that Prefect refuses (%s) or that is not read", schema, want.Refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := golden{Name: flow.Name, Version: flow.Version, Retries: flow.Retries, RetryDelaySeconds: flow.RetryDelaySeconds, LogPrints: flow.LogPrints}
	if flow.Description != "" {
		got.Description = &flow.Description
	}
	if flow.TimeoutSeconds != 0 {
		got.TimeoutSeconds = &flow.TimeoutSeconds
	}
	got.Schema = decoded(t, schema)
	if reflect.DeepEqual(got, want) {
		return
	}
	wantProperties, _ := want.Schema["properties"].(map[string]any)
	gotProperties, _ := got.Schema["properties"].(map[string]any)
	for name, property := range wantProperties {
		if !reflect.DeepEqual(property, gotProperties[name]) {
			t.Errorf("parameter %s:\n got %s\nwant %s", name, text(t, gotProperties[name]), text(t, property))
		}
	}
	delete(want.Schema, "properties")
	delete(got.Schema, "properties")
	t.Errorf("\n got %s\nwant %s", text(t, got), text(t, want))
}

// decoded is the schema as a client would read it.
func decoded(t *testing.T, schema map[string]any) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text(t, schema))))
	decoder.UseNumber()
	var out map[string]any
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
