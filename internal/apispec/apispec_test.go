package apispec_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/apispec"
)

const widget = "https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Example.Widgets/widgets/w?api-version=2024-01-01"

func exchange(t *testing.T, method, address, request string, status int, response string) apispec.Exchange {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return apispec.Exchange{Method: method, URL: u, RequestBody: []byte(request), ResponseBody: []byte(response), Status: status, Header: http.Header{}}
}

func TestCheck(t *testing.T) {
	specs, err := apispec.Load("testdata/specs")
	if err != nil {
		t.Fatal(err)
	}
	id := `"id":"/subscriptions/s/resourceGroups/g/providers/Example.Widgets/widgets/w"`
	good := `{` + id + `,"size":1}`
	tests := []struct {
		name                     string
		method, address, request string
		status                   int
		response                 string
		want                     string // part of the one finding that is no warning; empty: none
	}{
		{"get", "GET", widget, "", 200, good, ""},
		{"case of fixed segments", "GET", strings.Replace(widget, "resourceGroups", "resourcegroups", 1), "", 200, strings.Replace(good, "resourceGroups", "resourcegroups", 1), ""},
		{"double slash", "GET", strings.Replace(widget, "Widgets/widgets", "Widgets//widgets", 1), "", 200, good, ""},
		{"put", "PUT", widget, `{"size":1,"key":"k","tags":{"a":"b"}}`, 201, good, ""},
		{"no api-version", "GET", strings.TrimSuffix(widget, "?api-version=2024-01-01"), "", 200, good, "api-version is missing"},
		{"unknown path", "GET", "https://management.azure.com/nowhere?api-version=1", "", 200, "{}", "not an operation"},
		{"unknown path, refused", "GET", "https://management.azure.com/nowhere?api-version=1", "", 404, "{}", ""},
		{"unknown request property", "PUT", widget, `{"size":1,"key":"k","sizes":2}`, 201, good, "unknown property"},
		{"misspelt property", "PUT", widget, `{"Size":1,"size":1,"key":"k"}`, 201, good, "spells it size"},
		{"unknown reply property", "GET", widget, "", 200, `{` + id + `,"size":1,"extra":1}`, "unknown property"},
		{"newer version: unknown is a warning", "GET", strings.Replace(widget, "2024-01-01", "2030-01-01", 1), "", 200, `{` + id + `,"size":1,"extra":1}`, ""},
		{"request lacks required", "PUT", widget, `{"key":"k"}`, 201, good, "size is missing"},
		{"request lacks required secret", "PUT", widget, `{"size":1}`, 201, good, "key is missing"},
		{"reply lacks required", "GET", widget, "", 200, `{` + id + `}`, "size is missing"},
		{"wrong type", "GET", widget, "", 200, `{` + id + `,"size":"1"}`, "wants an integer"},
		{"over 32 bits", "GET", widget, "", 200, `{` + id + `,"size":4294967296}`, "32 bits"},
		{"wrong array", "GET", widget, "", 200, `{` + id + `,"size":1,"parts":"x"}`, "wants an array"},
		{"wrong item", "GET", widget, "", 200, `{` + id + `,"size":1,"parts":[1]}`, "wants a string"},
		{"wrong time", "GET", widget, "", 200, `{` + id + `,"size":1,"made":"yesterday"}`, "RFC 3339"},
		{"tag is no string", "PUT", widget, `{"size":1,"key":"k","tags":{"a":1}}`, 201, good, "wants a string"},
		{"enum", "GET", widget, "", 200, `{` + id + `,"size":1,"colour":"Green"}`, "not one of"},
		{"enum case in a request", "PUT", widget, `{"size":1,"key":"k","colour":"red"}`, 201, good, ""},
		{"enum case in a reply", "GET", widget, "", 200, `{` + id + `,"size":1,"colour":"red"}`, "is spelt"},
		{"open enum", "GET", widget, "", 200, `{` + id + `,"size":1,"finish":"Gloss"}`, ""},
		{"other id", "GET", widget, "", 200, `{"id":"/subscriptions/s","size":1}`, "the address is"},
		{"status", "GET", widget, "", 204, "", "status 204"},
		{"empty reply", "GET", widget, "", 200, "", "body is missing"},
		{"202 without headers", "PUT", widget, `{"size":1,"key":"k"}`, 202, "", "202 without"},
		{"error", "GET", widget, "", 404, `{"error":{"code":"ResourceNotFound","message":"no w"}}`, ""},
		{"error without code", "GET", widget, "", 404, `{"error":{}}`, "without error.code"},
		{"poll", "GET", "https://management.azure.com/subscriptions/s/providers/P/locations/l/operations/1?api-version=1", "", 200, `{"status":"Running"}`, ""},
		{"poll without status", "GET", "https://management.azure.com/subscriptions/s/providers/P/locations/l/operations/1?api-version=1", "", 200, `{}`, "neither"},
		{"body where none belongs", "GET", widget, "{}", 200, good, "takes no body"},
		{"no JSON", "PUT", widget, "{", 201, good, "not JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := specs.Check(exchange(t, test.method, test.address, test.request, test.status, test.response))
			found = slices.DeleteFunc(found, func(f apispec.Finding) bool { return f.Warning })
			switch {
			case test.want == "" && len(found) == 0:
			case test.want != "" && len(found) == 1 && strings.Contains(found[0].String(), test.want):
			default:
				t.Errorf("found %v, want %q", found, test.want)
			}
		})
	}
}

