package flow

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

type decoded struct {
	Name string `json:"name"`
	Mode string `json:"mode" default:"read" enum:"read,write"`
	N    int64  `json:"n" default:"7"`
	Opt  *int   `json:"opt"`
	More struct {
		Deep int `json:"deep"`
	} `json:"more,omitzero"`
}

func TestDecode(t *testing.T) {
	p, err := parametersOf[decoded]()
	if err != nil {
		t.Fatal(err)
	}
	plain := decoded{Name: "a", Mode: "read", N: 7}
	large := plain
	large.N = 9007199254740993
	for _, test := range []struct {
		values string
		want   decoded
		fault  string
	}{
		{values: `{"name": "a"}`, want: plain},
		{values: `{"name": "a", "n": null, "opt": null, "mode": null}`, want: plain},
		{values: `{"name": "a", "n": 9007199254740993}`, want: large},
		{values: `{}`, fault: `parameter "name" of flow "" is required`},
		{values: `{"name": null}`, fault: `parameter "name" of flow "" is required`},
		{values: `{"name": "a", "mode": "erase"}`, fault: `parameter "mode" of flow "" is "erase", want read or write`},
		{values: `{"name": "a", "Name": "b"}`, fault: `parameter "Name" of flow "" does not exist`},
		{values: `{"name": "a", "more": {"deep": "x"}}`, fault: `parameter "more.deep" of flow "" is a JSON string, want int`},
	} {
		var values map[string]any
		decoder := json.NewDecoder(strings.NewReader(test.values))
		decoder.UseNumber()
		if err := decoder.Decode(&values); err != nil {
			t.Fatal(err)
		}
		var got decoded
		switch fault := p.decode(values, &got); {
		case fault != nil && fault.Error() != test.fault, fault == nil && test.fault != "":
			t.Errorf("%s gives %v, want %s", test.values, fault, test.fault)
		case fault == nil && !reflect.DeepEqual(got, test.want):
			t.Errorf("%s is %+v, want %+v", test.values, got, test.want)
		}
	}
}
