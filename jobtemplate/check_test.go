package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

func TestCheckVariables(t *testing.T) {
	three, two := prefect.Version{Major: 3}, prefect.Version{Major: 2}
	ours, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, three)
	if err != nil {
		t.Fatal(err)
	}
	open := json.RawMessage(`{"variables":{"properties":{"size":{"type":"string"}}},"job_configuration":{"extra":"{{ extra }}","size":"{{ size }}"}}`)
	for _, test := range []struct {
		template json.RawMessage
		version  prefect.Version
		values   string
		problem  string // empty: none
		want     string
	}{
		{ours, three, `{"cpu":2,"memory":0.5,"image":"i","env":{"A":"b","C":null},"identities":["x"],"entrypoint":null}`, "", ""},
		{ours, three, `{"mem":3}`, "mem: the work pool's template has no such name", "did you mean memory?"},
		{ours, three, `{"zebra":3}`, "zebra: the work pool's template has no such name", "it has aci_credentials, command, "},
		{ours, three, `{"cpu":"two"}`, "cpu: must not be a text", "give a number such as 2 or 0.5"},
		{ours, three, `{"image":3}`, "image: must not be a number", `give a text, which JSON writes as "3"`},
		{ours, three, `{"identities":"x"}`, "identities: must not be a text", "give a list as JSON"},
		{ours, three, `{"cpu":"{{ prefect.variables.cpu }}","aci_credentials":{"$ref":{"block_document_id":"1"}},"memory":null}`, "", ""},
		{ours, three, `{"env.A":"b"}`, "", ""},
		{ours, three, `{"evn.A":"b"}`, "evn.A: the work pool's template has no such name", "did you mean env?"},
		{ours, two, `{"env.A":"b"}`, "env.A: the work pool's template has no such name", ""}, // 2.20 knows no dots
		{open, three, `{"extra":[1],"size":"big"}`, "", ""},
		{open, three, `{"size":["big"]}`, "size: must not be a list", "give a text"},
		{json.RawMessage(`{}`), three, `{"anything":1}`, "", ""},
	} {
		var values map[string]any
		if err := json.Unmarshal([]byte(test.values), &values); err != nil {
			t.Fatal(err)
		}
		err := jobtemplate.CheckVariables(test.template, test.version, values)
		wrong, ok := errors.AsType[*jobtemplate.Error](err)
		if ok != (test.problem != "") || ok && (wrong.Error() != test.problem || !strings.HasPrefix(wrong.Hint(), test.want)) {
			t.Errorf("%s: got %v, hint %+v\nwant %s, %s", test.values, err, wrong, test.problem, test.want)
		}
	}
	err = jobtemplate.CheckVariables(ours, three, map[string]any{"mem": 3, "cpus": 2})
	if err == nil || !strings.Contains(err.Error(), "mem: ") || !strings.Contains(err.Error(), "cpus: ") {
		t.Errorf("of two that are wrong: %v", err)
	}
}

func TestCheckFields(t *testing.T) {
	schema := json.RawMessage(`{"properties":{"image":{"type":"string"},"command":{"type":"array","items":{"type":"string"}},"env":{"type":"object"}}}`)
	for values, want := range map[string]string{
		`{"image":"i","command":["a"],"env.A":"b"}`: "",
		`{"command":"a b"}`:                         "command: must not be a text",
		`{"imag":"i"}`:                              "imag: the block has no such field",
	} {
		var given map[string]any
		if err := json.Unmarshal([]byte(values), &given); err != nil {
			t.Fatal(err)
		}
		if err := jobtemplate.CheckFields(schema, given); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: got %v, want %s", values, err, want)
		}
	}
	if err := jobtemplate.CheckFields(nil, map[string]any{"x": 1}); err != nil {
		t.Errorf("without a schema: %v", err)
	}
}
