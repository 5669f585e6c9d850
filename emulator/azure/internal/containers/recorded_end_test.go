package containers_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// bare is a group without anything that can be left out.
const bare = `{"location":"West Europe","properties":{"osType":"Linux","containers":[{"name":"main","properties":{"image":"nginx","resources":{"requests":{"cpu":1.0,"memoryInGB":1.5}}}}]}}`

const (
	current  = "properties.containers.0.properties.instanceView.currentState."
	restarts = "properties.containers.0.properties.instanceView.restartCount"
)

// addressed is a group under Never with a public address and no label.
var addressed = strings.Replace(strings.Replace(bare, `"osType"`, `"restartPolicy":"Never","ipAddress":{"type":"Public","ports":[{"port":80,"protocol":"TCP"}]},"osType"`, 1),
	`"image"`, `"ports":[{"port":80}],"image"`, 1)

// TestRecordedEnd: a group that ends by itself under Never gives its address back, and an exec in it is still answered.
func TestRecordedEnd(t *testing.T) {
	inWorld(t, azureemulator.Func(func(context.Context, azureemulator.ContainerCall) int { return 0 }), "{}", func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+recordedVersion, addressed, 201)
		time.Sleep(time.Second)
		synctest.Wait()
		reply := w.call("GET", w.groupPath("job")+recordedVersion, "", 200)
		for field, want := range map[string]string{
			"properties.instanceView.state": "Succeeded", current + "exitCode": "0", current + "detailStatus": "Completed", "properties.ipAddress.ip": "-",
			"properties.ipAddress.type": "Public",
		} {
			if got := fieldOf(reply, field); got != want {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
		reply = w.call("POST", w.groupPath("job")+"/containers/main/exec"+recordedVersion, `{"command":"ls"}`, 200)
		conn, _, err := w.dial(t, fieldOf(reply, "webSocketUri"), "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		_ = conn.Write(t.Context(), websocket.MessageText, []byte(fieldOf(reply, "password")))
		if output, _ := drain(t, conn); output != "" {
			t.Errorf("an exec in an ended container printed %q", output)
		}
	})
}

// TestRecordedStreamAddress holds the address and the password of an exec against the recorded form.
func TestRecordedStreamAddress(t *testing.T) {
	inWorld(t, slowToEnd(), "{}", func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+recordedVersion, bare, 201)
		time.Sleep(time.Second)
		synctest.Wait()
		reply := w.call("POST", w.groupPath("job")+"/containers/main/exec"+recordedVersion, `{"command":"sh","terminalSize":{"rows":12,"cols":40}}`, 200)
		form := regexp.MustCompile(`^wss://[a-z0-9.-]+\.atlas\.cloudapp\.azure\.com:19390/execstream/sessionId/[0-9a-zA-Z-]+\?api-version=1\.0&rows=12&cols=40$`)
		if uri := fieldOf(reply, "webSocketUri"); !form.MatchString(uri) {
			t.Errorf("the address is %s", uri)
		}
		if password := fieldOf(reply, "password"); !strings.HasSuffix(password, "[[EOM]]") {
			t.Errorf("the password ends in %q", password[max(0, len(password)-7):])
		}
	})
}

// TestRecordedRegion holds what a region and the provider list against the recorded numbers.
func TestRecordedRegion(t *testing.T) {
	inWorld(t, nil, "{}", func(t *testing.T, w *world) {
		region := "/subscriptions/" + w.server.Account().SubscriptionID + "/providers/Microsoft.ContainerInstance/locations/westeurope"
		capabilities := w.call("GET", region+"/capabilities"+recordedVersion, "", 200)
		for field, want := range map[string]string{
			"value.0.osType": "NotSpecified", "value.0.capabilities.maxCpu": "32", "value.0.capabilities.maxMemoryInGB": "256",
		} {
			if got := fieldOf(capabilities, field); got != want {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
		usages := w.call("GET", region+"/usages"+recordedVersion, "", 200)
		if list, _ := usages["value"].([]any); len(list) != 10 || !strings.Contains(fmt.Sprint(list), "standardCores") {
			t.Errorf("usages are %v", usages)
		}
		operations := w.call("GET", "/providers/Microsoft.ContainerInstance/operations"+recordedVersion, "", 200)
		if list, _ := operations["value"].([]any); len(list) != 23 {
			t.Errorf("%d operations, want 23", len(list))
		}
	})
}
