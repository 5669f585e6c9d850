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

	"github.com/google/go-cmp/cmp"
)

// What a shell does besides offering the words: cobra's numbers.
const (
	files           = ":0"
	noFiles         = ":4"
	noFilesNorSpace = ":6"
)

// complete asks what a shell asks when Tab is pressed at the end of a command line.
func (h *harness) complete(line ...string) (words []string, directive string) {
	h.t.Helper()
	r := h.must(append([]string{"__completeNoDesc"}, line...)...)
	if lines := strings.Split(strings.TrimSpace(r.stderr), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], "Completion ended with") {
		h.t.Errorf("%v: a shell would show\n%s", line, r.stderr)
	}
	words = strings.Fields(r.stdout)
	return words[:len(words)-1], words[len(words)-1]
}

// wantsCompletion compares the words and what the shell does besides.
func (h *harness) wantsCompletion(directive, words string, line ...string) {
	h.t.Helper()
	got, did := h.complete(line...)
	if diff := cmp.Diff(strings.Fields(words), got); diff != "" || did != directive {
		h.t.Errorf("%q: directive %s, want %s; -want +got:\n%s", line, did, directive, diff)
	}
}

func TestCompleteNames(t *testing.T) {
	h, log := blockHarness(t)
	h.makeType("hook")
	h.must("work-pool", "create", "aci", "--type", "docker")
	h.must("work-pool", "create", "batch", "--type", "docker")
	h.must("block", "create", "string", "text", "--value", "v")
	h.must("block", "create", "string", "name", "--value", "v")
	h.must("block", "create", slugJob, "job", "--resource-group", "g", "--subscription", "s")
	h.must("profile", "create", "mine")
	h.must("profile", "set", "--profile", "mine", "PREFECT_API_URL="+prefectURL, "PREFECT_LOGGING_LEVEL=DEBUG")
	log.writes = nil
	for _, command := range []string{"inspect", "update", "pause", "resume", "rm"} {
		h.wantsCompletion(noFiles, "aci batch", "work-pool", command, "")
		h.wantsCompletion(noFiles, "batch", "work-pool", command, "b")
		h.wantsCompletion(noFiles, "", "work-pool", command, "aci", "")
	}
	blocks := slugJob + "/job string/name string/text"
	h.wantsCompletion(noFiles, blocks, "block", "inspect", "")
	h.wantsCompletion(noFiles, "string/text", "block", "inspect", "string/t")
	h.wantsCompletion(noFiles, "", "block", "inspect", "string/text", "")
	h.wantsCompletion(noFiles, slugJob+"/job string/text", "block", "rm", "string/name", "")
	h.wantsCompletion(noFiles, slugJob+"/job", "run", "--block", "")
	h.wantsCompletion(noFiles, slugJob+"/job", "run", "--block=a")
	h.wantsCompletion(noFiles, "hook", "block", "create", "h")
	h.wantsCompletion(noFiles, "", "block", "create", "hook", "")
	h.wantsCompletion(noFiles, "secret string slack-webhook", "block", "create", "s") // commands first, each once
	h.wantsCompletion(noFiles, "hook", "block", "ls", "--type", "h")
	if got, _ := h.complete("block", "ls", "--type", ""); !slices.Contains(got, "string") {
		t.Errorf("block ls --type: %q", got)
	}

	h.wantsCompletion(noFiles, "cloud ephemeral local mine test", "profile", "use", "")
	h.wantsCompletion(noFiles, "", "profile", "use", "mine", "")
	h.wantsCompletion(noFiles, "mine", "profile", "inspect", "m")
	for _, line := range []string{"block ls", "work-pool inspect aci", "profile set", "run", "doctor"} {
		h.wantsCompletion(noFiles, "mine", append(strings.Fields(line), "--profile", "m")...)
	}
	h.wantsCompletion(noFiles, "PREFECT_API_URL PREFECT_LOGGING_LEVEL", "profile", "unset", "--profile", "mine", "")
	h.wantsCompletion(noFiles, "PREFECT_LOGGING_LEVEL", "profile", "unset", "--profile", "mine", "PREFECT_API_URL", "")
	if len(log.writes) > 0 {
		t.Errorf("Tab wrote %v", log.writes)
	}
}

