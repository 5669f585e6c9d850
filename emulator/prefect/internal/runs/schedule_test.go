package runs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

const everyMinute = `,"tags":["t"],"parameters":{"a":1,"b":1},"schedules":[{"schedule":{"interval":60},"parameters":{"b":2},"slug":"often"}]`

func (s *server) scheduled() int {
	s.t.Helper()
	return s.count("/flow_runs", `{"flow_runs":{"state":{"type":{"any_":["SCHEDULED"]},"name":{"any_":["Scheduled"]}}}}`)
}

// A schedule has the runs of an hour ahead of it, and no run is made twice.
func TestSchedulesMakeRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), everyMinute)
		synctest.Wait()
		same(t, "runs ahead", s.scheduled(), 61)
		run := read[[]object](t, s.want(200, "POST", "/flow_runs/filter", `{"sort":"EXPECTED_START_TIME_ASC","limit":1}`))[0]
		same(t, "tags", run["tags"], []any{"auto-scheduled", "t"})
		same(t, "parameters", run["parameters"], object{"a": 1.0, "b": 2.0})
		same(t, "scheduled by itself", run["auto_scheduled"], true)
		same(t, "creator", run["created_by"].(object)["display_value"], "often")
		same(t, "message", run["state"].(object)["message"], "Flow run scheduled")
		same(t, "labels", run["labels"].(object)["prefect.deployment.id"], d)
		first, err := time.Parse(time.RFC3339, run["next_scheduled_start_time"].(string))
		if err != nil || !first.Equal(time.Now()) {
			t.Errorf("got the first run at %v, %v, want it now", first, err)
		}
		time.Sleep(10*time.Minute + 30*time.Second)
		synctest.Wait()
		same(t, "all runs", s.count("/flow_runs", `{}`), 72) // one a minute, and one more as the request has it looked at again
		same(t, "late ones", s.count("/flow_runs", `{"flow_runs":{"state":{"name":{"any_":["Late"]}}}}`), 11)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := s.scheduled(); n < 60 || n > 62 {
			t.Errorf("got %d runs ahead after a day, want about 61", n)
		}
	})
}

// Rare schedules have three runs ahead, however far.
func TestRareSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.deployment(s.flow(), `,"schedules":[{"schedule":{"cron":"0 0 * * *"}},{"schedule":{"rrule":"FREQ=DAILY;COUNT=2"}},{"schedule":{"interval":60},"active":false}]`)
		synctest.Wait()
		same(t, "runs", s.scheduled(), 3)
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		same(t, "runs ahead", s.scheduled(), 3)
	})
}

func TestPausedDeployments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), everyMinute)
		manual := s.id("/deployments/"+d+"/create_flow_run", `{}`)
		synctest.Wait()
		same(t, "runs", s.count("/flow_runs", `{}`), 62)
		same(t, "reply", s.want(200, "POST", "/deployments/"+d+"/pause_deployment", ""), "null")
		synctest.Wait()
		time.Sleep(time.Hour)
		same(t, "runs of a paused deployment", s.count("/flow_runs", `{}`), 1)
		s.get("/flow_runs/" + manual)
		s.want(200, "POST", "/deployments/"+d+"/resume_deployment", "")
		synctest.Wait()
		same(t, "runs after it was resumed", s.count("/flow_runs", `{}`), 62)
		for _, action := range []string{"pause", "resume"} {
			s.refused(404, "Deployment not found", "POST", "/deployments/00000000-0000-4000-8000-000000000000/"+action+"_deployment", "")
		}
	})
}

// A change takes the runs away that the deployment as it was would have had, and makes them anew.
func TestChangesReschedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		flow := s.flow()
		d := s.deployment(flow, everyMinute)
		synctest.Wait()
		s.want(204, "PATCH", "/deployments/"+d, `{"tags":["new"]}`)
		synctest.Wait()
		same(t, "runs with the new tag", s.count("/flow_runs", `{"flow_runs":{"tags":{"all_":["new"]}}}`), 60)
		s.want(200, "POST", "/deployments/", `{"name":"d","flow_id":"`+flow+`","schedules":[{"schedule":{"interval":3600}}]}`)
		synctest.Wait()
		// The run of this very moment stays, as it is not of the future.
		same(t, "runs", s.scheduled(), 1+3)
		schedules := read[[]object](t, s.want(200, "GET", "/deployments/"+d+"/schedules", ""))
		path := "/deployments/" + d + "/schedules/" + schedules[0]["id"].(string)
		s.want(204, "PATCH", path, `{"active":false}`)
		synctest.Wait()
		same(t, "runs of a schedule that is not active", s.count("/flow_runs", `{"flow_runs":{"next_scheduled_start_time":{"after_":"2000-01-01T00:00:01Z"}}}`), 0)
		s.want(204, "PATCH", path, `{"active":true}`)
		synctest.Wait()
		s.want(204, "DELETE", path, "")
		synctest.Wait()
		same(t, "runs without a schedule", s.scheduled(), 0)
	})
}

func TestDeletedDeploymentsLeaveTheirRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), everyMinute+`,"concurrency_limit":2`)
		begun := s.id("/deployments/"+d+"/create_flow_run", `{}`)
		s.want(201, "POST", "/flow_runs/"+begun+"/set_state", `{"state":{"type":"RUNNING"}}`)
		s.id("/deployments/"+d+"/create_flow_run", `{}`)
		synctest.Wait()
		s.want(204, "DELETE", "/deployments/"+d, "")
		s.refused(404, "Deployment not found", "GET", "/deployments/"+d, "")
		same(t, "runs", s.count("/flow_runs", `{}`), 1)
		same(t, "the run's deployment", s.get("/flow_runs/" + begun)["deployment_id"], any(d))
		same(t, "limits", s.db.ConcurrencyLimits.Len(), 0)
		s.refused(404, "Deployment not found", "DELETE", "/deployments/"+d, "")
	})
}

// onlyState is the name of the only run's state, without a request.
func (s *server) onlyState() string {
	s.db.Lock()
	defer s.db.Unlock()
	return s.db.FlowRuns.Find(func(*db.FlowRun) bool { return true }).State.Name
}

func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), "")
		at := time.Now().Add(time.Minute).Format(time.RFC3339)
		run := s.id("/deployments/"+d+"/create_flow_run", `{"state":{"type":"SCHEDULED","state_details":{"scheduled_time":"`+at+`"}}}`)
		time.Sleep(time.Minute + 15*time.Second - time.Nanosecond)
		synctest.Wait()
		same(t, "name just before", s.onlyState(), "Scheduled")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		same(t, "name without any request", s.onlyState(), "Late")
		shown := s.get("/flow_runs/" + run)
		same(t, "name", shown["state_name"], "Late")
		same(t, "lateness", shown["estimated_start_time_delta"], 15.0)
		// Late but once, and no longer when it is scheduled anew.
		s.want(201, "POST", "/flow_runs/"+run+"/set_state", `{"state":{"type":"SCHEDULED","state_details":{"scheduled_time":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}},"force":true}`)
		same(t, "name", s.get("/flow_runs/" + run)["state_name"], "Scheduled")
		time.Sleep(time.Hour + 15*time.Second)
		synctest.Wait()
		same(t, "name", s.get("/flow_runs/" + run)["state_name"], "Late")
	})
}

func TestPausesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		run := s.id("/flow_runs/", `{"flow_id":"`+s.flow()+`"}`)
		s.want(201, "POST", "/flow_runs/"+run+"/set_state", `{"state":{"type":"RUNNING"}}`)
		end := time.Now().Add(time.Minute).Format(time.RFC3339)
		s.want(201, "POST", "/flow_runs/"+run+"/set_state", `{"state":{"type":"PAUSED","state_details":{"pause_timeout":"`+end+`"}}}`)
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		same(t, "state until the server looks", s.get("/flow_runs/" + run)["state_name"], "Paused")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		same(t, "message", s.get("/flow_runs/" + run)["state"].(object)["message"], "The flow was paused and never resumed.")
	})
}

// Whoever serves deployments asks for their runs, which makes them ready for a minute.
func TestRunnersPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), "")
		soon := s.id("/deployments/"+d+"/create_flow_run", `{}`)
		s.id("/deployments/"+d+"/create_flow_run", `{"state":{"type":"SCHEDULED","state_details":{"scheduled_time":"2100-01-01T00:00:00Z"}}}`)
		poll := `{"deployment_ids":["` + d + `"],"scheduled_before":"` + time.Now().Add(time.Second).Format(time.RFC3339) + `"}`
		due := read[[]object](t, s.want(200, "POST", "/deployments/get_scheduled_flow_runs", poll))
		if len(due) != 1 || due[0]["id"] != soon {
			t.Errorf("got %v, want run %s alone", due, soon)
		}
		same(t, "status", s.get("/deployments/" + d)["status"], "READY")
		time.Sleep(61 * time.Second)
		synctest.Wait()
		same(t, "status", s.get("/deployments/" + d)["status"], "NOT_READY")
		var changes []string
		for _, name := range s.events {
			if len(name) > 18 && name[:18] == "prefect.deployment" {
				changes = append(changes, name)
			}
		}
		same(t, "events", changes, []string{"prefect.deployment.created", "prefect.deployment.ready", "prefect.deployment.not-ready"})
		s.refused(422, "deployment_ids", "POST", "/deployments/get_scheduled_flow_runs", `{}`)
		s.refused(422, "Invalid limit", "POST", "/deployments/get_scheduled_flow_runs", `{"deployment_ids":[],"limit":201}`)
	})
}

func TestScheduleByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		d := s.deployment(s.flow(), `,"paused":true,"schedules":[{"schedule":{"cron":"0 * * * *"}}]`)
		synctest.Wait()
		same(t, "runs", s.count("/flow_runs", `{}`), 0)
		window := `{"start_time":"1999-12-31T00:00:00Z","end_time":"1999-12-31T06:00:00Z","min_runs":100,"max_runs":5,"min_time":3600}`
		same(t, "reply", s.want(200, "POST", "/deployments/"+d+"/schedule", window), "null")
		same(t, "runs", s.count("/flow_runs", `{}`), 5)
		s.want(200, "POST", "/deployments/"+d+"/schedule", `{"start_time":"1999-12-31T00:00:00Z","end_time":"1999-12-31T06:00:00Z","min_runs":100}`)
		same(t, "runs", s.count("/flow_runs", `{}`), 7)
		s.want(200, "POST", "/deployments/00000000-0000-4000-8000-000000000000/schedule", `{}`)
	})
}
