//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAz drives the real az through its whole life with container groups, on each engine.
func TestAz(t *testing.T) {
	for _, engine := range []string{"process", "docker"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			seconds(t)
			a := startAzure(t, "--engine", engine)
			image := "alpine" // process does not look it up
			if engine == "docker" {
				image = busybox(t)
			}
			azSignIn(a)
			azGroups(a)
			azContainers(a, image)
			azYAML(a, image)
			azErrors(a, image)
			a.az(0, "group", "delete", "--yes", "--name", "e2e")
			var groups []any
			if a.azJSON(&groups, "group", "list"); len(groups) != 1 { // the one that is there from the start
				t.Errorf("after the delete there are %d resource groups, want 1", len(groups))
			}
		})
	}
}

func azSignIn(a *azure) {
	// az keeps the token of a good login and then takes any secret, so each has a folder of its own.
	own := a.values["AZURE_CONFIG_DIR"]
	a.env = append(a.env, "AZURE_CONFIG_DIR="+a.t.TempDir())
	wrong := a.az(1, "login", "--service-principal", "-u", a.values["AZURE_CLIENT_ID"], "-p", "wrong-secret", "--tenant", a.values["AZURE_TENANT_ID"])
	if !strings.Contains(wrong.stderr, "AADSTS7000215") {
		a.t.Errorf("a wrong secret is answered with %q", wrong.stderr)
	}
	a.env = append(a.env, "AZURE_CONFIG_DIR="+own)
	a.wants("login", []string{"Entra_Discover", "Entra_GetToken", "Subscriptions_List"}, func() { a.login() })
	var account struct{ ID, TenantID string }
	a.azJSON(&account, "account", "show")
	if account.ID != a.values["AZURE_SUBSCRIPTION_ID"] {
		a.t.Errorf("signed in to subscription %s", account.ID)
	}
}

func azGroups(a *azure) {
	exists := func(want string) {
		a.wants("group exists", []string{"ResourceGroups_CheckExistence"}, func() {
			if got := strings.TrimSpace(a.az(0, "group", "exists", "--name", "e2e").stdout); got != want {
				a.t.Errorf("group exists says %s, want %s", got, want)
			}
		})
	}
	exists("false")
	a.wants("group create", []string{"ResourceGroups_CreateOrUpdate"}, func() {
		a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	})
	exists("true")
}

// instance is what az shows of a container group.
type instance struct {
	Name, ProvisioningState string
	InstanceView            *struct{ State string }
	Containers              []struct {
		EnvironmentVariables []map[string]any
		InstanceView         *struct {
			CurrentState struct {
				State    string
				ExitCode *int
			}
			RestartCount int
			Events       []struct{ Name string }
		}
	}
}

func azContainers(a *azure, image string) {
	t := a.t
	a.wants("container create", []string{"ResourceGroups_Get", "ContainerGroups_CreateOrUpdate", "poll", "ContainerGroups_Get"}, func() {
		out := a.az(0, "container", "create", "--resource-group", "e2e", "--name", "job", "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1",
			"--restart-policy", "Never", "--environment-variables", "SHOWN=yes", "--secure-environment-variables", "HIDDEN=hunter2",
			"--command-line", `sh -c 'trap exit TERM; echo shown $SHOWN; echo hidden $HIDDEN; sleep 600 & wait'`)
		if strings.Contains(out.stdout, "hunter2") {
			t.Error("az shows the secure value")
		}
	})
	var shown instance
	a.wants("container show", []string{"ContainerGroups_Get"}, func() { a.azJSON(&shown, "container", "show", "-g", "e2e", "-n", "job") })
	if shown.ProvisioningState != "Succeeded" || shown.InstanceView.State != "Running" || shown.Containers[0].InstanceView.CurrentState.State != "Running" {
		t.Errorf("show: %+v", shown)
	}
	var names []string
	for _, e := range shown.Containers[0].InstanceView.Events {
		names = append(names, e.Name)
	}
	if !slices.Contains(names, "Started") {
		t.Errorf("events %v", names)
	}
	var listed []instance
	a.wants("container list", []string{"ContainerGroups_ListByResourceGroup"}, func() { a.azJSON(&listed, "container", "list", "-g", "e2e") })
	if len(listed) != 1 || listed[0].InstanceView != nil {
		t.Errorf("list: %+v, want one without an instance view", listed)
	}
	a.wants("container logs", []string{"ContainerGroups_Get", "Containers_ListLogs"}, func() {
		if got, want := a.az(0, "container", "logs", "-g", "e2e", "-n", "job").stdout, "shown yes\nhidden hunter2\n\n"; got != want {
			t.Errorf("logs %q, want %q", got, want)
		}
	})
	azExec(a)
	azRestarts(a)
	a.wants("container delete", []string{"ContainerGroups_Delete"}, func() { a.az(0, "container", "delete", "--yes", "-g", "e2e", "-n", "job") })
	a.az(0, "container", "delete", "--yes", "-g", "e2e", "-n", "job") // a second time is no error
}

