package containers_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// slowToEnd is a container that takes five seconds to end when it is asked to.
func slowToEnd() azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		<-ctx.Done()
		time.Sleep(5 * time.Second)
		return 143
	})
}

// probed is a group whose container has a probe.
func probed(policy, probe string) string {
	return `{"location":"westeurope","properties":{"osType":"Linux","restartPolicy":"` + policy + `","containers":[{"name":"main","properties":{
		"image":"a","resources":{"requests":{"cpu":1,"memoryInGB":1}},` + probe + `}}]}}`
}

func TestProbes(t *testing.T) {
	const command = `{"exec":{"command":["check","it"]},"periodSeconds":5,"failureThreshold":2,"initialDelaySeconds":3}`
	for _, tt := range []struct {
		name, policy, probe string
		well                time.Duration // how long the check succeeds
		after               time.Duration
		state               string
		events              []string
	}{
		{"a live container goes on", "Always", `"livenessProbe":` + command, time.Hour, 10 * time.Minute, "Succeeded/Running main=Running",
			[]string{"Pulling×1", "Pulled×1", "Started×1"}},
		{"a dead one is restarted", "Always", `"livenessProbe":` + command, 10 * time.Second, 30 * time.Second, "Succeeded/Running main=Runningx1",
			[]string{"Pulling×1", "Pulled×1", "Started×2", "Unhealthy×2", "Killing×1"}},
		{"or not, by its policy", "Never", `"livenessProbe":` + command, 10 * time.Second, time.Minute, "Succeeded/Failed main=Terminated(143)",
			[]string{"Pulling×1", "Pulled×1", "Started×1", "Unhealthy×2", "Killing×1"}},
		{"one that is not ready goes on", "Always", `"readinessProbe":` + command, 10 * time.Second, 21 * time.Second, "Succeeded/Running main=Running",
			[]string{"Pulling×1", "Pulled×1", "Started×1", "Unhealthy×2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := time.Now()
			engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
				if c.Exec {
					if got := strings.Join(c.Spec.Command, " "); got != "check it" {
						t.Errorf("the probe runs %q", got)
					}
					since := time.Since(began)
					if since < tt.well || since > tt.well+10*time.Second {
						return 0
					}
					fmt.Fprint(c.Spec.Output, "not well")
					return 1
				}
				<-ctx.Done()
				return 143
			})
			inWorld(t, engine, "{}", func(t *testing.T, w *world) {
				began = time.Now()
				w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", probed(tt.policy, tt.probe), 201)
				time.Sleep(tt.after)
				w.wantState("job", tt.state)
				view := w.get("job").Properties.Containers[0].Properties.InstanceView
				if diff := cmp.Diff(tt.events, events(view.Events)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestBadProbes(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		for _, probe := range []string{
			`{}`, `{"exec":{"command":[]}}`, `{"httpGet":{"port":0}}`, `{"httpGet":{"port":80,"scheme":"gopher"}}`,
			`{"exec":{"command":["a"]},"httpGet":{"port":80}}`, `{"exec":{"command":["a"]},"periodSeconds":-1}`,
		} {
			reply := w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", probed("Always", `"livenessProbe":`+probe), 400)
			if got := fieldOf(reply, "error.code"); got != "InvalidProbe" {
				t.Errorf("%s: got %s, want InvalidProbe", probe, got)
			}
		}
	})
}

func TestGitRepoVolume(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("this machine has no git")
	}
	repository := filepath.Join(t.TempDir(), "hello.git")
	for _, args := range [][]string{
		{"init", "--quiet", repository}, {"-C", repository, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "--quiet", "--allow-empty", "-m", "one"},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	for name, tt := range map[string]struct{ volume, want string }{
		"a folder of the repository's name": {`{"repository":"` + repository + `"}`, "hello/.git"},
		"the volume itself":                 {`{"repository":"` + repository + `","directory":"."}`, ".git"},
		"a folder":                          {`{"repository":"` + repository + `","directory":"a/b","revision":"HEAD"}`, "a/b/.git"},
	} {
		t.Run(name, func(t *testing.T) {
			found := make(chan error, 1)
			engine := azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
				_, err := os.Stat(filepath.Join(c.Group.Volumes[0].Folder, filepath.FromSlash(tt.want)))
				found <- err
				return 0
			})
			inWorld(t, engine, "{}", func(t *testing.T, w *world) {
				body := strings.Replace(probed("Never", `"volumeMounts":[{"name":"src","mountPath":"/src"}]`), `"containers"`,
					`"volumes":[{"name":"src","gitRepo":`+tt.volume+`}],"containers"`, 1)
				w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", body, 201)
				synctest.Wait()
				select {
				case err := <-found:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(time.Hour):
					t.Errorf("the container never started: %+v", w.get("job").Properties.InstanceView.Events)
				}
			})
		})
	}
}

// A clone that fails fails the group and says why, without the login of the repository's address.
func TestGitRepoThatCannotBeCloned(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("this machine has no git")
	}
	inWorld(t, printing(1), "{}", func(t *testing.T, w *world) {
		body := strings.Replace(probed("Never", `"command":["a"]`), `"containers"`,
			`"volumes":[{"name":"src","gitRepo":{"repository":"nosuch://me:hush-hush@example.com/r.git"}}],"containers"`, 1)
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", body, 201)
		synctest.Wait()
		reply := w.call("GET", w.groupPath("job")+"?api-version=2023-05-01", "", 200)
		if got := fieldOf(reply, "properties.instanceView.state"); got != "Failed" {
			t.Errorf("the group is %s", got)
		}
		said := fieldOf(reply, "properties.instanceView.events")
		if !strings.Contains(said, "cloning the gitRepo volume src") {
			t.Errorf("the events do not name the volume: %s", said)
		}
		if strings.Contains(said, "hush-hush") {
			t.Errorf("the events show the password: %s", said)
		}
	})
}