func TestLoadRefusesAnEmptyFolder(t *testing.T) {
	if _, err := apispec.Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "PACIFIC_API_SPECS") {
		t.Errorf("got %v, want an error that names the variable", err)
	}
}

// TestMicrosoftsExamples shows the checker traffic that is right by definition: the examples published beside the files.
func TestMicrosoftsExamples(t *testing.T) {
	specs := apispec.FromEnv(t)
	if specs == nil {
		return
	}
	const version = "2024-05-01-preview"
	files, err := filepath.Glob(filepath.Join(os.Getenv(apispec.EnvDir), "containerinstance", version, "examples", "ContainerGroups[GL]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var example struct {
				Parameters map[string]any
				Responses  map[string]struct{ Body json.RawMessage }
			}
			if err := json.Unmarshal(text, &example); err != nil {
				t.Fatal(err)
			}
			address := "https://management.azure.com/subscriptions/subid"
			if group, ok := example.Parameters["resourceGroupName"].(string); ok {
				address += "/resourceGroups/" + group
			}
			address += "/providers/Microsoft.ContainerInstance/containerGroups"
			if name, ok := example.Parameters["containerGroupName"].(string); ok {
				address += "/" + name
			}
			x := exchange(t, "GET", address+"?api-version="+version, "", 200, string(example.Responses["200"].Body))
			for _, f := range specs.Check(x) {
				if !f.Warning {
					t.Error(f)
				}
			}
		})
	}
}

// The files of key vaults are about hosts of their own, and clients leave the version out of a path.
func TestCheckVault(t *testing.T) {
	specs, err := apispec.Load("testdata/specs")
	if err != nil {
		t.Fatal(err)
	}
	const secret = "https://v.vault.azure.net/secrets/s"
	const good = `{"value":"v","id":"https://v.vault.azure.net/secrets/s/1"}`
	for _, row := range []struct {
		method, address, request string
		status                   int
		response                 string
		want                     string
	}{
		{"GET", secret + "/1?api-version=7.5", "", 200, good, ""},
		{"GET", secret + "/?api-version=7.4", "", 200, good, ""},
		{"GET", secret + "?api-version=7.4", "", 200, good, ""},
		{"PUT", secret + "?api-version=7.5", `{"value":"v"}`, 200, good, ""},
		{"PUT", secret + "?api-version=7.5", "", 401, `{"error":{"code":"Unauthorized","message":"no token"}}`, ""},
		{"PUT", secret + "?api-version=7.5", "", 200, good, "the body is missing"},
		{"GET", secret + "/1?api-version=7.5", "", 404, `{"error":{}}`, "without error.code"},
		{"GET", secret + "/1?api-version=7.5", "", 201, good, "status 201"},
		{"GET", secret + "/1?api-version=7.5", "", 200, `{"valeu":"v"}`, "unknown property"},
		{"GET", "https://v.vault.azure.net/nothing?api-version=7.5", "", 200, good, "not an operation"},
		{"GET", "https://v.vault.azure.net/nothing?api-version=7.5", "", 404, good, ""},
	} {
		var got []string
		for _, f := range specs.CheckVault(exchange(t, row.method, row.address, row.request, row.status, row.response)) {
			if !f.Warning {
				got = append(got, f.String())
			}
		}
		if text := strings.Join(got, "; "); (text == "") != (row.want == "") || !strings.Contains(text, row.want) {
			t.Errorf("%s %s %d: %q, want %q", row.method, row.address, row.status, text, row.want)
		}
	}
}
