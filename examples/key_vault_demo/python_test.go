package keyvaultdemo_test

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/deploy"
	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/prefect"
)

// TestPython wants that the flow in Python can be deployed without Python, and is the same flow: by name, and by the defaults of
// the parameters that both have.
func TestPython(t *testing.T) {
	read, err := deploy.ReadFlow("python", "flow.py:key_vault_demo")
	if err != nil {
		t.Fatal(err)
	}
	if read.Name != keyvaultdemo.Flow.Name() {
		t.Errorf("the flow in Python is %q, want %q", read.Name, keyvaultdemo.Flow.Name())
	}
	text, err := read.Schema(prefect.Version{Major: 3, Minor: 9})
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties map[string]struct{ Default any }
	}
	var python, golang schema
	if err := json.Unmarshal(text, &python); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(keyvaultdemo.Flow.ParameterSchema(), &golang); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"block", "secret"} {
		if got, want := python.Properties[name].Default, golang.Properties[name].Default; got != want || got == nil {
			t.Errorf("the default of %s is %v in Python and %v in Go", name, got, want)
		}
	}
}