// azExec gives az the terminal that its exec demands.
func azExec(a *azure) {
	a.wants("container exec", []string{"ContainerGroups_Get", "Containers_ExecuteCommand", "Containers_ExecStream"}, func() {
		out := a.run("script", "-qec", os.Getenv("PACIFIC_E2E_AZ")+` container exec -g e2e -n job --exec-command "echo from inside"`, "/dev/null")
		if out.code != 0 || !strings.Contains(out.stdout, "from inside") {
			a.t.Errorf("exec: exit code %d: %q", out.code, out.stdout+out.stderr)
		}
	})
}

func azRestarts(a *azure) {
	state := func(want string) {
		var shown instance
		for range 30 { // az answers before it is done
			a.azJSON(&shown, "container", "show", "-g", "e2e", "-n", "job")
			if shown.InstanceView.State == want {
				return
			}
		}
		a.t.Fatalf("state %s, want %s", shown.InstanceView.State, want)
	}
	a.wants("container stop", []string{"ContainerGroups_Stop"}, func() { a.az(0, "container", "stop", "-g", "e2e", "-n", "job") })
	state("Stopped")
	a.wants("container start", []string{"ContainerGroups_Start", "poll"}, func() { a.az(0, "container", "start", "-g", "e2e", "-n", "job") })
	state("Running")
	a.wants("container restart", []string{"ContainerGroups_Restart", "poll"}, func() { a.az(0, "container", "restart", "-g", "e2e", "-n", "job") })
	state("Running")
	var resources []struct{ Name, Type string }
	a.wants("resource list", []string{"ResourceGroups_Get", "Resources_List"}, func() { a.azJSON(&resources, "resource", "list", "-g", "e2e") })
	if len(resources) != 1 || resources[0].Type != "Microsoft.ContainerInstance/containerGroups" {
		a.t.Errorf("resource list: %v", resources)
	}
}

func azYAML(a *azure, image string) {
	t := a.t
	file := filepath.Join(t.TempDir(), "group.yaml")
	text := fmt.Sprintf(`apiVersion: '2021-10-01'
location: westeurope
name: from-yaml
type: Microsoft.ContainerInstance/containerGroups
properties:
  osType: Linux
  restartPolicy: Never
  initContainers:
  - name: first
    properties:
      image: %[1]s
      command: [sh, -c, 'p=/mnt; test -d /mnt/shared || p=mnt; echo one > $p/shared/file']
      volumeMounts: [{name: shared, mountPath: /mnt/shared}]
  containers:
  - name: main
    properties:
      image: %[1]s
      command: [sh, -c, 'p=/mnt; test -d /mnt/shared || p=mnt; cat $p/shared/file $p/secret/word; exit 3']
      resources: {requests: {cpu: 1, memoryInGB: 1}}
      volumeMounts: [{name: shared, mountPath: /mnt/shared}, {name: secret, mountPath: /mnt/secret}]
  volumes:
  - {name: shared, emptyDir: {}}
  - {name: secret, secret: {word: dHdv}}
`, image)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a.az(0, "container", "create", "-g", "e2e", "--file", file)
	out := a.az(0, "container", "attach", "-g", "e2e", "-n", "from-yaml") // ends with the container: az polls for it
	if !strings.Contains(out.stdout+out.stderr, "Terminated") && !strings.Contains(out.stdout, "one") {
		t.Errorf("attach: %q", out.stdout+out.stderr)
	}
	var shown instance
	a.azJSON(&shown, "container", "show", "-g", "e2e", "-n", "from-yaml")
	if code := shown.Containers[0].InstanceView.CurrentState.ExitCode; code == nil || *code != 3 {
		t.Errorf("from YAML: %+v", shown.Containers[0].InstanceView)
	}
	if got := strings.TrimSpace(a.az(0, "container", "logs", "-g", "e2e", "-n", "from-yaml").stdout); got != "one\ntwo" {
		t.Errorf("the volumes hold %q", got)
	}
	a.az(0, "container", "delete", "--yes", "-g", "e2e", "-n", "from-yaml")
}

