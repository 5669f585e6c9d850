package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// blockServer is as much of a server as registering needs: it keeps types and schemas and notes what was created. What real
// servers do with documents is in the contract.
type blockServer struct {
	version   string
	types     []prefect.BlockType
	schemas   []prefect.BlockSchema // newest last
	created   []string
	lateTypes bool   // a type is there only after somebody else made it, between our look and our create
	checksum  string // given to every new schema, if set
}

func (s *blockServer) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/admin/version", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, s.version) })
	mux.HandleFunc("GET /api/block_types/slug/{slug}", func(w http.ResponseWriter, r *http.Request) {
		find(w, s.types, func(t prefect.BlockType) bool { return t.Slug == r.PathValue("slug") })
	})
	mux.HandleFunc("GET /api/block_schemas/checksum/{sum}", func(w http.ResponseWriter, r *http.Request) {
		find(w, s.schemas, func(t prefect.BlockSchema) bool { return t.Checksum == r.PathValue("sum") })
	})
	mux.HandleFunc("GET /api/block_types/slug/{slug}/block_documents/name/{name}", func(w http.ResponseWriter, r *http.Request) { find[int](w, nil, nil) })
	mux.HandleFunc("POST /api/block_types/", s.createType)
	mux.HandleFunc("POST /api/block_schemas/", s.createSchema)
	mux.HandleFunc("POST /api/block_schemas/filter", s.newestSchema)
	mux.HandleFunc("GET /api/csrf-token", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 422, map[string]string{"detail": "CSRF protection is disabled."})
	})
	mux.ServeHTTP(w, r)
	return w.Result(), nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func find[T any](w http.ResponseWriter, list []T, match func(T) bool) {
	if i := slices.IndexFunc(list, match); i >= 0 {
		reply(w, 200, list[i])
		return
	}
	reply(w, 404, map[string]string{"detail": "not found"})
}

func (s *blockServer) createType(w http.ResponseWriter, r *http.Request) {
	var t prefect.BlockType
	_ = json.NewDecoder(r.Body).Decode(&t)
	t.ID = prefect.ID("type-" + t.Slug)
	s.types = append(s.types, t)
	if s.lateTypes {
		reply(w, 409, map[string]string{"detail": "exists"})
		return
	}
	s.created = append(s.created, "type "+t.Slug)
	reply(w, 201, t)
}

func (s *blockServer) createSchema(w http.ResponseWriter, r *http.Request) {
	var schema prefect.BlockSchema
	_ = json.NewDecoder(r.Body).Decode(&schema)
	sum, _ := prefect.SchemaChecksum(schema.Fields)
	schema.Checksum, schema.ID = sum, prefect.ID(sum)
	if s.checksum != "" {
		schema.Checksum = s.checksum
	}
	s.schemas = append(s.schemas, schema)
	s.created = append(s.created, fmt.Sprintf("schema %s %.13s %s %v", strings.TrimPrefix(string(schema.BlockTypeID), "type-"), sum, schema.Version, schema.Capabilities))
	reply(w, 201, schema)
}

