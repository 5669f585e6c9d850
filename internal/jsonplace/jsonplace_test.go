package jsonplace_test

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/internal/jsonplace"
)

func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		"x":                      "line 1, column 1: not valid JSON: invalid character 'x' looking for beginning of value",
		"{\n  \"ä\": \"ö\",}":    "line 2, column 12: not valid JSON: invalid character '}' looking for beginning of object key string",
		"{\n":                    "line 1, column 2: not valid JSON: unexpected end of JSON input",
		"":                       "line 1, column 1: not valid JSON: unexpected end of JSON input",
		"[1,\n2,\n\n  nul, 4]\n": "line 4, column 6: not valid JSON: invalid character ',' in literal null (expecting 'l')",
	} {
		var v any
		err, ok := jsonplace.Find([]byte(text), json.Unmarshal([]byte(text), &v))
		if !ok || err.Error() != want {
			t.Errorf("%q: got %v, %t, want %s", text, err, ok, want)
		}
	}
	var number int
	wrong := json.Unmarshal([]byte(`"x"`), &number)
	if err, ok := jsonplace.Find(nil, wrong); ok || err != wrong {
		t.Errorf("got %v, %t, want the error as it is", err, ok)
	}
	if err, ok := jsonplace.Find(nil, nil); ok || err != nil {
		t.Errorf("got %v, %t for no error", err, ok)
	}
}
