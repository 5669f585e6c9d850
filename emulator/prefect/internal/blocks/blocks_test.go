package blocks_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/blocks"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func start(t *testing.T) (*db.DB, apitest.Caller, *[]db.Event) {
	t.Helper()
	d := db.New()
	events := &[]db.Event{}
	d.Emit = func(e db.Event) { *events = append(*events, e) }
	return d, apitest.New(t, routes(t, d)), events
}

func routes(t *testing.T, d *db.DB) http.Handler {
	t.Helper()
	r := api.NewRouter(api.Options{Lock: d, Log: slog.New(slog.DiscardHandler)})
	if err := blocks.Register(r, d); err != nil {
		t.Fatal(err)
	}
	return r
}

// thing makes a type with secrets of all forms and gives the ids of the type and its schema as the fields of a body.
func thing(t *testing.T, c apitest.Caller) string {
	t.Helper()
	return thingNamed(t, c, "thing")
}

// thingNamed is thing with a slug of its own.
func thingNamed(t *testing.T, c apitest.Caller, slug string) string {
	t.Helper()
	kind := c.Want(201, "POST /block_types/", `{"name":"`+strings.ToUpper(slug[:1])+slug[1:]+`","slug":"`+slug+`"}`).Text("id")
	schema := c.Want(201, "POST /block_schemas/", `{"block_type_id":"`+kind+`","fields":{"title":"Thing","type":"object","properties":{"a":{"type":"string"}},
		"secret_fields":["a","d.*","n.s"],"block_type_slug":"`+slug+`"}}`).Text("id")
	return `"block_type_id":"` + kind + `","block_schema_id":"` + schema + `"`
}

func TestTypesOfTheStart(t *testing.T) {
	_, c, _ := start(t)
	list := c.Want(200, "POST /block_types/filter", `{}`)
	slugs := list.Each("slug")
	for _, want := range []string{"secret", "local-file-system", "azure-container-instance-credentials", "azure-blob-storage-credentials", "docker-registry-credentials"} {
		if !slices.Contains(slugs, any(want)) {
			t.Errorf("got %v, want %s among them", slugs, want)
		}
	}
	if slices.Contains(slugs, any("azure-container-instance-job")) {
		t.Error("got the job block, which no server of 3.x has")
	}
	c.Want(200, "GET /block_capabilities/", "").Is(`["get-directory","notify","put-directory","read-path","write-path"]`)
	secret := c.Want(200, "GET /block_types/slug/secret", "").Text("id")
	c.Want(403, "DELETE /block_types/"+secret, "").Detail("protected block types cannot be deleted.")
	schema := c.Want(200, "POST /block_schemas/filter", `{"block_schemas":{"block_type_id":{"any_":["`+secret+`"]}},"limit":1}`).Text(0, "id")
	c.Want(403, "DELETE /block_schemas/"+schema, "").Detail("Block schemas for protected block types cannot be deleted.")
	// Those of collections are not protected.
	aci := c.Want(200, "GET /block_types/slug/azure-container-instance-credentials", "").Text("id")
	c.Want(204, "DELETE /block_types/"+aci, "")
	c.Want(404, "GET /block_types/"+aci, "").Detail("Block type not found")
}

