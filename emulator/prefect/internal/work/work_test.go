package work_test

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/work"
)

const templateBody = `{"job_configuration":{"a":"{{ b }}"},"variables":{"type":"object","properties":{"b":{"type":"integer","default":1}}}}`

func start(t *testing.T) (*db.DB, apitest.Caller, *[]string) {
	t.Helper()
	d := db.New()
	events := &[]string{}
	d.Emit = func(e db.Event) { *events = append(*events, e.Event) }
	return d, apitest.New(t, routes(d)), events
}

func routes(d *db.DB) *api.Router {
	r := api.NewRouter(api.Options{Lock: d, Log: slog.New(slog.DiscardHandler)})
	work.Register(r, d)
	return r
}

// newRoom is this package alone.
func newRoom() http.Handler { return routes(db.New()) }

func TestPools(t *testing.T) {
	_, c, _ := start(t)
	made := c.Want(201, "POST /work_pools/", `{"name":"p","type":"azure-container-instance:push","base_job_template":`+templateBody+`,"concurrency_limit":2}`)
	made.Is(`"NOT_READY"`, "status")
	made.Is(templateBody, "base_job_template")
	made.Is(`{"bundle_upload_step":null,"bundle_execution_step":null,"default_result_storage_block_id":null}`, "storage_configuration")
	made.Is(`0`, "active_slots")
	c.Want(201, "POST /work_pools/", `{"name":"agents"}`).Is(`null`, "status")
	if got := c.Want(200, "POST /work_pools/filter", `{"work_pools":{"type":{"any_":["prefect-agent"]}},"unknown":1}`).Each("name"); !cmp.Equal(got, []any{"agents"}) {
		t.Errorf("got %v, want the one of agents", got)
	}
	c.Want(200, "POST /work_pools/count", `{}`).Is(`2`)
	c.Want(204, "PATCH /work_pools/p", `{"description":"d","concurrency_limit":null,"storage_configuration":{"bundle_upload_step":{"x":1}}}`)
	read := c.Want(200, "GET /work_pools/p", "")
	read.Is(`"d"`, "description")
	read.Is(`null`, "active_slots")
	read.Is(`{"x":1}`, "storage_configuration", "bundle_upload_step")
	c.Want(204, "DELETE /work_pools/p", "")
	c.Want(404, "GET /work_pools/p", "").Detail(`Work pool "p" not found.`)
}

func TestContractPoolRefusals(t *testing.T) { apitest.Both(t, newRoom(), poolRefusals) }

func poolRefusals(t *testing.T, h http.Handler) {
	c, p := apitest.New(t, h), "pool-"+uuid.NewString()[:8]
	c.Want(201, "POST /work_pools/", `{"name":"`+p+`","type":"process"}`)
	c.Want(409, "POST /work_pools/", `{"name":"`+p+`","type":"process"}`).Detail("A work pool with this name already exists.")
	c.Want(403, "POST /work_pools/", `{"name":"Prefect-x"}`).Detail("Work pools starting with 'Prefect' are reserved for internal use.")
	c.Want(403, "DELETE /work_pools/prefect-x", "").Detail("Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.")
	c.Want(403, "PATCH /work_pools/prefect-x", `{"description":"x"}`).Detail("Work pools starting with 'Prefect' are reserved for internal use and can only be updated to set concurrency limits or pause.")
	c.Want(404, "PATCH /work_pools/prefect-x", `{"is_paused":true}`).Detail(`Work pool "prefect-x" not found.`)
	c.Want(409, "PATCH /work_pools/"+p, `{"is_paused":null}`)
	c.Want(422, "POST /work_pools/", `{"name":"q","base_job_template":{"job_configuration":{"a":"{{ b }}"},"variables":{"type":"object","properties":{"b":{"type":"integer","default":"x"}}}}}`).Detail("Validation failed for work pool's job variable defaults: Validation failed for field 'b'. Failure reason: 'x' is not valid under any of the given schemas")
	c.Want(422, "POST /work_pools/", `{"name":"q","base_job_template":{"job_configuration":{"a":1},"variables":{"type":"objec"}}}`).Detail("Invalid schema: 'objec' is not valid under any of the given schemas")
	c.Want(404, "POST /work_pools/", `{"name":"q","base_job_template":{"job_configuration":{"a":1},"variables":{"properties":{"b":{"default":{"$ref":{"block_document_id":"`+uuid.NewString()+`"}}}}}}}`).Detail("Block not found.")
	for body, want := range map[string]string{
		`{"name":"a/b"}`:                               `{"type":"string_pattern_mismatch","loc":["body","name"],"msg":"String should match pattern '^[^/%&><]+$'","input":"a/b","ctx":{"pattern":"^[^/%&><]+$"}}`,
		`{"name":" "}`:                                 `{"type":"value_error","loc":["body","name"],"msg":"Value error, name cannot be an empty string","input":" ","ctx":{"error":{}}}`,
		`{"name":"q","concurrency_limit":-1}`:          `{"type":"greater_than_equal","loc":["body","concurrency_limit"],"msg":"Input should be greater than or equal to 0","input":-1,"ctx":{"ge":0}}`,
		`{"name":"q","storage_configuration":{"x":1}}`: `{"type":"extra_forbidden","loc":["body","storage_configuration","x"],"msg":"Extra inputs are not permitted","input":1}`,
		`{"name":"q","base_job_template":{"variables":{}}}`: `{"type":"value_error","loc":["body","base_job_template"],
			"msg":"Value error, The ` + "`base_job_template` must contain both a `job_configuration` key and a `variables`" + ` key.","input":{"variables":{}},"ctx":{"error":{}}}`,
	} {
		c.Want(422, "POST /work_pools/", body).Is(want, "exception_detail", 0)
	}
}

