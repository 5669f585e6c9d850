package blocks_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func TestSecretsAreMaskedAndKept(t *testing.T) {
	d, c, events := start(t)
	ids := thing(t, c)
	made := c.Want(201, "POST /block_documents/", `{"name":"one","data":{"a":"hunter2","d":{"x":"1","y":{"z":2}},"n":{"s":"hunter3","t":5},"plain":"p"},`+ids+`}`)
	masked := `{"a":"********","d":{"x":"********","y":{"z":"********"}},"n":{"s":"********","t":5},"plain":"p"}`
	made.Is(masked, "data")
	doc := "/block_documents/" + made.Text("id")
	c.Want(200, "GET /block_types/slug/thing/block_documents/name/one", "").Is(masked, "data")
	c.Want(204, "PATCH "+doc, `{"data":`+masked+`}`)
	c.Want(200, "GET "+doc+"?include_secrets=true", "").Is(`{"a":"hunter2","d":{"x":"1","y":{"z":2}},"n":{"s":"hunter3","t":5},"plain":"p"}`, "data")
	c.Want(204, "PATCH "+doc, `{"data":{"a":"new","d":{"x":"********"}}}`)
	c.Want(200, "GET "+doc+"?include_secrets=true", "").Is(`{"a":"new","d":{"x":"1"},"n":{"s":"hunter3","t":5},"plain":"p"}`, "data")
	c.Want(500, "PATCH "+doc, `{"data":{"d":{"unknown":"********"}}}`)
	if raw, ok := d.BlockDocumentData(uuid.MustParse(made.Text("id"))); !ok || strings.Contains(string(raw), "hunter") {
		t.Errorf("got %s, want data without secrets", raw)
	}
	for _, e := range *events {
		if strings.Contains(string(e.Payload), "hunter") {
			t.Errorf("%s has a secret in it: %s", e.Event, e.Payload)
		}
	}
	c.Want(204, "PATCH "+doc, `{"merge_existing_data":false}`)
	c.Want(200, "GET "+doc, "").Is(`{}`, "data")
}

// A secret that is an object where the schema has a text is shown: the server's rule.
func TestMaskOfOddValues(t *testing.T) {
	_, c, _ := start(t)
	ids := thing(t, c)
	c.Want(201, "POST /block_documents/", `{"name":"odd","data":{"a":{"k":"v"},"n":{"s":null}},`+ids+`}`).Is(`{"a":{"k":"v"},"n":{"s":null}}`, "data")
}

func TestReferences(t *testing.T) {
	d, c, _ := start(t)
	ids := thing(t, c)
	child := c.Want(201, "POST /block_documents/", `{"name":"child","data":{"a":"hunter2"},`+ids+`}`).Text("id")
	ref := `{"$ref":{"block_document_id":"` + child + `"}}`
	parent := c.Want(201, "POST /block_documents/", `{"name":"parent","data":{"r":`+ref+`,"other":1},`+ids+`}`)
	parent.Is(`{"r":{"a":"********"},"other":1}`, "data")
	parent.Is(`"child"`, "block_document_references", "r", "block_document", "name")
	at := "/block_documents/" + parent.Text("id")
	c.Want(201, "POST /block_documents/", `{"name":"grand","data":{"p":{"$ref":{"block_document_id":"`+parent.Text("id")+`"}}},`+ids+`}`).
		Is(`"child"`, "block_document_references", "p", "block_document", "block_document_references", "r", "block_document", "name")
	c.Want(400, "PATCH /block_documents/"+child, `{"data":{"up":{"$ref":{"block_document_id":"`+parent.Text("id")+`"}}}}`).Detail("Cannot create block document reference: it would introduce a cycle into the block_document_reference graph (parent=" + child + ", reference=" + parent.Text("id") + ").")
	// An update that merges keeps data, but no reference that it does not name.
	c.Want(204, "PATCH "+at, `{"data":{"more":2}}`)
	c.Want(200, "GET "+at, "").Is(`{"other":1,"more":2}`, "data")
	c.Want(204, "PATCH "+at, `{"data":{"r":`+ref+`}}`)
	c.Want(204, "DELETE /block_documents/"+child, "")
	c.Want(200, "GET "+at, "").Is(`{}`, "block_document_references")
	if d.BlockDocumentExists(uuid.MustParse(child)) {
		t.Error("the deleted document still exists")
	}
	c.Want(400, "POST /block_documents/", `{"name":"x","data":{"r":{"$ref":{}}},`+ids+`}`).Detail("Received block reference without a block_document_id in key r")
	c.Want(409, "POST /block_documents/", `{"name":"x","data":{"r":`+ref+`},`+ids+`}`)
	c.Want(500, "POST /block_documents/", `{"name":"x","data":{"r":{"$ref":"x"}},`+ids+`}`)
}

func TestContractDocumentRefusals(t *testing.T) {
	apitest.Both(t, routes(t, db.New()), documentRefusals)
}

