package flow

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/supervise"
	"github.com/pacific-aci/pacific/prefect"
)

type greeting struct {
	Name  string   `json:"name"`
	Times int      `json:"times" default:"2"`
	Tags  []string `json:"tags,omitempty"`
}

func greet(_ context.Context, g greeting) (string, error) {
	if g.Name == "nobody" {
		return "", errors.New("nobody to greet")
	}
	return strings.Repeat("hello "+g.Name+" ", g.Times), nil
}

// testProgram is a program in the test's own process, with a Prefect API in memory behind its address if it uses one.
func testProgram(t *testing.T, args ...string) (p *program, out, problems *bytes.Buffer, client *prefect.Client) {
	t.Helper()
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	options := prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()}
	if client, err = prefect.NewClient(options); err != nil {
		t.Fatal(err)
	}
	out, problems = &bytes.Buffer{}, &bytes.Buffer{}
	return &program{name: "hello", args: args, stdout: out, stderr: problems, options: prefect.Options{Transport: api.Transport()}}, out, problems, client
}

func TestMainLocally(t *testing.T) {
	one := New("greet", greet)
	other := New("other", func(context.Context, None) (None, error) { return None{}, nil })
	for _, test := range []struct {
		args  []string
		flows []Definition
		code  int
		out   string // exactly
		err   string // a part
	}{
		{args: []string{"name=Ada"}, flows: []Definition{one}, out: "\"hello Ada hello Ada \"\n"},
		{args: []string{"greet", "name=7", "times=1"}, flows: []Definition{one, other}, out: "\"hello 7 \"\n"},
		{args: []string{"other"}, flows: []Definition{one, other}},
		{args: []string{"name=Ada"}, flows: []Definition{one, other}, code: 1, err: "its flows are greet, other"},
		{flows: []Definition{one}, code: 1, err: `parameter "name" of flow "greet" is required`},
		{args: []string{"name=Ada", "nme=x"}, flows: []Definition{one}, code: 1, err: "hint: the flow's parameters are name, times, tags"},
		{args: []string{"name=Ada", "times=often"}, flows: []Definition{one}, code: 1, err: `parameter "times" of flow "greet" is a JSON string, want int`},
		{args: []string{"name=nobody"}, flows: []Definition{one}, code: 1, err: "error: nobody to greet"},
		{args: []string{"name=nobody"}, flows: []Definition{one}, code: 1, err: `msg="flow \"greet\" finished: Failed: nobody to greet"`},
		{args: []string{"greeet", "name=Ada"}, flows: []Definition{one}, code: 1, err: `"greeet" is neither NAME=VALUE nor a flow of this program`},
		{args: []string{"--help"}, flows: []Definition{one}, out: "Usage: hello [FLOW] [NAME=VALUE ...]\n       hello --flows\n\nFlows and their parameters:\n  \"greet\" name=STRING [times=2] [tags=ARRAY]\n"},
		{args: []string{"--flows"}, flows: []Definition{other}, out: `[{"name":"other","parameter_openapi_schema":{"title":"Parameters","type":"object","properties":{},"required":[],"definitions":{}}}]` + "\n"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			p, out, problems, _ := testProgram(t, test.args...)
			if code := p.run(t.Context(), test.flows); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if out.String() != test.out {
				t.Errorf("output %q, want %q", out, test.out)
			}
			if !strings.Contains(problems.String(), test.err) {
				t.Errorf("errors %q, want %q", problems, test.err)
			}
		})
	}
}

