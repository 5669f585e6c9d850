package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

type colour string

func (colour) Values() []string { return []string{"RED", "GREEN", "BLUE"} }

type part struct {
	Number int      `json:"number" req:"true" min:"0" max:"9"`
	Ratio  *float64 `json:"ratio" above:"0"`
}

// body has a field of every kind that bodies have.
type body struct {
	api.Page
	Name    api.Name              `json:"name" req:"true"`
	Note    *string               `json:"note"`
	Yes     bool                  `json:"yes"`
	Colour  colour                `json:"colour"`
	ID      *uuid.UUID            `json:"id"`
	When    api.Time              `json:"when"`
	Tags    []string              `json:"tags"`
	Values  map[string]any        `json:"values"`
	Raw     json.RawMessage       `json:"raw"`
	Parts   []part                `json:"parts"`
	Changed api.Optional[*string] `json:"changed"`
	ByName  map[string]api.Slug   `json:"by_name"`
	Any     any                   `json:"any"`
}

func TestDecode(t *testing.T) {
	var got body
	text := `{"name":"n","note":null,"yes":"on","colour":"BLUE","id":"3c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10","when":"2026-11-21 11:36:26.230255+00:00",
		"tags":["a"],"values":{"x":[1,null]},"raw":{"a":1.0},"parts":[{"number":"7","ratio":1},{"number":3.0}],"changed":null,"by_name":{"k":"a-b"},"any":null,"limit":5,"offset":2}`
	if err := api.Parse([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	id := uuid.MustParse("3c3a7d7e-3d8f-4e24-9c73-7d8f3f2c9a10")
	when, err := api.ParseTime("2026-11-21T11:36:26.230255Z")
	if err != nil {
		t.Fatal(err)
	}
	want := body{
		Page: api.Page{Limit: new(5), Offset: 2}, Name: "n", Yes: true, Colour: "BLUE", ID: &id, When: when, Tags: []string{"a"},
		Values: map[string]any{"x": []any{json.Number("1"), nil}}, Raw: json.RawMessage(`{"a":1.0}`),
		Parts: []part{{Number: 7, Ratio: new(1.0)}, {Number: 3}}, Changed: api.Optional[*string]{Given: true}, ByName: map[string]api.Slug{"k": "a-b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is not named stays as it was: defaults go there.
func TestDecodeKeepsDefaults(t *testing.T) {
	got := body{Tags: []string{"default"}, Yes: true}
	if err := api.Parse([]byte(`{"name":"n"}`), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Yes || len(got.Tags) != 1 || got.Changed.Given {
		t.Errorf("got %+v, want the defaults", got)
	}
}

// The words of pydantic, for everything that can be wrong.
func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{``, "missing at body.name: Field required"},
		{`{`, "json_invalid at body.0: JSON decode error"},
		{`{"name":"n"} x`, "json_invalid at body.13: JSON decode error"},
		{`[]`, "model_attributes_type at body: Input should be a valid dictionary or object to extract fields from"},
		{`null`, "model_attributes_type at body: Input should be a valid dictionary or object to extract fields from"},
		{`{"name":"n","nope":1}`, "extra_forbidden at body.nope: Extra inputs are not permitted"},
		{`{"name":3}`, "string_type at body.name: Input should be a valid string"},
		{`{"name":"a/b"}`, "string_pattern_mismatch at body.name: String should match pattern '^[^/%&><]+$'"},
		{`{"name":"n","note":[]}`, "string_type at body.note: Input should be a valid string"},
		{`{"name":"n","yes":"maybe"}`, "bool_parsing at body.yes: Input should be a valid boolean, unable to interpret input"},
		{`{"name":"n","yes":null}`, "bool_type at body.yes: Input should be a valid boolean"},
		{`{"name":"n","colour":"PINK"}`, "enum at body.colour: Input should be 'RED', 'GREEN' or 'BLUE'"},
		{`{"name":"n","id":"x"}`, "uuid_parsing at body.id: Input should be a valid UUID, invalid character: found `x` at 0"},
		{`{"name":"n","when":"yesterday"}`, "value_error at body.when: Value error, Unable to parse string [yesterday]"},
		{`{"name":"n","when":[]}`, "datetime_type at body.when: Input should be a valid datetime"},
		{`{"name":"n","tags":null}`, "list_type at body.tags: Input should be a valid list"},
		{`{"name":"n","tags":["a",1]}`, "string_type at body.tags.1: Input should be a valid string"},
		{`{"name":"n","values":[]}`, "dict_type at body.values: Input should be a valid dictionary"},
		{`{"name":"n","parts":[{"number":1},{}]}`, "missing at body.parts.1.number: Field required"},
		{`{"name":"n","parts":[{"number":10}]}`, "less_than_equal at body.parts.0.number: Input should be less than or equal to 9"},
		{`{"name":"n","parts":[{"number":-1}]}`, "greater_than_equal at body.parts.0.number: Input should be greater than or equal to 0"},
		{`{"name":"n","parts":[{"number":1,"ratio":0}]}`, "greater_than at body.parts.0.ratio: Input should be greater than 0"},
		{`{"name":"n","parts":[{"number":1.5}]}`, "int_from_float at body.parts.0.number: Input should be a valid integer, got a number with a fractional part"},
		{`{"name":"n","parts":[{"number":"x"}]}`, "int_parsing at body.parts.0.number: Input should be a valid integer, unable to parse string as an integer"},
		{`{"name":"n","parts":[{"number":1,"ratio":"x"}]}`, "float_parsing at body.parts.0.ratio: Input should be a valid number, unable to parse string as a number"},
		{`{"name":"n","by_name":{"k":"A B"}}`, "value_error at body.by_name.k: Value error, Block type slug must only contain lowercase letters, numbers, and dashes."},
		{`{"nope":1,"yes":[]}`, "missing at body.name: Field required; bool_type at body.yes: Input should be a valid boolean; extra_forbidden at body.nope: Extra inputs are not permitted"},
	} {
		err := api.Parse([]byte(test.text), &body{})
		if got := reasons(t, err); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

// reasons lists what a refusal says, by what goes over the wire.
func reasons(t *testing.T, err error) string {
	t.Helper()
	refusal, ok := errors.AsType[*api.Error](err)
	if !ok || refusal.Status != 422 {
		t.Fatalf("got error %v, want a refusal", err)
	}
	text, err := json.Marshal(refusal.Body)
	if err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Detail []struct {
			Type string `json:"type"`
			Loc  []any  `json:"loc"`
			Msg  string `json:"msg"`
		} `json:"exception_detail"`
	}
	if err := json.Unmarshal(text, &sent); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range sent.Detail {
		at := strings.ReplaceAll(strings.Trim(fmt.Sprint(d.Loc), "[]"), " ", ".")
		all = append(all, fmt.Sprintf("%s at %s: %s", d.Type, at, d.Msg))
	}
	return strings.Join(all, "; ")
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"name":"n","parts":[{"number":1e400}]}`, `{"when":-1e300,"name":"n"}`, `{"id":{},"name":"\ud800"}`, `[[[[`, `{"values":{"":null}}`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := api.Parse(text, &body{})
		if err == nil {
			return
		}
		refusal, ok := errors.AsType[*api.Error](err)
		if !ok {
			t.Fatalf("%q: got %v, want a refusal", text, err)
		}
		if _, err := json.Marshal(refusal.Body); err != nil {
			t.Fatalf("%q: the refusal is no JSON: %v", text, err)
		}
	})
}

// inner is a part that several bodies have, in a type that is not exported.
type inner struct {
	api.Loose
	Count int `json:"count" req:"true"`
}

// Bounds hold for numbers in quotes too, for Optional and pointers, and for what is no number at all.
func TestBoundsOfWhatWasRead(t *testing.T) {
	type body struct {
		inner
		Seconds float64            `json:"seconds" min:"60" max:"86400"`
		Above   *int               `json:"above" above:"0"`
		Perhaps api.Optional[*int] `json:"perhaps" min:"3"`
	}
	for text, want := range map[string]string{
		`{"count":1,"seconds":"60","above":"1","perhaps":"3"}`: "",
		`{"count":1,"above":null,"perhaps":null}`:              "",
		`{"count":1,"seconds":"59"}`:                           "greater than or equal to 60",
		`{"count":1,"seconds":"NaN"}`:                          "greater than or equal to 60",
		`{"count":1,"seconds":"Infinity"}`:                     "less than or equal to 86400",
		`{"count":1,"above":"0"}`:                              "greater than 0",
		`{"count":1,"perhaps":"-1"}`:                           "greater than or equal to 3",
		`{}`:                                                   "Field required",
	} {
		into := body{Seconds: 60}
		err := api.Parse([]byte(text), &into)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %q", text, got, want)
		}
	}
}
