package jobfile_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/jobfile"
)

// Whatever a file holds, reading it ends in a job or in an error of lines with a reason; a valid job has a definition
// and a preview without its secrets.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{fullYAML, fullJSON, "", "{}", "a: &a [*a]", "base: {properties: {containers: [null, {name: x}]}}",
		"env: {A: 1}\nsecureEnv: {B: two}\n", "{\"name\":\"\\ud800\"}", "registries: [{server: 'https:///'}]", "? a\n: b", "timeout: -1e-3", "<<: {a: b}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		job, err := jobfile.Read(bytes.NewReader(data))
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