func TestQueuePriorities(t *testing.T) {
	_, c, _ := start(t)
	c.Want(201, "POST /work_pools/", `{"name":"p","type":"process"}`)
	order := func(want ...any) {
		t.Helper()
		list := c.Want(200, "POST /work_pools/p/queues/filter", `{}`)
		var got []any
		for i, name := range list.Each("name") {
			got = append(got, name, list.Get(i, "priority"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("queues (-want +got):\n%s", diff)
		}
	}
	c.Want(201, "POST /work_pools/p/queues", `{"name":"a"}`)
	c.Want(201, "POST /work_pools/p/queues", `{"name":"b","priority":1}`)
	order("b", 1.0, "default", 2.0, "a", 3.0)
	c.Want(201, "POST /work_pools/p/queues", `{"name":"c","priority":9}`)
	c.Want(201, "POST /work_pools/p/queues", `{"name":"d"}`)
	order("b", 1.0, "default", 2.0, "a", 3.0, "d", 4.0, "c", 9.0)
	c.Want(204, "PATCH /work_pools/p/queues/a", `{"priority":1}`)
	order("a", 1.0, "b", 2.0, "default", 3.0, "d", 4.0, "c", 9.0)
}

func TestContractQueueRefusals(t *testing.T) { apitest.Both(t, newRoom(), queueRefusals) }

func queueRefusals(t *testing.T, h http.Handler) {
	c, p := apitest.New(t, h), "pool-"+uuid.NewString()[:8]
	c.Want(201, "POST /work_pools/", `{"name":"`+p+`","type":"process"}`)
	c.Want(201, "POST /work_pools/"+p+"/queues", `{"name":"a"}`)
	c.Want(409, "POST /work_pools/"+p+"/queues", `{"name":"a"}`).Detail("A work queue with this name already exists in work pool {work_pool_name!r}.")
	c.Want(404, "POST /work_pools/none/queues", `{"name":"a"}`).Detail(`Work pool "none" not found.`)
	c.Want(404, "GET /work_pools/"+p+"/queues/none", "").Detail("Work pool queue '" + p + "/none' not found.")
	c.Want(404, "DELETE /work_pools/"+p+"/queues/none", "").Detail("Work pool queue '" + p + "/none' not found.")
	c.Want(409, "PATCH /work_pools/"+p+"/queues/a", `{"name":"default"}`)
	c.Want(409, "PATCH /work_pools/"+p+"/queues/a", `{"description":null}`)
	c.Want(500, "DELETE /work_pools/"+p+"/queues/default", "")
	c.Want(422, "POST /work_pools/"+p+"/queues", `{"name":"x","priority":0}`).Is(`{"type":"greater_than","loc":["body","priority"],"msg":"Input should be greater than 0","input":0,"ctx":{"gt":0}}`, "exception_detail", 0)
}

func TestWorkersMakeAPoolReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, events := start(t)
		status := func(want string) {
			t.Helper()
			c.Want(200, "GET /work_pools/p", "").Is(`"`+want+`"`, "status")
		}
		c.Want(201, "POST /work_pools/", `{"name":"p","type":"process"}`)
		c.Want(204, "POST /work_pools/p/workers/heartbeat", `{"name":"w","heartbeat_interval_seconds":10,"unknown":1}`)
		status("READY")
		c.Want(200, "POST /work_pools/p/workers/filter", `{"workers":{"status":{"any_":["ONLINE"]}}}`).Is(`10`, 0, "heartbeat_interval_seconds")
		c.Want(204, "PATCH /work_pools/p", `{"is_paused":true}`)
		c.Want(204, "POST /work_pools/p/workers/heartbeat", `{"name":"w"}`)
		status("PAUSED")
		time.Sleep(29 * time.Second)
		c.Want(204, "PATCH /work_pools/p", `{"is_paused":false}`)
		status("READY")
		time.Sleep(time.Second) // three intervals without a heartbeat
		c.Want(200, "POST /work_pools/p/workers/filter", `{}`).Is(`"OFFLINE"`, 0, "status")
		c.Want(204, "PATCH /work_pools/p", `{"is_paused":false}`)
		status("NOT_READY")
		c.Want(204, "DELETE /work_pools/p/workers/w", "")
		c.Want(404, "DELETE /work_pools/p/workers/w", "").Detail("Worker not found.")
		c.Want(404, "POST /work_pools/none/workers/heartbeat", `{"name":"w"}`).Detail(`Work pool "none" not found.`)
		want := []string{"prefect.work-queue.created", "prefect.work-pool.created", "prefect.work-pool.not-ready", "prefect.work-pool.ready", "prefect.work-pool.paused",
			"prefect.work-pool.ready", "prefect.work-pool.not-ready"}
		if diff := cmp.Diff(want, *events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestViews(t *testing.T) {
	_, c, _ := start(t)
	c.Want(200, "GET /collections/views/aggregate-worker-metadata", "").Is(`"azure-container-instance"`, "prefect-azure", "azure-container-instance", "type")
	c.Want(404, "GET /collections/views/none", "").Detail("View none not found in registry")
}
