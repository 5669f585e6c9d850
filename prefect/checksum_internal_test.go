package prefect

import (
	"encoding/json"
	"testing"
)

// The right-hand sides are what Python 3.11 prints.
func TestPythonNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "12": "12", "123456789012345678901234567890": "123456789012345678901234567890",
		"1.0": "1.0", "-0.0": "-0.0", "1e2": "100.0", "1E+2": "100.0", "0.0001": "0.0001", "0.00001": "1e-05", "9999999999999998.0": "9999999999999998.0",
		"1e16": "1e+16", "1e22": "1e+22", "5e-324": "5e-324", "1.7976931348623157e308": "1.7976931348623157e+308", "1e400": "Infinity", "-1e400": "-Infinity",
		"0.1": "0.1", "0.30000000000000004": "0.30000000000000004",
	} {
		if got := string(appendPython(nil, json.Number(text))); got != want {
			t.Errorf("%s is %s, Python has %s", text, got, want)
		}
	}
}

func TestPythonStrings(t *testing.T) {
	for text, want := range map[string]string{
		"":             `""`,
		"a ~":          `"a ~"`,
		"\"\\/":        `"\"\\/"`,
		"\b\f\n\r\t":   `"\b\f\n\r\t"`,
		"\x00\x1f\x7f": `"\u0000\u001f\u007f"`,
		"é€":           `"\u00e9\u20ac"`,
		"😀":            `"\ud83d\ude00"`,
		"<&>":          `"<&>"`,
	} {
		if got := string(appendPython(nil, text)); got != want {
			t.Errorf("%q is %s, Python has %s", text, got, want)
		}
	}
}

func TestPythonContainers(t *testing.T) {
	value := map[string]any{"b": []any{nil, true, false, []any{}, map[string]any{}}, "Z": "x", "a": json.Number("1"), "é": json.Number("2")}
	const want = `{"Z": "x", "a": 1, "b": [null, true, false, [], {}], "\u00e9": 2}`
	if got := string(appendPython(nil, value)); got != want {
		t.Errorf("got %s, Python has %s", got, want)
	}
}
