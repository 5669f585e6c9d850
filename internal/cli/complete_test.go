package cli_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

func TestCompleteNames(t *testing.T) {
	h, log := clitest.NewPrefectLog(t)
	h.MakeBlockType("hook")
	h.Must("work-pool", "create", "aci", "--type", "docker")
	h.Must("work-pool", "create", "batch", "--type", "docker")
	h.Must("block", "create", "string", "text", "--value", "v")
	h.Must("block", "create", "string", "name", "--value", "v")
	h.Must("block", "create", slugJob, "job", "--resource-group", "g", "--subscription", "s")
	h.Must("profile", "create", "mine")
	h.Must("profile", "set", "--profile", "mine", "PREFECT_API_URL="+clitest.PrefectURL, "PREFECT_LOGGING_LEVEL=DEBUG")
	log.Writes = nil
	for _, command := range []string{"inspect", "update", "pause", "resume", "rm"} {
		h.WantsCompletion(clitest.NoFiles, "aci batch", "work-pool", command, "")
		h.WantsCompletion(clitest.NoFiles, "batch", "work-pool", command, "b")
		h.WantsCompletion(clitest.NoFiles, "", "work-pool", command, "aci", "")
	}
	flowRun(h, "old-ox", prefect.StateCompleted)
	flowRun(h, "busy-bee", prefect.StateRunning)
	log.Writes = nil
	h.WantsCompletion(clitest.NoFiles, "busy-bee old-ox", "flow-run", "logs", "")
	h.WantsCompletion(clitest.NoFiles, "busy-bee", "flow-run", "cancel", "")
	h.WantsCompletion(clitest.NoFiles, "", "flow-run", "cancel", "busy-bee", "")
	h.WantsCompletion(clitest.NoFiles, "crashed", "flow-run", "ls", "--state", "cr")
	h.WantsCompletion(clitest.NoFiles, "aci batch", "flow-run", "ls", "--pool", "")
	h.WantsCompletion(clitest.NoFiles, "warning", "flow-run", "logs", "--level", "w")
	blocks := slugJob + "/job string/name string/text"
	h.WantsCompletion(clitest.NoFiles, blocks, "block", "inspect", "")
	h.WantsCompletion(clitest.NoFiles, "string/text", "block", "inspect", "string/t")
	h.WantsCompletion(clitest.NoFiles, "", "block", "inspect", "string/text", "")
	h.WantsCompletion(clitest.NoFiles, slugJob+"/job string/text", "block", "rm", "string/name", "")
	h.WantsCompletion(clitest.NoFiles, slugJob+"/job", "run", "--block", "")
	h.WantsCompletion(clitest.NoFiles, slugJob+"/job", "run", "--block=a")
	h.WantsCompletion(clitest.NoFiles, "hook", "block", "create", "h")
	h.WantsCompletion(clitest.NoFiles, "", "block", "create", "hook", "")
	h.WantsCompletion(clitest.NoFiles, "secret string slack-webhook", "block", "create", "s") // commands first, each once
	h.WantsCompletion(clitest.NoFiles, "hook", "block", "ls", "--type", "h")
	if got, _ := h.Complete("block", "ls", "--type", ""); !slices.Contains(got, "string") {
		t.Errorf("block ls --type: %q", got)
	}

	h.WantsCompletion(clitest.NoFiles, "cloud ephemeral local mine test", "profile", "use", "")
	h.WantsCompletion(clitest.NoFiles, "", "profile", "use", "mine", "")
	h.WantsCompletion(clitest.NoFiles, "mine", "profile", "inspect", "m")
	for _, line := range []string{"block ls", "work-pool inspect aci", "profile set", "run", "doctor"} {
		h.WantsCompletion(clitest.NoFiles, "mine", append(strings.Fields(line), "--profile", "m")...)
	}
	h.WantsCompletion(clitest.NoFiles, "PREFECT_API_URL PREFECT_LOGGING_LEVEL", "profile", "unset", "--profile", "mine", "")
	h.WantsCompletion(clitest.NoFiles, "PREFECT_LOGGING_LEVEL", "profile", "unset", "--profile", "mine", "PREFECT_API_URL", "")
	if len(log.Writes) > 0 {
		t.Errorf("Tab wrote %v", log.Writes)
	}
}

const slugJob = "azure-container-instance-job"

// TestCompleteFiles: the shell's own files are offered where a file is wanted, and nowhere else on Prefect's side.
func TestCompleteFiles(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	for line, want := range map[string]string{
		"block create hook x --data": clitest.Files, "block create secret x --value-file": clitest.Files, "block create " + slugJob + " x --env-file": clitest.Files,
		"work-pool create x --base-job-template": clitest.Files, "profile set PREFECT_API_KEY --file": clitest.Files, "run --local --": clitest.Files,
		"block create string x --value": clitest.NoFiles, "block ls": clitest.NoFiles, "block create string": clitest.NoFiles, "work-pool create": clitest.NoFiles,
		"work-pool update aci --description": clitest.NoFiles, "profile create": clitest.NoFiles, "profile ls": clitest.NoFiles,
	} {
		h.WantsCompletion(want, "", append(strings.Fields(line), "")...)
	}
}

// TestCompleteInSilence: whatever goes wrong, a shell shows nothing.
func TestCompleteInSilence(t *testing.T) {
	lines := [][]string{{"work-pool", "inspect", ""}, {"block", "rm", ""}, {"block", "create", "h"}, {"block", "ls", "--type", ""}, {"run", "--block", ""}}
	for name, h := range map[string]*clitest.Harness{
		"nobody answers":  clitest.NewPrefect(t, nil),
		"no Prefect":      clitest.NewPrefect(t, clitest.Says(404, "text/html", "no")),
		"an error":        clitest.NewPrefect(t, clitest.Says(500, "application/json", "{}")),
		"no address":      clitest.NewPrefect(t, nil).With(map[string]string{"PREFECT_API_URL": ""}),
		"a bad setting":   clitest.NewPrefect(t, nil).With(map[string]string{"PREFECT_CLIENT_MAX_RETRIES": "many"}),
		"no such profile": clitest.NewPrefect(t, nil).With(map[string]string{"PREFECT_PROFILE": "nope"}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, line := range lines {
				h.WantsCompletion(clitest.NoFiles, "", line...)
			}
		})
	}
	h := clitest.NewPrefect(t, clitest.Says(200, "application/json", `[{"name": "a\u001b[31m"}, {"name": "good"}]`))
	h.Vars["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "false"
	h.WantsCompletion(clitest.NoFiles, "good", "work-pool", "inspect", "")
	h.Vars["PREFECT_PROFILES_PATH"] = filepath.Join(h.Dir, h.Write("profiles.toml", "no = TOML"))
	for _, line := range [][]string{{"profile", "use", ""}, {"profile", "unset", ""}, {"run", "--profile", ""}} {
		h.WantsCompletion(clitest.NoFiles, "", line...)
	}
}

// TestCompleteIsQuick holds Tab to two seconds.
func TestCompleteIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.NewPrefect(t, hangs{})
		began := time.Now()
		h.WantsCompletion(clitest.NoFiles, "", "work-pool", "inspect", "")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("Tab took %s", took)
		}
	})
}

// hangs is a server that never answers.
type hangs struct{}

func (hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, errors.New("nobody answered")
}
