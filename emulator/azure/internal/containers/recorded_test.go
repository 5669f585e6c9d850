package containers_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// An exchange is one request of a recorded sequence, and what of its answer was recorded.
type exchange struct {
	// wait is how long before the request the sequence pauses.
	wait time.Duration
	// call is "METHOD /path-below-the-group"; body is sent with it.
	call, body string
	status     int
	// has are fields of the answer and their values, "-" for a field that must not be there; header names headers it has.
	has    map[string]string
	header string
}

const recordedVersion = "?api-version=2024-05-01-preview"

// A group without anything that can be left out.
const bare = `{"location":"West Europe","properties":{"osType":"Linux","containers":[{"name":"main","properties":{"image":"nginx","resources":{"requests":{"cpu":1.0,"memoryInGB":1.5}}}}]}}`

const (
	current  = "properties.containers.0.properties.instanceView.currentState."
	previous = "properties.containers.0.properties.instanceView.previousState."
	restarts = "properties.containers.0.properties.instanceView.restartCount"
)

// recorded are sequences of real clients (Azure PowerShell 2024, az 2018 to 2023, .NET 2021) as they went.
var recorded = map[string][]exchange{
	"stop and start": {
		{call: "PUT ", body: bare, status: 201, header: "Azure-AsyncOperation", has: map[string]string{
			"location": "West Europe", "tags": "-", "properties.restartPolicy": "-", "properties.containers.0.properties.ports": "[]",
			"properties.provisioningTimeoutInSeconds": "1800", "properties.isCustomProvisioningTimeout": "false",
			"properties.isCreatedFromStandbyPool": "false", "properties.containers.0.properties.configMap.keyValuePairs": "map[]",
		}},
		{wait: time.Second, call: "POST /stop", status: 204},
		{call: "GET ", status: 200, has: map[string]string{
			"properties.instanceView.state": "Stopped", current + "state": "Terminated", current + "exitCode": "-", current + "startTime": "-",
			current + "detailStatus": "Container stopped per client request", previous + "state": "Running", previous + "exitCode": "-",
		}},
		{call: "POST /stop", status: 204},
		{call: "POST /start", status: 204, header: "Azure-AsyncOperation"},
		{wait: time.Second, call: "GET ", status: 200, has: map[string]string{
			"properties.provisioningState": "Succeeded", "properties.instanceView.state": "Running", current + "state": "Running", restarts: "0",
		}},
		{call: "DELETE ", status: 200, has: map[string]string{"name": "job"}},
	},
	"restart": {
		{call: "PUT ", body: bare, status: 201},
		{wait: time.Second, call: "POST /restart", status: 204, header: "Azure-AsyncOperation"},
		{call: "GET ", status: 200, has: map[string]string{"properties.provisioningState": "Updating"}},
		{call: "POLL", status: 200, has: map[string]string{"status": "Updating", "endTime": "-"}},
		{wait: time.Second, call: "POST /restart", status: 204},
		{wait: time.Second, call: "POST /stop", status: 204},
		{call: "GET ", status: 200, has: map[string]string{"properties.instanceView.state": "Stopped"}},
		{wait: 2 * time.Second, call: "DELETE ", status: 200, has: map[string]string{"name": "job"}},
	},
	"restart that ends": {
		{call: "PUT ", body: bare, status: 201},
		{wait: time.Second, call: "POST /restart", status: 204, header: "Azure-AsyncOperation"},
		{wait: 8 * time.Second, call: "POLL", status: 200, has: map[string]string{
			"status": "Succeeded", "endTime": "-",
			"id": "/subscriptions/7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/job",
		}},
		{call: "GET ", status: 200, has: map[string]string{
			"properties.provisioningState": "Succeeded", restarts: "0", previous + "state": "-",
			"properties.containers.0.properties.instanceView.events.2.name": "Started", "properties.containers.0.properties.instanceView.events.2.count": "2",
		}},
	},
	"delete in the middle": {
		{call: "PUT ", body: bare, status: 201},
		{wait: time.Second, call: "POST /restart", status: 204},
		{call: "DELETE ", status: 200, has: map[string]string{"name": "job"}},
		{call: "GET ", status: 404},
	},
	"older version": {
		{call: "PUT ", body: bare, status: 201},
		{wait: time.Second, call: "OLD", status: 200, has: map[string]string{
			"properties.provisioningTimeoutInSeconds": "-", "properties.containers.0.properties.configMap": "-", "properties.containers.0.properties.ports": "[]",
		}},
	},
}

func TestRecordedSequences(t *testing.T) {
	for name, sequence := range recorded {
		t.Run(name, func(t *testing.T) {
			inWorld(t, slowToEnd(), "{}", func(t *testing.T, w *world) {
				var poll string
				for i, e := range sequence {
					time.Sleep(e.wait)
					synctest.Wait()
					method, path, _ := strings.Cut(e.call, " ")
					at := w.groupPath("job") + path + recordedVersion
					switch method {
					case "POLL":
						method, at = "GET", poll
					case "OLD":
						method, at = "GET", w.groupPath("job")+"?api-version=2017-08-01-preview"
					}
					header, reply := w.exchange(method, at, e.body, e.status)
					if url := header.Get("Azure-AsyncOperation"); url != "" {
						poll = strings.TrimPrefix(url, "https://management.azure.com")
					}
					if e.header != "" && header.Get(e.header) == "" {
						t.Errorf("%d: %s: no header %s", i, e.call, e.header)
					}
					for field, want := range e.has {
						if got := fieldOf(reply, field); got != want {
							t.Errorf("%d: %s: %s is %s, want %s", i, e.call, field, got, want)
						}
					}
				}
			})
		})
	}
}

// fieldOf is a.b.0.c of a JSON value as text; "-" if it is not there.
func fieldOf(value any, field string) string {
	for name := range strings.SplitSeq(field, ".") {
		switch v := value.(type) {
		case map[string]any:
			found, ok := v[name]
			if !ok {
				return "-"
			}
			value = found
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return "-"
			}
			value = v[i]
		default:
			return "-"
		}
	}
	return fmt.Sprint(value)
}
