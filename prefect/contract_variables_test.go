package prefect_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

func variablesContract(t *testing.T, s target) {
	ctx := t.Context()
	s.name = strings.ReplaceAll(s.name, "-", "_") // 2.20 takes no dashes
	created := must(s.CreateVariable(ctx, prefect.VariableCreate{Name: s.name, Value: "v1", Tags: []string{"a"}}))(t)
	read := must(s.VariableByName(ctx, s.name))(t)
	want(t, "id", read.ID, created.ID)
	want(t, "value", read.Value, any("v1"))
	same(t, "tags", read.Tags, []string{"a"})
	_, err := s.CreateVariable(ctx, prefect.VariableCreate{Name: s.name, Value: "v2"})
	wantKind(t, err, prefect.ErrConflict)
	_, err = s.VariableByName(ctx, s.name+"_none")
	wantKind(t, err, prefect.ErrNotFound)

	object := map[string]any{"cpu": json.Number("1.0"), "tags": []any{"a", nil, true}}
	_, err = s.CreateVariable(ctx, prefect.VariableCreate{Name: s.name + "_json", Value: object})
	if !s.v3 {
		wantKind(t, err, prefect.ErrInvalid)
		return
	}
	check(t, err)
	same(t, "value", must(s.VariableByName(ctx, s.name+"_json"))(t).Value, any(object))
}

func TestHandedOn(t *testing.T) {
	for name, test := range map[string]struct {
		o    prefect.Options
		want map[string]string
	}{
		"the address alone": {
			prefect.Options{URL: "http://prefect.example/api/"},
			map[string]string{"PREFECT_API_URL": "http://prefect.example/api"},
		},
		"a password in the address": {
			prefect.Options{URL: "http://me:secret@prefect.example/api"},
			map[string]string{"PREFECT_API_URL": "http://prefect.example/api", "PREFECT_API_AUTH_STRING": "me:secret"},
		},
		"everything": {
			prefect.Options{URL: "https://prefect.example/api", APIKey: "key", Headers: map[string]string{"X-A": "b"}, TLS: prefect.TLSOptions{InsecureSkipVerify: true}},
			map[string]string{
				"PREFECT_API_URL": "https://prefect.example/api", "PREFECT_API_KEY": "key", "PREFECT_CLIENT_CUSTOM_HEADERS": `{"X-A":"b"}`,
				"PREFECT_API_TLS_INSECURE_SKIP_VERIFY": "true",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := must(prefect.NewClient(test.o))(t)
			got := c.HandedOn()
			same(t, "settings", got, test.want)
			clear(got)
			if !maps.Equal(c.HandedOn(), test.want) {
				t.Error("the client's own settings were changed")
			}
		})
	}
}
