package parameters_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
)

// cases are what the validation code of Prefect 3.8.8 itself says of these schemas and values; "" is for what it takes.
func cases(t *testing.T) (c struct {
	Values []struct {
		Schema, Values                   json.RawMessage
		IgnoreRequired, NullableDefaults bool
		Want                             string
	}
	Schemas []struct {
		Schema json.RawMessage
		Want   string
	}
}) {
	t.Helper()
	text, err := os.ReadFile("testdata/validation.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestValidateValuesSaysWhatTheServerSays(t *testing.T) {
	for _, c := range cases(t).Values {
		err := parameters.ValidateValues(c.Schema, c.Values, parameters.Options{IgnoreRequired: c.IgnoreRequired, NullableDefaults: c.NullableDefaults})
		if got := text(err); got != c.Want {
			t.Errorf("%s against %s:\n got %q\nwant %q", c.Values, c.Schema, got, c.Want)
		}
	}
}

func TestValidateSchemaSaysWhatTheServerSays(t *testing.T) {
	for _, c := range cases(t).Schemas {
		if got := text(parameters.ValidateSchema(c.Schema)); got != c.Want {
			t.Errorf("%s:\n got %q\nwant %q", c.Schema, got, c.Want)
		}
	}
}

// A schema takes longer the deeper it is, and Python's validator gives up at some depth.
func TestSchemasThatAreTooDeep(t *testing.T) {
	nested := func(depth int) json.RawMessage {
		return json.RawMessage(`{"properties":{"a":` + strings.Repeat(`{"items":`, depth) + `{}` + strings.Repeat("}", depth) + `}}`)
	}
	for depth, want := range map[int]string{100: "", 5000: parameters.ErrCircular.Error()} {
		if got := text(parameters.ValidateValues(nested(depth), json.RawMessage(`{"a":1}`), parameters.Options{})); got != want {
			t.Errorf("%d deep: got %q, want %q", depth, got, want)
		}
	}
}
