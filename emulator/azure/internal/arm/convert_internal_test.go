package arm

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document has a member of each kind that request bodies have.
type document struct {
	Name       string            `json:"name"`
	CPU        float64           `json:"cpu"`
	MemoryInGB float64           `json:"memoryInGB"`
	Port       int               `json:"port"`
	ReadOnly   bool              `json:"readOnly"`
	Value      *string           `json:"value"`
	Tags       map[string]string `json:"tags"`
	Command    []string          `json:"command"`
	Inner      *document         `json:"inner"`
	List       []document        `json:"list"`
	Free       map[string]any    `json:"free"`
	Raw        json.RawMessage   `json:"raw"`
}

func TestDecodeIsAsTolerantAsAzure(t *testing.T) {
	for text, want := range map[string]document{
		`{"cpu":"1.0","memoryInGB":"1.5"}`:     {CPU: 1, MemoryInGB: 1.5},
		`{"CPU":2,"MemoryInGb":3}`:             {CPU: 2, MemoryInGB: 3},
		`{"port":"80"}`:                        {Port: 80},
		`{"port":80.0}`:                        {Port: 80},
		`{"port":" 8e1 "}`:                     {Port: 80},
		`{"port":"","cpu":"","readOnly":""}`:   {},
		`{"readOnly":"True"}`:                  {ReadOnly: true},
		`{"readOnly":1}`:                       {ReadOnly: true},
		`{"readOnly":0}`:                       {},
		`{"readOnly":true,"readonly":"false"}`: {},
		`{"value":1}`:                          {Value: new("1")},
		`{"value":1.50}`:                       {Value: new("1.50")},
		`{"value":true,"name":false}`:          {Value: new("true"), Name: "false"},
		`{"tags":{"A":1,"a":true,"n":null}}`:   {Tags: map[string]string{"A": "1", "a": "true", "n": ""}},
		`{"command":["sleep",60]}`:             {Command: []string{"sleep", "60"}},
		`{"command":[]}`:                       {Command: []string{}},
		`{"name":null,"value":null,"tags":null,"command":null,"inner":null,"free":null}`: {},
		`{"unknown":{"deep":[1,{}]},"name":"n"}`:                                         {Name: "n"},
		`{"INNER":{"List":[{"Port":"1"},{}]}}`:                                           {Inner: &document{List: []document{{Port: 1}, {}}}},
		`{"free":{"Any":[1,"x",null]},"raw": {"a" : 1}}`:                                 {Free: map[string]any{"Any": []any{1.0, "x", nil}}, Raw: json.RawMessage(`{"a" : 1}`)},
		"\xef\xbb\xbf \n{\"name\":\"\\u00e9\\\"\"}\n":                                    {Name: `é"`},
		`{"name":"first","name":"last","tags":{"a":"1","a":"2"}}`:                        {Name: "last", Tags: map[string]string{"a": "2"}},
	} {
		var got document
		if err := decodeJSON([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestDecodeErrorsNamePathAndValue(t *testing.T) {
	for text, want := range map[string]string{
		`{"cpu":"many"}`:     `Could not convert "many" to a number. Path 'cpu', line 1, position 7.`,
		`{"cpu":true}`:       `Could not convert true to a number. Path 'cpu', line 1, position 7.`,
		`{"cpu":"NaN"}`:      `Could not convert "NaN" to a number. Path 'cpu', line 1, position 7.`,
		`{"cpu":1e999}`:      `Could not convert 1e999 to a number. Path 'cpu', line 1, position 7.`,
		`{"port":1.5}`:       `Could not convert 1.5 to a whole number. Path 'port', line 1, position 8.`,
		`{"port":"0x10"}`:    `Could not convert "0x10" to a whole number. Path 'port', line 1, position 8.`,
		`{"port":1e300}`:     `Could not convert 1e300 to a whole number. Path 'port', line 1, position 8.`,
		`{"readOnly":"yes"}`: `Could not convert "yes" to a boolean. Path 'readOnly', line 1, position 12.`,
		"{\n \"list\": [{},\n  {\"Port\": \"a\"}]}":  `Could not convert "a" to a whole number. Path 'list[1].Port', line 3, position 11.`,
		`{"inner":{"tags":{"k":["secret"]}}}`:        `Could not convert a list to text. Path 'inner.tags.k', line 1, position 22.`,
		`{"value":{"x":"secret"}}`:                   `Could not convert an object to text. Path 'value', line 1, position 9.`,
		`{"command":"echo"}`:                         `Could not convert "echo" to a list. Path 'command', line 1, position 11.`,
		`{"tags":"a=b"}`:                             `Could not convert "a=b" to an object. Path 'tags', line 1, position 8.`,
		`{"inner":5}`:                                `Could not convert 5 to an object. Path 'inner', line 1, position 9.`,
		`[]`:                                         `Could not convert a list to an object. Path '', line 1, position 0.`,
		`{"port":"` + strings.Repeat("é", 99) + `"}`: `Could not convert "` + strings.Repeat("é", 31) + `… to a whole number. Path 'port', line 1, position 8.`,
	} {
		var got document
		err := decodeJSON([]byte(text), &got)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want …%s", text, err, want)
		}
	}
}
