package blocks

import (
	"encoding/json"
	"testing"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// TestChecksumsAreTheServers computes anew what a server of 3.9.1 says of its own block types.
func TestChecksumsAreTheServers(t *testing.T) {
	var types []struct {
		Slug, Checksum string
		Fields         json.RawMessage
	}
	if err := json.Unmarshal(startTypes, &types); err != nil {
		t.Fatal(err)
	}
	for _, want := range types {
		fields, err := pytext.Decode(want.Fields)
		if err != nil {
			t.Fatal(err)
		}
		if got := checksum(fields.(map[string]any)); got != want.Checksum {
			t.Errorf("%s: got %s, want %s", want.Slug, got, want.Checksum)
		}
	}
}

// TestChecksumsOfOddSchemas holds what the server's own code says of schemas that none of its types has.
func TestChecksumsOfOddSchemas(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4",
		`{"a":1.0,"b":[1e3,1e-7,123456789012345678,1e16],"c":"é \"q\" 😀 \u007f\n"}`:                                                                                              "sha256:6a8978d29b51d372583f555574bcf53e790a4ee308fa1aa7d8dd2822e82f7eee",
		`{"secret_fields":["x"],"properties":{"p":{"secret_fields":1,"q":[{"secret_fields":2}]}}}`:                                                                               "sha256:44314e590b3b0a7ca6c4c59530551aa090c5ff9aa15de9441319f763cc1e599a",
		`{"properties":{"a":{"$ref":"#/definitions/A"}},"definitions":{"A":{"x":{"$ref":"#/definitions/C"}},"B":{"block_type_slug":"b"},"C":{"title":"C"},"D":{"unused":true}}}`: "sha256:3f7f35d0fdc6f7f133a93b67994c2c15d50b2c8eb61c55728f28b6ac7f129e98",
		`{"properties":{"a":{"anyOf":[{"$ref":"#/definitions/B"},{"type":"null"}]}},"definitions":{"B":{"block_type_slug":"b"}}}`:                                                "sha256:354e89dd797f023408f42f759b3a42cd614e7267ac919247a7736f554e09ed37",
		`{"definitions":{}}`:                       "sha256:79b9787dcd02e098a1b261c2d8be3dbe363953714e67eccf5610554df8050ed1",
		`{"n":-0.0,"t":true,"u":null,"big":1e400}`: "sha256:add80a430b9c9e133474988bf896fdd5d35021cfa350311dbef6df42740de8d7",
	} {
		fields, err := pytext.Decode(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := checksum(fields.(map[string]any)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
