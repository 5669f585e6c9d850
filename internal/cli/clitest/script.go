package clitest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/rogpeppe/go-internal/testscript"
)

// Main is the TestMain of a package with scripts. It lets them run pacific as a
// process of its own: the test's binary, which then is cmd/pacific's main.
func Main(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"pacific": func() {
			os.Exit(cli.Main(context.Background(), cli.Env{Signals: cli.Signals()}))
		},
	})
}

// Scripts runs every script of testdata/script. What only a shell can show is
// proved there: streams, exit codes, signals, processes that are left behind.
func Scripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		// A script that waits for a job which never starts is ended.
		Deadline:      time.Now().Add(8 * time.Minute),
		UpdateScripts: os.Getenv("UPDATE") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":        code,
			"prefect-api": prefectAPI,
			"flow-runs":   flowRuns,
		},
	})
}

// code runs a program and compares its exit code: code 125 pacific run …
// Its output is there for the script's stdout, stderr and cmp afterwards.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program arguments…")
	}
	err := ts.Exec(args[1], args[2:]...)
	want, got := args[0], "0"
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = strconv.Itoa(e.ExitCode())
	} else if err != nil {
		got = err.Error()
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s (%v)", got, want, err)
	}
}

// prefectAPI starts a Prefect API for the rest of the script, and puts its address into a variable: prefect-api NAME
func prefectAPI(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: prefect-api NAME")
	}
	local, err := prefectemulator.Start(context.Background(), prefectemulator.StartOptions{Listen: "127.0.0.1:0"})
	ts.Check(err)
	ts.Defer(func() { ts.Check(local.Close()) })
	ts.Setenv(args[0], local.URL())
}

// flowRuns makes flow runs of the deployment etl/nightly in a work pool that exists, at the API of PREFECT_API_URL. $ID_NAME is
// the id of one: flow-runs POOL NAME…
func flowRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: flow-runs POOL NAME…")
	}
	ctx := context.Background()
	client, err := prefect.NewClient(prefect.Options{URL: ts.Getenv("PREFECT_API_URL")})
	ts.Check(err)
	flow, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: "etl"})
	ts.Check(err)
	deployment, err := client.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "nightly", FlowID: flow.ID, WorkPoolName: args[0]})
	ts.Check(err)
	for _, name := range args[1:] {
		run, err := client.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{Name: name})
		ts.Check(err)
		ts.Setenv("ID_"+name, string(run.ID))
	}
}
