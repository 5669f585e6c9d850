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
	Hosts []host          `json:"hosts,omitempty"`
	ByDay map[string]host `json:"by_day,omitempty"`
	Free  map[string]any  `json:"free,omitempty"`
}

type host struct {
	Port int    `json:"port"`
	Kind string `json:"kind,omitempty" enum:"a,b"`
}

func TestDecode(t *testing.T) {
	p, err := parametersOf[decoded]()
	if err != nil {
		t.Fatal(err)
	}
	plain := decoded{Name: "a", Mode: "read", N: 7}
	large := plain
	large.N = 9007199254740993
	free := plain
	free.Free = map[string]any{"x": map[string]any{"y": []any{1.0}}}
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
		{values: `{"name": "a", "more": {}}`, fault: `parameter "more.deep" of flow "" is required`},
		{values: `{"name": "a", "more": {"deep": 1, "Deep": 2}}`, fault: `parameter "more.Deep" of flow "" does not exist`},
		{values: `{"name": "a", "hosts": [{"port": 1}, {"port": 2, "prt": 3}]}`, fault: `parameter "hosts[1].prt" of flow "" does not exist`},
		{values: `{"name": "a", "hosts": [{"port": 1, "kind": "c"}]}`, fault: `parameter "hosts[0].kind" of flow "" is "c", want a or b`},
		{values: `{"name": "a", "by_day": {"monday": {"port": null}}}`, fault: `parameter "by_day.monday.port" of flow "" is required`},
		{values: `{"name": "a", "free": {"x": {"y": [1]}}}`, want: free},
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

func TestHintsNameWhatThereIs(t *testing.T) {
	p, err := parametersOf[decoded]()
	if err != nil {
		t.Fatal(err)
	}
	for values, want := range map[string]string{
		`{"nme": "a"}`: "the flow's parameters are name, mode, n, opt, more, hosts, by_day, free",
		`{"name": "a", "hosts": [{"port": 1, "prt": 3}]}`: "the fields of hosts[0] are port, kind",
		`{"name": "a", "mode": "erase"}`:                  "",
	} {
		var given map[string]any
		if err := json.Unmarshal([]byte(values), &given); err != nil {
			t.Fatal(err)
		}
		if fault := p.decode(given, new(decoded)); fault == nil || fault.Hint() != want {
			t.Errorf("%s: %v, hint %q, want %q", values, fault, fault.Hint(), want)
		}
	}
}