func documentRefusals(t *testing.T, h http.Handler) {
	c := apitest.New(t, h)
	slug := "thing-" + uuid.NewString()[:8]
	ids := thingNamed(t, c, slug)
	made := c.Want(201, "POST /block_documents/", `{"name":"one",`+ids+`}`)
	c.Want(409, "POST /block_documents/", `{"name":"one",`+ids+`}`).Detail("Block already exists")
	none := uuid.NewString()
	c.Want(409, "POST /block_documents/", `{"name":"x","block_type_id":"`+made.Text("block_type_id")+`","block_schema_id":"`+none+`"}`)
	c.Want(500, "POST /block_documents/", `{"name":"x","block_type_id":"`+none+`","block_schema_id":"`+none+`"}`)
	c.Want(422, "POST /block_documents/", `{"name":"Bad_Name",`+ids+`}`).Is(`"Value error, Block document name must only contain lowercase letters, numbers, and dashes."`, "exception_detail", 0, "msg")
	c.Want(422, "POST /block_documents/", `{`+ids+`}`).Is(`"Value error, Names must be provided for block documents."`, "exception_detail", 0, "msg")
	other := c.Want(200, "POST /block_schemas/filter", `{"block_schemas":{"version":{"any_":["0.3.7"]}},"limit":1}`).Text(0, "id")
	at := "/block_documents/" + made.Text("id")
	c.Want(400, "PATCH "+at, `{"data":{},"block_schema_id":"`+other+`"}`).Detail("Must migrate block document to a block schema of the same block type.")
	c.Want(500, "PATCH "+at, `{"data":{},"block_schema_id":"`+none+`"}`)
	c.Want(204, "PATCH "+at, `{"block_schema_id":"`+none+`"}`) // without data the server looks at nothing
	for route, body := range map[string]string{"GET": "", "DELETE": "", "PATCH": "{}"} {
		c.Want(404, route+" /block_documents/"+none, body).Detail("Block document not found")
	}
	c.Want(422, "PATCH /block_documents/"+none, "").Is(`{"type":"missing","loc":["body"],"msg":"Field required","input":null}`, "exception_detail", 0)
	c.Want(404, "GET /block_types/slug/"+slug+"/block_documents/name/none", "").Detail("Block document not found")
	c.Want(404, "GET /block_types/slug/none/block_documents/name/one", "").Detail("Block document not found")
	c.Want(404, "GET /block_types/slug/none/block_documents", "").Detail("Block type not found")
	c.Want(422, "GET "+at+"?include_secrets=perhaps", "")
}

func TestLists(t *testing.T) {
	_, c, _ := start(t)
	ids := thing(t, c)
	c.Want(201, "POST /block_documents/", `{"name":"b",`+ids+`}`)
	c.Want(201, "POST /block_documents/", `{"name":"a","data":{"a":"hunter2"},`+ids+`}`)
	hidden := c.Want(201, "POST /block_documents/", `{"is_anonymous":true,`+ids+`}`)
	if !strings.HasPrefix(hidden.Text("name"), "anonymous-") {
		t.Errorf("got %v, want a name for an anonymous document", hidden.Get("name"))
	}
	list := func(body string, want ...string) {
		t.Helper()
		got := c.Want(200, "POST /block_documents/filter", body).Each("name")
		if len(got) != len(want) {
			t.Fatalf("%s: got %v, want %v", body, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: got %v, want %v", body, got, want)
			}
		}
	}
	list(`{}`, "a", "b")
	list(`{"sort":null,"limit":null,"offset":null,"include_secrets":null}`, "a", "b") // as Prefect's own command line asks
	list(`{"sort":"NAME_DESC","limit":1}`, "b")
	list(`{"sort":"BLOCK_TYPE_AND_NAME_ASC","offset":1}`, "b")
	list(`{"block_documents":{"is_anonymous":null,"name":{"any_":["b"]}}}`, "b")
	list(`{"block_documents":{"is_anonymous":{"eq_":true}}}`, hidden.Text("name"))
	list(`{"block_documents":{"operator":"or_","is_anonymous":{"eq_":true},"name":{"like_":"A"}}}`, "a", hidden.Text("name"))
	list(`{"block_types":{"slug":{"any_":["secret"]}}}`)
	list(`{"block_schemas":{"id":{"any_":["`+hidden.Text("block_schema_id")+`"]}}}`, "a", "b")
	c.Want(200, "POST /block_documents/filter", `{"include_secrets":true}`).Is(`"hunter2"`, 0, "data", "a")
	c.Want(200, "GET /block_types/slug/thing/block_documents", "").Is(`"********"`, 0, "data", "a")
	c.Want(200, "POST /block_documents/count", `{}`).Is(`2`)
	c.Want(422, "POST /block_documents/filter", `{"sort":"UP"}`)
}

// The server's database deletes deployments and runs with the block that they name.
func TestDeletingABlockTakesWhatNamesIt(t *testing.T) {
	d, c, _ := start(t)
	id := uuid.MustParse(c.Want(201, "POST /block_documents/", `{"name":"one",`+thing(t, c)+`}`).Text("id"))
	deployment := &db.Deployment{Base: db.NewBase(), StorageDocumentID: &id}
	d.Deployments.Put(deployment.ID, deployment)
	run := &db.FlowRun{Run: db.Run{Base: db.NewRunBase()}, InfrastructureDocumentID: &id}
	d.AddFlowRun(run)
	c.Want(204, "DELETE /block_types/"+c.Want(200, "GET /block_types/slug/thing", "").Text("id"), "")
	if d.Deployments.Len() != 0 || d.FlowRuns.Len() != 0 || d.BlockDocumentExists(id) {
		t.Errorf("got %d deployments and %d runs, want none", d.Deployments.Len(), d.FlowRuns.Len())
	}
}
