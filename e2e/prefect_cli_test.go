//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/jobtemplate"
)

// command is a command line of pacific in a world of Prefect's.
type command struct {
	t       *testing.T
	w       world
	pacific string
}

// run wants the exit code and gives standard output.
func (c command) run(code int, args ...string) string { return c.feed(code, "", args...) }

// feed is run with something on standard input.
func (c command) feed(code int, stdin string, args ...string) string {
	c.t.Helper()
	cmd := exec.Command(c.pacific, args...)
	cmd.Dir, cmd.Stdin = c.w.dir, strings.NewReader(stdin)
	cmd.Env = []string{"HOME=" + c.w.home}
	for name, value := range c.w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if got := exitCode(c.t, cmd.Run()); got != code {
		c.t.Fatalf("pacific %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &stdout, &stderr)
	}
	return stdout.String()
}

// TestPrefectReadsOurPoolsAndProfiles drives pacific against real servers, and lets Prefect's own command line read what
// it wrote.
func TestPrefectReadsOurPoolsAndProfiles(t *testing.T) {
	seconds(t)
	pacific := binary(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			variable := fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major)
			address := os.Getenv(variable)
			if address == "" {
				t.Fatalf("%s is not set", variable)
			}
			w := newWorld(t)
			c := command{t, w, pacific}
			p := poolTest{command: c, prefect: filepath.Join(filepath.Dir(python), "prefect"), major: major, suffix: uuid.NewString()[:8]}
			c.run(0, "profile", "create", "mine")
			c.run(0, "profile", "set", "--profile", "mine", "PREFECT_API_URL="+address)
			c.run(0, "profile", "use", "mine")
			p.profile(address)
			p.pools()
			p.doctor(address)
		})
	}
}

type poolTest struct {
	command
	prefect string
	major   int
	// suffix keeps the names of one run apart from those of others on the same server.
	suffix string
}

// theirs runs Prefect's own command line.
func (p poolTest) theirs(args ...string) string {
	p.t.Helper()
	return string(p.w.run(p.t, nil, p.prefect, args...))
}

func (p poolTest) profile(address string) {
	p.t.Helper()
	p.feed(0, "hunter2\n", "profile", "set", "PREFECT_API_KEY", "--stdin")
	p.run(0, "profile", "set", "PREFECT_CLIENT_MAX_RETRIES=7")
	view := p.theirs("config", "view", "--show-secrets", "--show-sources")
	for _, want := range []string{"PREFECT_API_URL='" + address + "' (from profile)", "PREFECT_API_KEY='hunter2' (from profile)", "PREFECT_CLIENT_MAX_RETRIES='7' (from profile)"} {
		if !strings.Contains(view, want) {
			p.t.Errorf("prefect config view does not say %s:\n%s", want, view)
		}
	}
	if inspect := p.theirs("profile", "inspect", "mine"); !strings.Contains(inspect, "PREFECT_API_URL='"+address+"'") {
		p.t.Errorf("prefect profile inspect:\n%s", inspect)
	}
	p.run(0, "profile", "unset", "PREFECT_API_KEY")
	if view := p.theirs("config", "view", "--show-secrets"); strings.Contains(view, "hunter2") {
		p.t.Errorf("prefect config view after unset:\n%s", view)
	}
}

func (p poolTest) pools() {
	p.t.Helper()
	for _, kind := range []string{jobtemplate.TypeWorker, jobtemplate.TypePush} {
		name := "pacific-" + strings.ReplaceAll(kind, ":", "-") + "-" + p.suffix
		p.run(0, "work-pool", "create", name, "--type", kind, "--description", "of a test", "--concurrency-limit", "3", "--set-as-default")
		p.run(1, "work-pool", "create", name, "--type", kind)
		if view := p.theirs("config", "view"); !strings.Contains(view, "DEFAULT_WORK_POOL_NAME='"+name+"'") {
			p.t.Errorf("prefect config view names no default pool %s:\n%s", name, view)
		}
		// Prefect's prints a Python object, whose names are the API's.
		inspect := p.theirs("work-pool", "inspect", name)
		for _, want := range []string{"name='" + name + "'", "type='" + kind + "'", "description='of a test'", "concurrency_limit=3", "'resource_group_name': '{{ resource_group_name }}'"} {
			if !strings.Contains(inspect, want) {
				p.t.Errorf("prefect work-pool inspect does not say %s:\n%s", want, inspect)
			}
		}
		if kind == jobtemplate.TypeWorker { // each look of Prefect's command line takes seconds
			p.changes(name)
		}
		p.run(3, "work-pool", "rm", name)
		p.run(0, "work-pool", "rm", name, "--yes")
		p.run(1, "work-pool", "inspect", name)
	}
}