func TestMainExecutesARun(t *testing.T) {
	for _, test := range []struct {
		name       string
		flow       string
		parameters map[string]any
		code       int
		state      string
		message    string
	}{
		{name: "completed", flow: "greet", parameters: map[string]any{"name": "Ada", "times": 3}, state: "Completed"},
		{name: "failed", flow: "greet", parameters: map[string]any{"name": "nobody"}, state: "Failed", message: "nobody to greet"},
		{name: "wrong parameters", flow: "greet", parameters: map[string]any{"name": 7}, state: "Failed",
			message: `Validation of flow parameters failed: parameter "name" of flow "greet" is a JSON number, want string`},
		{name: "unknown flow", flow: "python", state: "Failed", message: `this program has no flow "python"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, _, problems, client := testProgram(t)
			p.options.URL = prefectemulator.URL
			made, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: test.flow})
			if err != nil {
				t.Fatal(err)
			}
			run, err := client.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: made.ID, Parameters: test.parameters})
			if err != nil {
				t.Fatal(err)
			}
			p.runID = run.ID
			if code := p.run(t.Context(), []Definition{New("greet", greet)}); code != test.code {
				t.Errorf("exit code %d, want %d: %s", code, test.code, problems)
			}
			if run, err = client.FlowRun(t.Context(), run.ID); err != nil {
				t.Fatal(err)
			}
			if run.StateName != test.state || run.State.Message != test.message {
				t.Errorf("the run is %s %q, want %s %q", run.StateName, run.State.Message, test.state, test.message)
			}
			if code := p.run(t.Context(), []Definition{New("greet", greet)}); code != 0 || !strings.Contains(problems.String(), "the flow run is "+test.state) {
				t.Errorf("a second execution exits with %d and says %q", code, problems)
			}
		})
	}
}

func TestMainWithoutServer(t *testing.T) {
	p, _, problems, _ := testProgram(t)
	p.runID = "6c3f1c5e-0000-4000-8000-000000000000"
	if code := p.run(t.Context(), nil); code != 1 || !strings.Contains(problems.String(), "PREFECT_API_URL is not") {
		t.Errorf("exit code %d, %q", code, problems)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("PREFECT_API_URL", "http://prefect.test/api")
	t.Setenv("PREFECT_LOGGING_LEVEL", "warning")
	t.Setenv("PREFECT_CLIENT_CSRF_SUPPORT_ENABLED", "no")
	t.Setenv("PREFECT_CLIENT_CUSTOM_HEADERS", `{"X-Team": "a"}`)
	t.Setenv(runIDVariable, "id")
	p, err := environment()
	if err != nil {
		t.Fatal(err)
	}
	if p.options.URL != "http://prefect.test/api" || !p.options.DisableCSRF || p.options.Headers["X-Team"] != "a" || p.level != slog.LevelWarn || p.runID != "id" || p.first {
		t.Errorf("environment gives %+v", p)
	}
	t.Setenv("PREFECT_CLIENT_CUSTOM_HEADERS", `hunter2`)
	if _, err := environment(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("wrong headers give %v", err)
	}
	t.Setenv("PREFECT_CLIENT_CUSTOM_HEADERS", "")
	t.Setenv("PREFECT_API_TLS_INSECURE_SKIP_VERIFY", "perhaps")
	if _, err := environment(); err == nil {
		t.Error("a boolean of perhaps is taken")
	}
}

// A run whose process died is Crashed; one that has an end keeps it.
func TestReportCrash(t *testing.T) {
	p, _, _, client := testProgram(t)
	p.options.URL = prefectemulator.URL
	made, err := client.CreateFlow(t.Context(), prefect.FlowCreate{Name: "greet"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ before, after prefect.StateType }{
		{prefect.StateRunning, prefect.StateCrashed}, {prefect.StateCompleted, prefect.StateCompleted}, {prefect.StateCancelling, prefect.StateCancelled},
	} {
		run, err := client.CreateFlowRun(t.Context(), prefect.FlowRunCreate{FlowID: made.ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ForceFlowRunState(t.Context(), run.ID, prefect.State{Type: test.before}); err != nil {
			t.Fatal(err)
		}
		p.runID = run.ID
		if err := p.reportCrash(supervise.End{Code: 137, Signal: "killed"}); err != nil {
			t.Error(err)
		}
		if run, err = client.FlowRun(t.Context(), run.ID); err != nil || run.StateType != test.after {
			t.Errorf("%s became %s, %v; want %s", test.before, run.StateType, err, test.after)
		}
	}
}

// hungServer takes requests and never answers.
type hungServer struct{}

func (hungServer) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A program that was told to stop ends, whatever the server does.
func TestMainEndsWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: hungServer{}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		p := &program{runID: "0198c0de-0000-7000-8000-000000000000", stderr: &bytes.Buffer{}}
		if code := p.execute(WithClient(ctx, client), nil); code != 1 || time.Since(began) > finalWait+time.Second {
			t.Errorf("exit code %d after %v, want 1 within %v", code, time.Since(began), finalWait)
		}
	})
}
