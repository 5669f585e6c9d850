package flowdata_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/flowdata"
)

func start(t *testing.T) (apitest.Caller, *db.DB) {
	d := db.New()
	return apitest.New(t, routes(d)), d
}

func routes(d *db.DB) *api.Router {
	r := api.NewRouter(api.Options{Lock: d})
	flowdata.Register(r, d)
	return r
}

// newRoom is this package alone.
func newRoom() http.Handler { return routes(db.New()) }

// The wire shapes are held against a real server in e2e/testdata/conversations/flowdata.txt.

func TestContractVariableLimits(t *testing.T) { apitest.Both(t, newRoom(), variableLimits) }

func variableLimits(t *testing.T, h http.Handler) {
	c, own := apitest.New(t, h), strings.ReplaceAll(uuid.NewString(), "-", "_")
	name := own + strings.Repeat("n", 255-len(own))
	c.Want(201, "POST /variables/", `{"name":"`+name+`","value":1}`)
	c.Want(422, "POST /variables/", `{"name":"`+name+`n","value":1}`).Is(`"too_long"`, "exception_detail", 0, "type")
	c.Want(201, "POST /variables/", `{"name":"`+own+`_a","value":"`+strings.Repeat("v", 4998)+`"}`)
	c.Want(422, "POST /variables/", `{"name":"`+own+`_b","value":"`+strings.Repeat("v", 4999)+`"}`).Is(`"value_error"`, "exception_detail", 0, "type")
	c.Want(409, "PATCH /variables/name/"+own+"_a", `{"name":"`+name+`"}`)
	c.Want(204, "PATCH /variables/name/"+own+"_a", `{"name":"`+own+`_c","tags":["x"]}`)
	c.Want(200, "GET /variables/name/"+own+"_c", "").Is(`["x"]`, "tags")
	c.Want(404, "GET /variables/name/"+own+"_a", "")
}

func TestLatestArtifact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t)
		first := c.Want(201, "POST /artifacts/", `{"key":"k","data":1,"metadata_":{"long":"`+strings.Repeat("é", 501)+`"}}`)
		if got := first.Text("metadata_", "long"); got != strings.Repeat("é", 500)+"..." {
			t.Errorf("a long value became %d bytes, want 500 characters and three dots", len(got))
		}
		time.Sleep(time.Second)
		second := c.Want(201, "POST /artifacts/", `{"key":"k","data":2}`)
		c.Want(200, "GET /artifacts/k/latest", "").Is("2", "data")
		c.Want(204, "PATCH /artifacts/"+second.Text("id"), `{"data":3}`)
		c.Want(200, "GET /artifacts/k/latest", "").Is("3", "data")
		c.Want(204, "DELETE /artifacts/"+second.Text("id"), "")
		c.Want(200, "GET /artifacts/k/latest", "").Is("1", "data")
		c.Want(204, "DELETE /artifacts/"+first.Text("id"), "")
		c.Want(404, "GET /artifacts/k/latest", "")
	})
}

func TestInputsGoWithTheirRun(t *testing.T) {
	c, d := start(t)
	run := &db.FlowRun{Run: db.Run{Base: db.NewBase()}}
	d.FlowRuns.Put(run.ID, run)
	path := "/flow_runs/" + run.ID.String() + "/input"
	c.Want(201, "POST "+path, `{"key":"ask-1","value":"yes"}`)
	c.Want(409, "POST "+path, `{"key":"ask-1","value":"no"}`)
	c.Want(422, "POST "+path, `{"key":"Ask 1","value":"no"}`)
	c.Want(404, "POST /flow_runs/"+uuid.NewString()+"/input", `{"key":"ask-1","value":"no"}`)
	if got := c.Want(200, "POST "+path+"/filter", `{"prefix":"ASK","limit":-1}`).Each("value"); len(got) != 1 || got[0] != "yes" {
		t.Errorf("got %v, want the one input", got)
	}
	d.ForgetFlowRun(run.ID)
	c.Want(200, "POST "+path+"/filter", `{"prefix":""}`).Is("[]")
}