// changes pauses, updates and overwrites a pool, and reads each change as Prefect does.
func (p poolTest) changes(name string) {
	p.t.Helper()
	says := func(want string) {
		p.t.Helper()
		if inspect := p.theirs("work-pool", "inspect", name); !strings.Contains(inspect, want) {
			p.t.Errorf("prefect work-pool inspect does not say %s:\n%s", want, inspect)
		}
	}
	p.run(0, "work-pool", "pause", name)
	says("is_paused=True")
	p.theirs("work-pool", "resume", name)
	if got := p.details(name); got.Paused || got.Status != "NOT_READY" || !got.Default {
		p.t.Errorf("after Prefect's own resume: %+v", got)
	}
	template := `{"job_configuration":{"command":"{{ command }}"},"variables":{"type":"object","properties":{"command":{"type":"string"}}}}`
	p.feed(0, template, "work-pool", "update", name, "--base-job-template", "-", "--no-concurrency-limit")
	got := p.details(name)
	if diff := cmp.Diff(decoded(p.t, []byte(template)), decoded(p.t, got.BaseJobTemplate)); diff != "" || got.ConcurrencyLimit != nil {
		p.t.Errorf("after update: limit %v, template -want +got:\n%s", got.ConcurrencyLimit, diff)
	}
	p.feed(1, `{"job_configuration":{"command":"{{ nope }}"},"variables":{}}`, "work-pool", "update", name, "--base-job-template", "-")
	p.run(0, "work-pool", "create", name, "--overwrite", "--paused")
	says("is_paused=True")
	says("'resource_group_name': '{{ resource_group_name }}'")
	var list []poolDetails
	if err := json.Unmarshal([]byte(p.run(0, "work-pool", "ls", "--output", "json")), &list); err != nil {
		p.t.Fatal(err)
	}
	if !slices.ContainsFunc(list, func(d poolDetails) bool { return d.Name == name && d.Paused }) {
		p.t.Errorf("work-pool ls has no paused %s: %+v", name, list)
	}
}

type poolDetails struct {
	Name, Status     string
	Paused, Default  bool
	ConcurrencyLimit *int
	BaseJobTemplate  json.RawMessage
	Queues           []struct{ Name string }
}

func (p poolTest) details(name string) poolDetails {
	p.t.Helper()
	var got poolDetails
	if err := json.Unmarshal([]byte(p.run(0, "work-pool", "inspect", name, "--output", "json")), &got); err != nil {
		p.t.Fatal(err)
	}
	if len(got.Queues) != 1 || got.Queues[0].Name != "default" {
		p.t.Errorf("the pool's queues are %+v", got.Queues)
	}
	return got
}

// doctor has no Azure here; of Prefect everything is well.
func (p poolTest) doctor(address string) {
	p.t.Helper()
	var report struct {
		Checks []struct{ Name, Status, Detail string }
	}
	if err := json.Unmarshal([]byte(p.run(1, "doctor", "--cloud", "http://127.0.0.1:1", "--output", "json")), &report); err != nil {
		p.t.Fatal(err)
	}
	seen := 0
	for _, check := range report.Checks {
		if !strings.HasPrefix(check.Name, "prefect ") {
			continue
		}
		seen++
		want := map[string]string{"prefect settings": "profile mine", "prefect server": address, "prefect version": fmt.Sprintf("Prefect %d.", p.major)}[check.Name]
		if check.Status != "ok" || !strings.Contains(check.Detail, want) {
			p.t.Errorf("doctor says %+v, want ok and %q", check, want)
		}
	}
	if seen != 5 {
		p.t.Errorf("doctor made %d checks of Prefect, want 5", seen)
	}
}
