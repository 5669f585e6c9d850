package cmdutil_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

func TestMonitor(t *testing.T) {
	var why atomic.Value
	why.Store("the Prefect API does not answer")
	m, err := cmdutil.StartMonitor("--metrics", "127.0.0.1:0", cmdutil.MonitorOptions{
		Ready: func() (bool, string) { return why.Load() == "", why.Load().(string) },
		Metrics: func() []cmdutil.Metric {
			return []cmdutil.Metric{
				cmdutil.Single(cmdutil.Counter, "runs_total", "Runs.", 12345678),
				{Name: "phase", Help: "One\nline.", Kind: cmdutil.Gauge, Samples: []cmdutil.Sample{{Label: "phase", LabelValue: `a"\b`, Value: 0.5}, {Label: "phase", LabelValue: "c"}}},
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, string) {
		t.Helper()
		answer, err := http.Get("http://" + m.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	wants := func(path string, status int, text string) {
		t.Helper()
		if got, said := get(path); got != status || said != text {
			t.Errorf("%s: got %d %q, want %d %q", path, got, said, status, text)
		}
	}
	wants("/healthz", 200, "ok\n")
	wants("/readyz", 503, "the Prefect API does not answer\n")
	why.Store("")
	wants("/readyz", 200, "ok\n")
	wants("/metrics", 200, "# HELP runs_total Runs.\n# TYPE runs_total counter\nruns_total 12345678\n"+
		"# HELP phase One\\nline.\n# TYPE phase gauge\nphase{phase=\"a\\\"\\\\b\"} 0.5\nphase{phase=\"c\"} 0\n")
	_, err = cmdutil.StartMonitor("--metrics", m.Addr(), cmdutil.MonitorOptions{})
	if words := cmdutil.Explain(err, nil); err == nil || !strings.Contains(err.Error(), "listening on "+m.Addr()) || len(words.Hints) != 1 {
		t.Errorf("a port that is taken: %v, hints %q", err, words.Hints)
	}
	http.DefaultClient.CloseIdleConnections()
	m.Close()
	if err := cmdutil.CheckMonitor("--metrics", "9090"); err == nil || !strings.Contains(err.Error(), "HOST:PORT") {
		t.Errorf("got %v", err)
	}
}
