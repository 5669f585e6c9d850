package python_test

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/python"
)

// The right-hand sides are what Python 3.11 prints: repr(json.loads(x)), and json.dumps(json.loads(x), sort_keys=True).
func TestReprAndDumps(t *testing.T) {
	for text, want := range map[string][2]string{
		"null":                                {"None", "null"},
		"true":                                {"True", "true"},
		"false":                               {"False", "false"},
		"0":                                   {"0", "0"},
		"-0":                                  {"0", "0"},
		"12":                                  {"12", "12"},
		"123456789012345678901234567890":      {"123456789012345678901234567890", "123456789012345678901234567890"},
		"1.0":                                 {"1.0", "1.0"},
		"-0.0":                                {"-0.0", "-0.0"},
		"1e2":                                 {"100.0", "100.0"},
		"0.0001":                              {"0.0001", "0.0001"},
		"0.00001":                             {"1e-05", "1e-05"},
		"9999999999999998.0":                  {"9999999999999998.0", "9999999999999998.0"},
		"1e16":                                {"1e+16", "1e+16"},
		"5e-324":                              {"5e-324", "5e-324"},
		"1e400":                               {"inf", "Infinity"},
		"-1e400":                              {"-inf", "-Infinity"},
		"0.1":                                 {"0.1", "0.1"},
		"\"it's\"":                            {"\"it's\"", "\"it's\""},
		"\"\\\"q\\\"\"":                       {"'\"q\"'", "\"\\\"q\\\"\""},
		"\"it's \\\"q\\\"\"":                  {"'it\\'s \"q\"'", "\"it's \\\"q\\\"\""},
		"\"a\\n\\t\\r\\u0000\\u007f\\\\\"":    {"'a\\n\\t\\r\\x00\\x7f\\\\'", "\"a\\n\\t\\r\\u0000\\u007f\\\\\""},
		"\"é€😀\\u00ad\\u200b\"":               {"'é€😀\\xad\\u200b'", "\"\\u00e9\\u20ac\\ud83d\\ude00\\u00ad\\u200b\""},
		"[1,\"a\",null,[],{}]":                {"[1, 'a', None, [], {}]", "[1, \"a\", null, [], {}]"},
		"{\"b\":{\"é\":2},\"a\":[1.5,false]}": {"{'a': [1.5, False], 'b': {'é': 2}}", "{\"a\": [1.5, false], \"b\": {\"\\u00e9\": 2}}"},
		"\"\\b\\f/<&>\"":                      {"'\\x08\\x0c/<&>'", "\"\\b\\f/<&>\""},
	} {
		value, err := python.Decode(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{python.Repr(value), python.Dumps(value)}; got != want {
			t.Errorf("%s:\n got %q\nwant %q", text, got, want)
		}
	}
}