func TestTypes(t *testing.T) {
	_, c, events := start(t)
	made := c.Want(201, "POST /block_types/", `{"name":"Thing","slug":"thing","description":"a < b & \"c\""}`)
	made.Is(`"a &lt; b &amp; \"c\""`, "description")
	id := made.Text("id")
	c.Want(409, "POST /block_types/", `{"name":"Thing","slug":"thing"}`).Detail(`Block type with name "Thing" already exists`)
	c.Want(403, "POST /block_types/", `{"name":"Prefect Thing","slug":"x"}`).Detail("Block type names beginning with 'Prefect' are reserved.")
	c.Want(201, "POST /block_types/", `{"name":"Thing","slug":"thing2"}`).Is(`"thing"`, "slug") // the first of that name
	c.Want(422, "POST /block_types/", `{"name":"a/b","slug":"A_b"}`).Is(`[
		{"type":"string_pattern_mismatch","loc":["body","name"],"msg":"String should match pattern '^[^/%&><]+$'","input":"a/b","ctx":{"pattern":"^[^/%&><]+$"}},
		{"type":"value_error","loc":["body","slug"],"msg":"Value error, Block type slug must only contain lowercase letters, numbers, and dashes.","input":"A_b","ctx":{"error":{}}}]`, "exception_detail")
	before := c.Want(200, "GET /block_types/"+id, "").Text("updated")
	c.Want(204, "PATCH /block_types/"+id, `{"description":"a < b & \"c\""}`)
	c.Want(200, "GET /block_types/"+id, "").Is(`"`+before+`"`, "updated")
	c.Want(204, "PATCH /block_types/"+id, `{"logo_url":"https://example.com/l.png"}`)
	c.Want(200, "POST /block_types/filter", `{"block_types":{"name":{"like_":"HIN"}}}`).Is(`"https://example.com/l.png"`, 0, "logo_url")
	c.Want(200, "POST /block_types/filter", `{"block_schemas":{"block_capabilities":{"all_":["notify"]}}}`).Is(`"slack-webhook"`, 0, "slug")
	c.Want(204, "DELETE /block_types/"+id, "")
	c.Want(404, "PATCH /block_types/"+id, `{}`).Detail("Block type not found")
	c.Want(404, "GET /block_types/no-id", "").Detail("Not Found")
	var got []string
	for _, e := range *events {
		got = append(got, e.Event)
	}
	want := []string{"prefect.block-type.created", "prefect.block-type.created", "prefect.block-type.updated", "prefect.block-type.deleted"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestSchemas(t *testing.T) {
	_, c, _ := start(t)
	kind := c.Want(201, "POST /block_types/", `{"name":"Holder","slug":"holder"}`).Text("id")
	aci := c.Want(200, "POST /block_schemas/filter", `{"block_schemas":{"version":{"any_":["0.3.7"]}}}`)
	i := slices.Index(aci.Each("checksum"), any("sha256:17a9122f9f345a4547128cc05f7ff7146da9a72c4bac2850004fcc6c8d9be2d1"))
	if i < 0 {
		t.Fatal("the schema of azure-container-instance-credentials 0.3.7 is missing")
	}
	// A schema of a block in it that is known comes back with its definition; one that is not is made of the definition.
	body := `{"block_type_id":"` + kind + `","fields":{"title":"Holder","type":"object","properties":{"creds":{"$ref":"#/definitions/X"},"inner":{"$ref":"#/definitions/Inner"}},
		"block_schema_references":{"creds":{"block_type_slug":"azure-container-instance-credentials","block_schema_checksum":"` + aci.Text(i, "checksum") + `"},
		"inner":{"block_type_slug":"holder","block_schema_checksum":"sha256:not-known"}},
		"definitions":{"Inner":{"title":"Inner","block_type_slug":"holder","properties":{"q":{"type":"string"}}}}}}`
	made := c.Want(201, "POST /block_schemas/", body)
	made.Is(`"non-versioned"`, "version")
	made.Is("null", "fields", "definitions", "AzureContainerInstanceCredentials") // as it came
	made = c.Want(200, "GET /block_schemas/"+made.Text("id"), "")
	made.Is(`"azure-container-instance-credentials"`, "fields", "definitions", "AzureContainerInstanceCredentials", "block_type_slug")
	made.Is(`"holder"`, "fields", "definitions", "Inner", "block_type_slug")
	made.Is(`"`+aci.Text(i, "checksum")+`"`, "fields", "block_schema_references", "creds", "block_schema_checksum")
	c.Want(200, "POST /block_schemas/", body).Is(`"`+made.Text("id")+`"`, "id")
	c.Want(200, "GET /block_schemas/checksum/"+made.Text("checksum")+"?version=non-versioned", "").Is(`"`+made.Text("id")+`"`, "id")
	c.Want(404, "GET /block_schemas/checksum/"+made.Text("checksum")+"?version=1", "").Detail("Block schema not found")
	c.Want(200, "GET /block_schemas/"+made.Text("id"), "").Is(`"Holder"`, "block_type", "name")

	none := uuid.NewString()
	c.Want(404, "POST /block_schemas/", `{"block_type_id":"`+none+`"}`).Detail("Block type " + none + " not found.")
	c.Want(409, "POST /block_schemas/", `{"block_type_id":"`+kind+`","fields":{"block_schema_references":{"x":{"block_type_slug":"nope","block_schema_checksum":"sha256:1"}}}}`).Detail("Cannot create block schema because block type 'nope' was not found.Did you forget to register the block type?")
	c.Want(500, "POST /block_schemas/", `{"block_type_id":"`+kind+`","fields":{"block_schema_references":{"x":{"block_type_slug":"holder","block_schema_checksum":"sha256:1"}}}}`)
	c.Want(204, "DELETE /block_schemas/"+made.Text("id"), "")
	c.Want(404, "GET /block_schemas/"+made.Text("id"), "").Detail("Block schema not found")
}
