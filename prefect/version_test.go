package prefect_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

// versioned answers with a version, and hands everything else on.
func versioned(version string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/admin/version" {
			says(200, `"`+version+`"`)(w, r)
			return
		}
		next(w, r)
	}
}

func TestServerVersion(t *testing.T) {
	for text, test := range map[string]struct {
		major, minor, patch int
		kind                error
	}{
		"3.8.8": {3, 8, 8, nil}, "2.20.26": {2, 20, 26, nil}, "3.9.0rc1": {3, 9, 0, nil}, "3.8.4.dev6": {3, 8, 4, nil}, "3.8+5.gabc": {3, 8, 0, nil},
		"4.0.0": {kind: prefect.ErrUnsupported}, "1.4.1": {kind: prefect.ErrUnsupported}, "latest": {kind: prefect.ErrNotPrefect}, "": {kind: prefect.ErrNotPrefect},
	} {
		c, s := client(t, versioned(text, nil))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				v, err := c.ServerVersion(t.Context())
				if test.kind != nil {
					if err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("%q: got %v, want an error that names it", text, err)
					}
					return
				}
				if err != nil || v.Major != test.major || v.Minor != test.minor || v.Patch != test.patch || v.String() != text {
					t.Errorf("%q: got %+v, %v", text, v, err)
				}
			})
		}
		wg.Wait()
		_, err := c.ServerVersion(t.Context())
		if test.kind != nil {
			wantKind(t, err, test.kind)
			continue
		}
		want(t, text+" asked", s.count("GET /api/admin/version"), 1)
	}
}

func TestVersionFacts(t *testing.T) {
	facts := func(v prefect.Version) [6]bool {
		return [6]bool{v.TaskRunsByEvents(), v.Events(), v.EventsInHandshake(), v.Submitting(), v.JobBlocks(), v.Leases()}
	}
	for version, wanted := range map[prefect.Version][6]bool{
		{Major: 2, Minor: 20, Patch: 26}: {false, false, false, false, true, false},
		{Major: 3, Minor: 0, Patch: 0}:   {true, true, false, false, false, false},
		{Major: 3, Minor: 4, Patch: 11}:  {true, true, false, false, false, true},
		{Major: 3, Minor: 6, Patch: 14}:  {true, true, true, false, false, true},
		{Major: 3, Minor: 8, Patch: 8}:   {true, true, true, true, false, true},
	} {
		want(t, version.String(), facts(version), wanted)
	}
}

// What 2.20 does not know is left out where the request keeps its meaning, and refused where it would lose it.
func TestRequestsFor2(t *testing.T) {
	full := prefect.DeploymentCreate{Name: "d", FlowID: "f", Labels: map[string]any{"l": 1}, Parameters: map[string]any{"n": json.Number("1.0")},
		Schedules: []prefect.DeploymentSchedule{{ID: "old", Schedule: prefect.Schedule{Cron: "* * * * *"}, Slug: "s"}}}
	for version, wanted := range map[string]string{
		"2.20.26": `{"name":"d","flow_id":"f","paused":false,"parameters":{"n":1.0},"schedules":[{"schedule":{"cron":"* * * * *"},"active":false}]}`,
		"3.8.8":   `{"name":"d","flow_id":"f","paused":false,"parameters":{"n":1.0},"schedules":[{"schedule":{"cron":"* * * * *"},"active":false,"slug":"s"}],"labels":{"l":1}}`,
	} {
		var got json.RawMessage
		c, s := client(t, versioned(version, func(w http.ResponseWriter, r *http.Request) {
			check(t, json.NewDecoder(r.Body).Decode(&got))
			says(201, `{"id":"d","infra_overrides":{"cpu":2.0}}`)(w, r)
		}))
		d := must(c.CreateDeployment(t.Context(), full))(t)
		want(t, version+": a job variable by its 2.20 name", d.JobVariables["cpu"], any(json.Number("2.0")))
		same(t, version, numbers(t, got), numbers(t, []byte(wanted)))
		if !strings.Contains(string(got), `"n":1.0`) {
			t.Errorf("%s: got %s, want 1.0 as it was", version, got)
		}
		must(c.CreateDeployment(t.Context(), prefect.DeploymentCreate{Name: "d", FlowID: "f"}))(t)
		want(t, version+" asked", s.count("GET /api/admin/version"), 1)
	}
	for field, create := range map[string]prefect.DeploymentCreate{
		"concurrency_limit": {ConcurrencyLimit: new(1)}, "concurrency_options": {ConcurrencyOptions: &prefect.ConcurrencyOptions{}},
		"parameters": {Schedules: []prefect.DeploymentSchedule{{Parameters: map[string]any{"a": 1}}}},
	} {
		c, s := client(t, versioned("2.20.26", says(201, `{}`)))
		_, err := c.CreateDeployment(t.Context(), create)
		wantKind(t, err, prefect.ErrUnsupported)
		if text := "creating deployment : the server runs Prefect 2.20.26, and the field " + field + " needs 3.0 or later"; err.Error() != text {
			t.Errorf("got %q, want %q", err, text)
		}
		want(t, field+" sent", s.count("POST /api/deployments/"), 0)
	}
	c, s := client(t, versioned("3.8.8", says(201, `{"id":"d"}`)))
	must(c.CreateDeployment(t.Context(), prefect.DeploymentCreate{}))(t)
	want(t, "version asked though nothing depends on it", s.count("GET /api/admin/version"), 0)
}

func numbers(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	check(t, json.Unmarshal(raw, &v))
	return v
}