func (s *blockServer) newestSchema(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Schemas struct {
			Type struct {
				Any []prefect.ID `json:"any_"`
			} `json:"block_type_id"`
		} `json:"block_schemas"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	found := []prefect.BlockSchema{}
	for _, schema := range slices.Backward(s.schemas) {
		if slices.Contains(body.Schemas.Type.Any, schema.BlockTypeID) {
			found = append(found, schema)
		}
	}
	reply(w, 200, found)
}

func (s *blockServer) client(t *testing.T) *prefect.Client {
	t.Helper()
	c, err := prefect.NewClient(prefect.Options{URL: "http://prefect.test/api", Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A server of 3.x without any of the types: what is nested comes first.
func TestRegisterBlock(t *testing.T) {
	s := &blockServer{version: "3.8.8"}
	for range 2 { // the second time everything is there
		kind, schema, err := s.client(t).RegisterBlock(t.Context(), "azure-container-instance-job")
		if err != nil || kind.Slug != "azure-container-instance-job" || !strings.HasPrefix(schema.Checksum, "sha256:367f8171") {
			t.Fatalf("got %+v, %+v, %v", kind, schema, err)
		}
	}
	want := []string{
		"type azure-container-instance-job",
		"type azure-container-instance-credentials",
		"schema azure-container-instance-credentials sha256:17a912 0.3.7 []",
		"type docker-registry",
		"schema docker-registry sha256:6db145 non-versioned []",
		"schema azure-container-instance-job sha256:367f81 0.3.7 [run-infrastructure]",
	}
	if diff := cmp.Diff(want, s.created); diff != "" {
		t.Errorf("-want +created:\n%s", diff)
	}
	// What is nested is an older docker-registry: documents of their own get the newer one.
	if _, schema, err := s.client(t).RegisterBlock(t.Context(), "docker-registry"); err != nil || !strings.HasPrefix(schema.Checksum, "sha256:7f5187") || len(s.created) != len(want)+1 {
		t.Errorf("docker-registry: %s, %v, created %v", schema.Checksum, err, s.created[len(want):])
	}
}

func TestRegisterBlockAtTheSameTimeAsSomebodyElse(t *testing.T) {
	s := &blockServer{version: "3.8.8", lateTypes: true}
	kind, _, err := s.client(t).RegisterBlock(t.Context(), "string")
	if err != nil || kind.ID != "type-string" {
		t.Errorf("got %+v, %v", kind, err)
	}
}

// A schema that somebody registered from a newer package is used if it can hold what we write and hides what must be hidden.
func TestRegisterBlockUsesNewerSchemas(t *testing.T) {
	for _, test := range []struct{ name, fields, want string }{
		{"more fields", `{"properties":{"value":{},"more":{}},"secret_fields":["value","more"]}`, "newer"},
		{"secrets by a pattern", `{"properties":{"value":{}},"secret_fields":["*"]}`, "newer"},
		{"a field is missing", `{"properties":{"text":{}},"secret_fields":["value"]}`, "sha256:c078ed9c"},
		{"the secret is shown", `{"properties":{"value":{}},"secret_fields":[]}`, "sha256:c078ed9c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &blockServer{version: "3.8.8", types: []prefect.BlockType{{ID: "type-secret", Slug: "secret"}},
				schemas: []prefect.BlockSchema{{ID: "newer", Checksum: "newer", BlockTypeID: "type-secret", Fields: json.RawMessage(test.fields)}}}
			_, schema, err := s.client(t).RegisterBlock(t.Context(), "secret")
			if err != nil || !strings.HasPrefix(schema.Checksum, test.want) {
				t.Errorf("got %s, %v, want %s", schema.Checksum, err, test.want)
			}
		})
	}
}

func TestRegisterBlockErrors(t *testing.T) {
	s := &blockServer{version: "2.20.26", checksum: "sha256:else"}
	if _, _, err := s.client(t).RegisterBlock(t.Context(), "string"); err == nil || !strings.Contains(err.Error(), "the server's checksum of its schema is sha256:else and ours is sha256:e9f3f43e") {
		t.Errorf("another checksum: %v", err)
	}
	_, _, err := s.client(t).RegisterBlock(t.Context(), "no-such-type")
	if !errors.Is(err, prefect.ErrNotFound) || !strings.Contains(err.Error(), "prefect block register") {
		t.Errorf("a type that nobody knows: %v", err)
	}
	s.types = []prefect.BlockType{{ID: "type-bare", Slug: "bare"}}
	if _, _, err := s.client(t).RegisterBlock(t.Context(), "bare"); !errors.Is(err, prefect.ErrNotFound) {
		t.Errorf("a type without a schema: %v", err)
	}
	s.schemas = []prefect.BlockSchema{{ID: "1", Checksum: "x", BlockTypeID: "type-bare", Fields: json.RawMessage(`{}`)}}
	if _, schema, err := s.client(t).RegisterBlock(t.Context(), "bare"); err != nil || schema.ID != "1" {
		t.Errorf("a type that only the server knows: %+v, %v", schema, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.client(t).RegisterBlock(ended, "string"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
}

// What can be known before anything is kept is refused, as servers keep everything.
func TestSaveBlockRefuses(t *testing.T) {
	for _, test := range []struct {
		name, block string
		b           prefect.Block
		field, rule string
	}{
		{"name with capitals", "Aci", &prefect.StringBlock{}, "", "lower-case"},
		{"no name", "", &prefect.StringBlock{}, "", "lower-case"},
		{"name with a slash", "a/b", &prefect.StringBlock{}, "", "lower-case"},
		{"no group", "a", &prefect.AzureContainerInstanceJob{SubscriptionID: "s"}, "resource_group_name", "required"},
		{"no subscription", "a", &prefect.AzureContainerInstanceJob{ResourceGroupName: "g"}, "subscription_id", "required"},
		{"no bucket", "a", &prefect.AzureStorage{}, "bucket_path", "required"},
		{"empty secret", "a", &prefect.SecretBlock{}, "value", "required"},
		{"masked secret", "a", &prefect.SecretBlock{Value: prefect.SecretMask}, "value", "masked"},
		{"masked secret of a nested block", "a", &prefect.AzureContainerInstanceJob{ResourceGroupName: "g", SubscriptionID: "s",
			ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{Value: &prefect.AzureContainerInstanceCredentials{ClientSecret: prefect.SecretMask}}}, "aci_credentials.client_secret", "masked"},
		{"masked secret below a pattern", "a", &prefect.PlainBlock{Slug: "map", Data: map[string]any{"all": map[string]any{"a": []any{map[string]any{"b": prefect.SecretMask}}}}}, "all.*", "masked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &blockServer{version: "3.8.8", types: []prefect.BlockType{{ID: "type-map", Slug: "map"}},
				schemas: []prefect.BlockSchema{{ID: "1", Checksum: "x", BlockTypeID: "type-map", Fields: json.RawMessage(`{"secret_fields":["all.*","gone.*"]}`)}}}
			_, err := s.client(t).SaveBlock(t.Context(), test.block, test.b, prefect.SaveBlockOptions{Overwrite: true})
			invalid, ok := errors.AsType[*prefect.InvalidBlockError](err)
			if !ok || invalid.Field != test.field || !strings.Contains(invalid.Error(), test.rule) {
				t.Errorf("got %v, want %s: %s", err, test.field, test.rule)
			}
		})
	}
}