// azErrors wants az's own exit codes: 3 for what is not there, 1 for what is refused.
func azErrors(a *azure, image string) {
	for _, test := range []struct {
		code int
		want string
		args []string
	}{
		{3, "ResourceNotFound", []string{"container", "show", "-g", "e2e", "-n", "nobody"}},
		{3, "ResourceGroupNotFound", []string{"group", "show", "-n", "nowhere"}},
		{3, "ResourceGroupNotFound", []string{"container", "create", "-g", "nowhere", "-n", "x", "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1", "-l", "westeurope", "--command-line", "true"}},
		{1, "InvalidContainerGroupName", []string{"container", "create", "-g", "e2e", "-n", "Bad_Name", "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--command-line", "true"}},
		{1, "LocationNotAvailableForResourceType", []string{"container", "create", "-g", "e2e", "-n", "x", "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1", "-l", "moon", "--command-line", "true"}},
		{1, "cpu", []string{"container", "create", "-g", "e2e", "-n", "x", "--image", image, "--os-type", "Linux", "--cpu", "500", "--memory", "1", "--command-line", "true"}},
	} {
		if out := a.az(test.code, test.args...); !strings.Contains(strings.ToLower(out.stderr), strings.ToLower(test.want)) {
			a.t.Errorf("az %s says %q, want %s in it", strings.Join(test.args, " "), out.stderr, test.want)
		}
	}
}

// wants holds the order of requests that an az command makes; polls of one operation count as one.
func (a *azure) wants(command string, operations []string, do func()) {
	a.t.Helper()
	var got []string
	for _, r := range a.requests(do) {
		name := r.Operation
		if strings.Contains(r.Client, "pacific-emulator") { // the engine, which pulls again for a group that could not start
			continue
		}
		if strings.Contains(strings.ToLower(r.Path), "/operations/") || strings.Contains(strings.ToLower(r.Path), "/operationresults/") {
			name = "poll"
		}
		if name == "poll" && len(got) > 0 && got[len(got)-1] == "poll" {
			continue
		}
		got = append(got, name)
	}
	// Whether a quick operation has ended before az's first look is a matter of timing.
	trim := func(l []string) []string {
		return slices.DeleteFunc(slices.Clone(l), func(s string) bool { return s == "poll" })
	}
	if !slices.Equal(trim(got), trim(operations)) {
		a.t.Errorf("az %s: requests %v, want %v", command, got, operations)
	}
}

// busybox gives the engine an image without any registry: Debian's static busybox, and nothing else.
func busybox(t *testing.T) string {
	t.Helper()
	const image = "localhost/pacific-e2e-busybox:1"
	folder := t.TempDir()
	script := `set -e
mkdir -p root/bin root/tmp root/etc/pacific; cp /bin/busybox root/bin/
for name in sh echo sleep cat true false ls env wget nc seq kill dd yes head; do ln -sf busybox root/bin/$name; done
tar -C root -c . | curl -fsS --unix-socket /var/run/docker.sock -X POST -H 'Content-Type: application/x-tar' --data-binary @- 'http://localhost/images/create?fromSrc=-&repo=localhost/pacific-e2e-busybox&tag=1' >/dev/null`
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = folder
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making an image: %v\n%s", err, text)
	}
	return image
}

// TestAzFaults: az prints the code and the message of an emulated fault.
func TestAzFaults(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	fault, err := json.Marshal(map[string]any{
		"match":  map[string]any{"operation": "ContainerGroups_CreateOrUpdate"},
		"times":  1,
		"effect": map[string]any{"status": 409, "code": "ServiceUnavailable", "message": "The requested resource is not available in the location 'westeurope' at this moment."},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.control("POST", "faults", string(fault), nil)
	create := []string{"container", "create", "-g", "e2e", "-n", "job", "--image", "x", "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--restart-policy", "Never",
		"--sku", "Dedicated", "--config-map", "mode=batch"}
	if out := a.az(1, create...); !strings.Contains(out.stderr, "(ServiceUnavailable)") {
		t.Errorf("az says %q", out.stderr)
	}
	a.az(0, create...)
	var shown struct {
		SKU        string
		Containers []struct {
			ConfigMap struct{ KeyValuePairs map[string]string }
		}
	}
	a.azJSON(&shown, "container", "show", "-g", "e2e", "-n", "job")
	if shown.SKU != "Dedicated" || len(shown.Containers) != 1 || shown.Containers[0].ConfigMap.KeyValuePairs["mode"] != "batch" {
		t.Errorf("az shows %+v, want the SKU Dedicated and the config map", shown)
	}
}
