package prefect_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// The checksums are those that Prefect's own code gives; e2e asks it again, for many more.
func TestSchemaChecksum(t *testing.T) {
	for _, test := range []struct{ name, fields, want string }{
		{"numbers stay as they are written", `{"properties":{"timeout":{"title":"Timeout","type":"number","default":1.0},"host":{"title":"Host","type":"string"},
			"password":{"title":"Password","type":"string","format":"password","writeOnly":true}},"title":"Pacific Thing","type":"object","description":"A thing.",
			"required":["host"],"block_type_slug":"pacific-thing","secret_fields":["password"],"block_schema_references":{}}`,
			"sha256:535f865f46db438906cda25c73acf1eea0dcfd90479651894ecd4bb9dfe2447d"},
		{"no definitions are none", `{"a": 1.0, "definitions": {}}`, "sha256:13029a696299da81c082d1e3ce0470fd07b4513d508cfc6b953a540540504535"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := prefect.SchemaChecksum([]byte(test.fields))
			if err != nil || got != test.want {
				t.Errorf("SchemaChecksum = %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func checksum(t *testing.T, fields string) string {
	t.Helper()
	sum, err := prefect.SchemaChecksum([]byte(fields))
	if err != nil {
		t.Fatalf("SchemaChecksum(%s): %v", fields, err)
	}
	return sum
}

func TestSchemaChecksumSameAndOther(t *testing.T) {
	for _, test := range []struct {
		name, a, b string
		same       bool
	}{
		{"order of keys", `{"a":1,"b":2}`, `{"b":2,"a":1}`, true},
		{"white space", `{"a":[1,2]}`, "{ \"a\" :\n[1 , 2]}", true},
		{"escapes", `{"a":"é/"}`, `{"a":"\u00e9\/"}`, true},
		{"exponents", `{"a":100.0}`, `{"a":1e2}`, true},
		{"whole numbers are not fractions", `{"a":1}`, `{"a":1.0}`, false},
		{"order in lists", `{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{"secret fields at any depth", `{"a":{"secret_fields":["x"],"b":1}}`, `{"a":{"b":1},"secret_fields":[]}`, true},
		{"but not within lists", `{"a":[{"secret_fields":["x"]}]}`, `{"a":[{}]}`, false},
		{"a definition that nobody refers to", `{"definitions":{"D":{"x":1}}}`, `{}`, true},
		{"a definition that is a block", `{"a":{"$ref":"#/definitions/D"},"definitions":{"D":{"block_type_slug":"d"}}}`, `{"a":{"$ref":"#/definitions/D"}}`, true},
		{"a definition that is none", `{"a":{"$ref":"#/definitions/D"},"definitions":{"D":{"x":1}}}`, `{"a":{"$ref":"#/definitions/D"}}`, false},
		{"an empty definition", `{"a":{"$ref":"#/definitions/D"},"definitions":{"D":{}}}`, `{"a":{"$ref":"#/definitions/D"}}`, true},
		{"definitions that refer to each other", `{"a":[{"$ref":"#/definitions/D"}],"definitions":{"D":{"x":{"$ref":"#/definitions/E"}},"E":{"y":{"$ref":"#/definitions/D"}},"F":{"z":1}}}`,
			`{"a":[{"$ref":"#/definitions/D"}],"definitions":{"D":{"x":{"$ref":"#/definitions/E"}},"E":{"y":{"$ref":"#/definitions/D"}}}}`, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := checksum(t, test.a), checksum(t, test.b)
			if (a == b) != test.same {
				t.Errorf("%s gives %s, %s gives %s, want the same: %v", test.a, a, test.b, b, test.same)
			}
		})
	}
}

func TestSchemaChecksumRefuses(t *testing.T) {
	for _, fields := range []string{"", "{", "[]", `"x"`, "null", "{} {}", "{}]"} {
		if sum, err := prefect.SchemaChecksum([]byte(fields)); err == nil {
			t.Errorf("SchemaChecksum(%q) = %s, want an error", fields, sum)
		}
	}
}

func FuzzSchemaChecksum(f *testing.F) {
	for _, d := range prefect.BlockDefinitions(3) {
		f.Add(string(d.Fields))
	}
	f.Add(`{"a":{"$ref":"#/definitions/D"},"definitions":{"D":{"a":{"$ref":"#/definitions/D"}}}}`)
	f.Fuzz(func(t *testing.T, fields string) {
		sum, err := prefect.SchemaChecksum([]byte(fields))
		if err != nil {
			return
		}
		if again := checksum(t, "\n"+fields+" "); again != sum {
			t.Errorf("%s and then %s for %q", sum, again, fields)
		}
		if !strings.HasPrefix(sum, "sha256:") || len(sum) != len("sha256:")+64 {
			t.Errorf("%s is no checksum", sum)
		}
	})
}
