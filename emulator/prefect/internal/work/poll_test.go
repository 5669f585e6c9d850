package work_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// add puts a run into a queue, to start in a while.
func add(d *db.DB, name string, q *db.WorkQueue, in time.Duration) *db.FlowRun {
	state := &db.State{ID: uuid.New(), Type: db.Scheduled, Name: "Scheduled", Timestamp: api.Now()}
	run := &db.FlowRun{Run: db.Run{Base: db.NewRunBase(), Name: name, State: state, NextScheduledTime: api.At(time.Now().Add(in))}}
	if q != nil {
		run.WorkQueueID, run.WorkQueueName = &q.ID, &q.Name
	}
	d.AddFlowRun(run)
	return run
}

func set(run *db.FlowRun, kind db.StateType) {
	run.State = &db.State{ID: uuid.New(), Type: kind, Name: string(kind)}
}

func names(reply apitest.Reply) []string {
	got := []string{}
	list, _ := reply.Body.([]any)
	for i := range list {
		run := reply.Get(i, "flow_run", "name")
		if run == nil {
			run = reply.Get(i, "name")
		}
		got = append(got, fmt.Sprint(run))
	}
	return got
}

func wantNames(t *testing.T, reply apitest.Reply, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), names(reply)); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}

func TestPollGivesRunsByPriorityAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c, events := start(t)
		c.Want(201, "POST /work_pools/", `{"name":"p","type":"process"}`)
		c.Want(201, "POST /work_pools/p/queues", `{"name":"high","priority":1}`)
		p := d.Pool("p")
		low, high := d.Queue(p.ID, "default"), d.Queue(p.ID, "high")
		add(d, "late", low, 2*time.Second)
		add(d, "first", low, time.Second)
		add(d, "urgent", high, 3*time.Second)
		add(d, "tomorrow", high, 24*time.Hour)
		add(d, "elsewhere", nil, 0)
		set(add(d, "busy", high, 0), db.Running)
		retry := "in_process"
		add(d, "retried by itself", high, 0).Policy.RetryType = &retry
		poll := func(body string) apitest.Reply {
			t.Helper()
			return c.Want(200, "POST /work_pools/p/get_scheduled_flow_runs", body)
		}
		soon := `"scheduled_before":"` + time.Now().Add(10*time.Second).UTC().Format("2006-01-02 15:04:05.000000+00:00") + `"`
		reply := poll(`{` + soon + `}`)
		wantNames(t, reply, "urgent", "first", "late")
		reply.Is(`null`, 0, "flow_run", "state")
		reply.Is(`"`+high.ID.String()+`"`, 0, "work_queue_id")
		wantNames(t, poll(`{`+soon+`,"limit":1}`), "urgent")
		wantNames(t, poll(`{`+soon+`,"work_queue_names":["default"]}`), "first", "late")
		wantNames(t, poll(`{"scheduled_after":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`), "tomorrow")
		c.Want(404, "POST /work_pools/p/get_scheduled_flow_runs", `{"work_queue_names":["none"]}`).Detail("Work pool queue 'p/none' not found.")
		c.Want(404, "POST /work_pools/none/get_scheduled_flow_runs", `{}`).Detail(`Work pool "none" not found.`)
		c.Want(200, "GET /work_pools/p/queues/high", "").Is(`"READY"`, "status")
		if got := (*events)[len(*events)-1]; got != "prefect.work-queue.ready" {
			t.Errorf("got event %s, want one of a queue that became ready", got)
		}
	})
}

func TestPollHoldsLimitsAndPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c, _ := start(t)
		c.Want(201, "POST /work_pools/", `{"name":"p","type":"process"}`)
		p := d.Pool("p")
		q := d.Queue(p.ID, "default")
		for i := range 4 {
			add(d, fmt.Sprint(i), q, time.Duration(i)*time.Second)
		}
		running := add(d, "running", q, 0)
		set(running, db.Running)
		poll := func(want ...string) {
			t.Helper()
			wantNames(t, c.Want(200, "POST /work_pools/p/get_scheduled_flow_runs", `{}`), want...)
		}
		poll("0", "1", "2", "3")
		c.Want(204, "PATCH /work_pools/p", `{"concurrency_limit":3}`)
		poll("0", "1")
		c.Want(200, "GET /work_pools/p", "").Is(`1`, "active_slots")
		c.Want(204, "PATCH /work_pools/p/queues/default", `{"concurrency_limit":2}`)
		poll("0")
		c.Want(200, "GET /work_pools/p/queues/default", "").Is(`1`, "active_slots")
		set(running, db.Cancelling)
		poll("0", "1")
		c.Want(204, "PATCH /work_pools/p/queues/default", `{"concurrency_limit":0}`)
		poll()
		c.Want(204, "PATCH /work_pools/p/queues/default", `{"concurrency_limit":null,"is_paused":true}`)
		poll()
		c.Want(204, "PATCH /work_pools/p/queues/default", `{"is_paused":false}`)
		c.Want(204, "PATCH /work_pools/p", `{"is_paused":true}`)
		poll()
	})
}

func TestAgentQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, c, _ := start(t)
		made := c.Want(201, "POST /work_queues/", `{"name":"q","description":"an agent's"}`)
		made.Is(`"default-agent-pool"`, "work_pool_name")
		made.Is(`2`, "priority")
		c.Want(409, "POST /work_queues/", `{"name":"q"}`).Detail("A work queue with this name already exists.")
		id := made.Text("id")
		c.Want(200, "GET /work_queues/name/q", "").Is(`"`+id+`"`, "id")
		c.Want(200, "POST /work_queues/filter", `{"work_queues":{"name":{"startswith_":["Q"]}}}`).Is(`"q"`, 0, "name")
		q := d.WorkQueues.Get(uuid.MustParse(id))
		add(d, "second", q, 2*time.Second)
		add(d, "first", q, time.Second)
		byName := add(d, "by name", nil, 3*time.Second)
		byName.WorkQueueName = &q.Name
		poll := func(want ...string) apitest.Reply {
			t.Helper()
			reply := c.Want(200, "POST /work_queues/"+id+"/get_runs", `{"limit":10}`)
			wantNames(t, reply, want...)
			return reply
		}
		c.Want(200, "GET /work_queues/"+id+"/status", "").Is(`{"healthy":false,"late_runs_count":0,"last_polled":null,
			"health_check_policy":{"maximum_late_runs":0,"maximum_seconds_since_last_polled":60}}`)
		poll("first", "second", "by name").Is(`"SCHEDULED"`, 0, "state", "type")
		c.Want(200, "GET /work_queues/"+id+"/status", "").Is(`true`, "healthy")
		set(byName, db.Cancelling)
		c.Want(204, "PATCH /work_queues/"+id, `{"concurrency_limit":2}`)
		poll("first") // agents' limits count what is being cancelled
		c.Want(204, "PATCH /work_queues/"+id, `{"is_paused":true}`)
		poll()
		c.Want(204, "DELETE /work_queues/"+id, "")
		c.Want(404, "GET /work_queues/"+id, "").Detail("work queue not found")
		c.Want(404, "POST /work_queues/"+id+"/get_runs", `{}`).Is(`"Work queue with id `+id+` not found."`, "exception_message")
		c.Want(404, "GET /work_queues/"+id+"/status", "").Is(`"Work queue with id `+id+` not found"`, "exception_message")
		c.Want(404, "PATCH /work_queues/"+id, `{}`).Detail("Work Queue " + id + " not found")
		c.Want(404, "GET /work_queues/no-id", "").Detail("Not Found")
	})
}

func TestAgentQueueWithAFilter(t *testing.T) {
	d, c, _ := start(t)
	id := c.Want(201, "POST /work_queues/", `{"name":"old","filter":{"tags":["a"]},"concurrency_limit":2}`).Text("id")
	deployment := uuid.New()
	for _, name := range []string{"tagged", "running"} {
		run := add(d, name, nil, 0)
		run.Tags, run.DeploymentID = []string{"a", "b"}, &deployment
		if name == "running" {
			set(run, db.Running)
		}
	}
	add(d, "without a deployment", nil, 0).Tags = []string{"a"}
	wantNames(t, c.Want(200, "POST /work_queues/"+id+"/get_runs", `{}`), "tagged")
	c.Want(200, "GET /work_queues/"+id, "").Is(`1`, "active_slots")
}

func TestDeletedPoolsLeaveRuns(t *testing.T) {
	d, c, _ := start(t)
	c.Want(201, "POST /work_pools/", `{"name":"p","type":"process"}`)
	run := add(d, "r", d.Queue(d.Pool("p").ID, "default"), 0)
	c.Want(204, "POST /work_pools/p/workers/heartbeat", `{"name":"w"}`)
	c.Want(204, "DELETE /work_pools/p", "")
	if run.WorkQueueID != nil || *run.WorkQueueName != "default" || d.WorkQueues.Len() != 0 || d.Workers.Len() != 0 {
		t.Errorf("got %+v in a DB with %d queues and %d workers, want the run without a queue and nothing else", run, d.WorkQueues.Len(), d.Workers.Len())
	}
}
