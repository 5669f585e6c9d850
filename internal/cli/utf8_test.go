package cli_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

// TestInvalidUTF8IsRefused: text from outside that is not UTF-8 is refused with the name of its flag, file or variable,
// and nothing is written. Each of these became U+FFFD on its way into JSON, or is a sibling of one that did.
func TestInvalidUTF8IsRefused(t *testing.T) {
	const bad = "p\xfcss"
	h, log := clitest.NewPrefectLog(t)
	h.Must("work-pool", "create", "aci", "--type", jobtemplate.TypeWorker)
	h.MakeBlockType("hook")
	h.Vars["BAD"], h.Vars["GOOD"], h.Stdin = bad, "good", bad
	h.Write("bad", bad)
	h.Write("bad.env", "GOOD=1\nA="+bad+"\n")
	h.Write("bad.json", `{"url": "`+bad+`"}`)
	h.Write("binary.yaml", "url: !!binary cPxzcw==\n")
	principal := []string{"block", "create", "azure-container-instance-credentials", "x", "--tenant-id", "t", "--client-id", "c"}
	job := []string{"block", "create", "azure-container-instance-job", "x", "--subscription", "s", "--resource-group", "g"}
	plus := func(args []string, more ...string) []string { return append(args[:len(args):len(args)], more...) }
	log.Writes = nil
	for _, test := range []struct {
		says string
		args []string
	}{
		{"--value", []string{"block", "create", "string", "x", "--value", bad}},
		{"--value-file bad", []string{"block", "create", "secret", "x", "--value-file", "bad"}},
		{"--value-env: the variable", []string{"block", "create", "secret", "x", "--value-env", "BAD"}},
		{"--value-stdin: standard input", []string{"block", "create", "secret", "x", "--value-stdin"}},
		{"--client-secret-env: the variable", plus(principal, "--client-secret-env", "BAD")},
		{"--credential-kwarg authority", plus(principal, "--client-secret-env", "GOOD", "--credential-kwarg", "authority="+bad)},
		{"--data bad.json", []string{"block", "create", "hook", "x", "--data", "bad.json"}},
		{"--data -", []string{"block", "create", "hook", "x", "--data", "-"}},
		{"--data binary.yaml: url", []string{"block", "create", "hook", "x", "--data", "binary.yaml"}},
		{"--env A", plus(job, "--env", "A="+bad)},
		{"--env-file bad.env line 2", plus(job, "--env-file", "bad.env")},
		{"argument 1 of the command", plus(job, "--", "echo", bad)},
		{"--set image", []string{"work-pool", "update", "aci", "--set", "image=" + bad}},
		{"--set image", []string{"work-pool", "create", "other", "--type", jobtemplate.TypeWorker, "--set", "image=" + bad}},
		{"--description", []string{"work-pool", "update", "aci", "--description", bad}},
		{"--base-job-template bad.json", []string{"work-pool", "create", "other", "--type", "mine", "--base-job-template", "bad.json"}},
		{"the argument of pacific work-pool inspect", []string{"work-pool", "inspect", bad}},
		{"--set a", []string{"template", "evaluate", "bad", "--set", "a=" + bad}},
		{"--name", []string{"run", "--local", "--name", bad, "--", "true"}},
	} {
		r := h.Run(test.args...)
		if want := "pacific: error: " + test.says + " must be valid UTF-8\npacific: hint: "; !strings.Contains(r.Stderr, want) || strings.Contains(r.Stderr, bad) || r.Code == 0 {
			t.Errorf("%q: exit code %d, %q, want %q", test.args, r.Code, r.Stderr, want)
		}
	}
	if len(log.Writes) > 0 {
		t.Errorf("written: %q", log.Writes)
	}
	h.Vars["CLIENT_ID"], h.Vars["TENANT_ID"], h.Vars["CLIENT_SECRET"] = "c", "t", bad
	h.Run("block", "create", "azure-container-instance-credentials", "x", "--from-env").Wants(t, 2, "", "--from-env: CLIENT_SECRET must be valid UTF-8")

	// Names of files may be any bytes.
	h.Write("s\xff", "hunter2\n")
	h.Must("block", "create", "secret", "x", "--value-file", "s\xff")
}

// TestInvalidUTF8InTheEnvironment: settings too end up in JSON.
func TestInvalidUTF8InTheEnvironment(t *testing.T) {
	h := clitest.NewBare(t)
	h.Vars["PACIFIC_LOCATION"] = "w\xfcrttemberg"
	h.Run("config").Wants(t, 1, "", "location from PACIFIC_LOCATION must be valid UTF-8")
}