const slugJob = "azure-container-instance-job"

func TestCompleteSettings(t *testing.T) {
	h := newPrefectHarness(t, nil)
	h.wantsCompletion(noFilesNorSpace, "PREFECT_API_KEY", "profile", "set", "PREFECT_API_K") // a secret's value is no argument
	h.wantsCompletion(noFilesNorSpace, "PREFECT_API_URL=", "profile", "set", "PREFECT_API_U")
	h.wantsCompletion(noFilesNorSpace, "", "profile", "set", "PREFECT_API_URL=x", "PREFECT_API_U")
	h.wantsCompletion(noFilesNorSpace, "", "profile", "set", "PREFECT_API_URL=")
	h.wantsCompletion(noFilesNorSpace, "PREFECT_DEFAULT_WORK_POOL_NAME=", "profile", "set", "PREFECT_DEFAULT_W")
	h.wantsCompletion(noFilesNorSpace, "", "profile", "set", "PREFECT_HOM")
	h.wantsCompletion(noFilesNorSpace, "", "profile", "set", "PREFECT_PROFILES_P")
	h.wantsCompletion(noFiles, "PREFECT_API_URL", "profile", "set", "--stdin", "PREFECT_API_U")
	h.wantsCompletion(noFiles, "", "profile", "set", "--stdin", "PREFECT_API_URL", "PREFECT_")
}

// TestCompleteFiles: the shell's own files are offered where a file is wanted, and nowhere else on Prefect's side.
func TestCompleteFiles(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	for line, want := range map[string]string{
		"block create hook x --data": files, "block create secret x --value-file": files, "block create " + slugJob + " x --env-file": files,
		"work-pool create x --base-job-template": files, "profile set PREFECT_API_KEY --file": files, "run --local --": files,
		"block create string x --value": noFiles, "block ls": noFiles, "block create string": noFiles, "work-pool create": noFiles,
		"work-pool update aci --description": noFiles, "profile create": noFiles, "profile ls": noFiles,
	} {
		h.wantsCompletion(want, "", append(strings.Fields(line), "")...)
	}
}

// TestCompleteInSilence: whatever goes wrong, a shell shows nothing.
func TestCompleteInSilence(t *testing.T) {
	lines := [][]string{{"work-pool", "inspect", ""}, {"block", "rm", ""}, {"block", "create", "h"}, {"block", "ls", "--type", ""}, {"run", "--block", ""}}
	for name, h := range map[string]*harness{
		"nobody answers":  newPrefectHarness(t, nil),
		"no Prefect":      newPrefectHarness(t, says(404, "text/html", "no")),
		"an error":        newPrefectHarness(t, says(500, "application/json", "{}")),
		"no address":      newPrefectHarness(t, nil).with(map[string]string{"PREFECT_API_URL": ""}),
		"a bad setting":   newPrefectHarness(t, nil).with(map[string]string{"PREFECT_CLIENT_MAX_RETRIES": "many"}),
		"no such profile": newPrefectHarness(t, nil).with(map[string]string{"PREFECT_PROFILE": "nope"}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, line := range lines {
				h.wantsCompletion(noFiles, "", line...)
			}
		})
	}
	h := newPrefectHarness(t, says(200, "application/json", `[{"name": "a\u001b[31m"}, {"name": "good"}]`))
	h.env["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "false"
	h.wantsCompletion(noFiles, "good", "work-pool", "inspect", "")
	h.env["PREFECT_PROFILES_PATH"] = filepath.Join(h.dir, h.write("profiles.toml", "no = TOML"))
	for _, line := range [][]string{{"profile", "use", ""}, {"profile", "unset", ""}, {"run", "--profile", ""}} {
		h.wantsCompletion(noFiles, "", line...)
	}
}

// TestCompleteIsQuick holds Tab to two seconds.
func TestCompleteIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPrefectHarness(t, hangs{})
		began := time.Now()
		h.wantsCompletion(noFiles, "", "work-pool", "inspect", "")
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
