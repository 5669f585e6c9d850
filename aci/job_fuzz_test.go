package aci_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/aci"
)

// Whatever a file holds, reading it ends in a job or in an error of lines with a reason; a valid job has a definition
// and a preview without its secrets.
func FuzzReadJob(f *testing.F) {
	for _, seed := range []string{fullYAML, fullJSON, "", "{}", "a: &a [*a]", "base: {properties: {containers: [null, {name: x}]}}",
		"env: {A: 1}\nsecureEnv: {B: two}\n", "{\"name\":\"\\ud800\"}", "registries: [{server: 'https:///'}]", "? a\n: b", "timeout: -1e-3", "<<: {a: b}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		job, err := aci.ReadJob(bytes.NewReader(data))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "reading the job: ") {
				t.Errorf("got %q", err)
			}
			return
		}
		job.SecureEnv = map[string]string{"FUZZ_SECRET": "hunter2hunter2"}
		if err := job.Validate(); err != nil {
			return
		}
		preview, err := aci.Preview(job, "eastus")
		if err != nil {
			t.Fatalf("a valid job has no preview: %v", err)
		}
		if !json.Valid(preview) || bytes.Contains(preview, []byte("hunter2")) {
			t.Errorf("the preview is %s", preview)
		}
	})
}

// Every generated name is one that ACI takes.
func FuzzNameFor(f *testing.F) {
	f.Add("My flow", "1")
	f.Add("", "")
	f.Add(strings.Repeat("-a", 60), strings.Repeat("b-", 40))
	f.Fuzz(func(t *testing.T, base, unique string) {
		name := aci.NameFor(base, unique)
		if err := (aci.Job{Name: name}).Validate(); err != nil {
			t.Errorf("NameFor(%q, %q): %v", base, unique, err)
		}
	})
}

// A name that passes is one that every shell can set, and a name that does not is refused, by name.
func FuzzEnvName(f *testing.F) {
	for _, seed := range []string{"A", "_", "1", "A-B", "", "Ä", strings.Repeat("x", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		err := aci.Job{Env: map[string]string{name: "v"}}.Validate()
		if aci.EnvName(name) != (err == nil) {
			t.Errorf("%q: %v", name, err)
		}
		if err == nil && (!utf8.ValidString(name) || strings.ContainsAny(name, "= \n\x00")) {
			t.Errorf("%q passed", name)
		}
	})
}
