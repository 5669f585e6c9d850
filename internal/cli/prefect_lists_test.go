package cli_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/jobtemplate"
)

func TestPrefectListsOnATerminal(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	// A pipe keeps the header alone.
	h.run("block", "ls", "--type", "string").wants(t, 1, "", "string") // none is registered yet
	h.must("block", "create", "string", "a", "--value", "x")
	h.must("block", "rm", "string/a", "--yes")
	if r := h.run("block", "ls", "--type", "string"); r.stdout != "TYPE  NAME  UPDATED\n" || r.stderr != "" {
		t.Errorf("an empty list in a pipe: %+v", r)
	}
	if r := h.run("work-pool", "ls"); r.stdout != "NAME  TYPE  STATUS  LIMIT  DESCRIPTION\n" || r.stderr != "" {
		t.Errorf("an empty list in a pipe: %+v", r)
	}
	h.terminal, h.env["NO_COLOR"] = true, "1"
	r := h.run("block", "ls", "--type", "string")
	r.wants(t, 0, "", "pacific: no blocks of type string\npacific: hint: see pacific block create --help\n")
	r2 := h.run("work-pool", "ls")
	r2.wants(t, 0, "", "pacific: no work pools\npacific: hint: see pacific work-pool create --help\n")
	if r.stdout+r2.stdout != "" {
		t.Errorf("a list that is empty prints %q", r.stdout+r2.stdout)
	}
	if r := h.run("work-pool", "ls", "-o", "json"); r.stdout != "[]\n" {
		t.Errorf("JSON of an empty list: %q", r.stdout)
	}
}

func TestPrefectListsFit(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	long := strings.Repeat("description-", 12)
	h.must("work-pool", "create", "aci", "--type", jobtemplate.TypePush, "--description", long)
	name := strings.Repeat("name-", 15) + "end"
	h.must("block", "create", "string", name, "--value", "x")
	h.run("work-pool", "ls").wants(t, 0, long, "")
	h.run("block", "ls").wants(t, 0, name+"  ", "")
	id := h.run("block", "ls", "-o", "wide").stdout
	if !strings.HasPrefix(id, "TYPE ") || !strings.Contains(id, "  ID\n") || len(strings.Fields(strings.Split(id, "\n")[1])) != 5 {
		t.Errorf("wide: %s", id)
	}
	if ls := h.run("block", "ls").stdout; strings.Contains(ls, "ID") {
		t.Errorf("ids that nobody asked for: %s", ls)
	}
	h.run("work-pool", "ls", "-o", "wide").wants(t, 2, "", "wide")

	h.terminal, h.env["NO_COLOR"] = true, "1"
	for _, args := range [][]string{{"work-pool", "ls"}, {"block", "ls"}} {
		r := h.run(args...)
		r.wants(t, 0, "…", "")
		for line := range strings.Lines(r.stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%v: a line of %d columns: %s", args, n, line)
			}
		}
	}
	h.run("block", "ls", "-o", "wide").wants(t, 0, name+"  ", "")
}

func TestPrefectSettingsWarnings(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.env["PREFECT_API_KEI"], h.env["PREFECT_FROBNICATE"], h.env["PREFECT__FLOW_RUN_ID"] = "hunter2", "1", "x"
	h.env["PREFECT_SERVICE_HOST"], h.env["PREFECT_PORT_4200_TCP"], h.env["PREFECT_LOGGING_ROOT_LEVEL"] = "10.0.0.1", "tcp://10.0.0.1:4200", "DEBUG"
	r := h.run("work-pool", "create", "aci", "--type", "docker", "--set-as-default") // reads the settings twice
	r.wants(t, 0, "", "warning: the environment sets PREFECT_API_KEI, which Prefect does not know\n")
	r.wants(t, 0, "", "hint: did you mean PREFECT_API_KEY?\n")
	if n := strings.Count(r.stderr, "PREFECT_API_KEI"); n != 1 || strings.Count(r.stderr, "does not know") != 2 || strings.Contains(r.stderr, "hunter2") {
		t.Errorf("warned %d times, or of other names:\n%s", n, r.stderr)
	}

	// A profile keeps what Prefect does not know.
	h = newPrefectHarness(t, newPrefect(t))
	h.must("profile", "create", "mine")
	path := h.env["HOME"] + "/.prefect/profiles.toml"
	h.writeAt(path, "active = \"mine\"\n[profiles.mine]\nPREFECT_MINE = \"1\"\n")
	h.run("work-pool", "ls").wants(t, 0, "NAME", `warning: profile "mine" sets PREFECT_MINE, which Prefect does not know`)
	h.must("profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG")
	h.run("profile", "inspect").wants(t, 0, "PREFECT_MINE", "")

	// The profile that the file names is gone.
	h.writeAt(path, "active = \"gone\"\n")
	for _, args := range [][]string{{"work-pool", "ls"}, {"profile", "inspect"}, {"profile", "ls"}, {"profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG"}} {
		r := h.run(args...)
		r.wants(t, 0, "", `warning: profile "gone" (active in `)
		if strings.Count(r.stderr, "gone") != 1 {
			t.Errorf("%v warns more than once:\n%s", args, r.stderr)
		}
	}
}

func TestPrefectAddressWithoutAPI(t *testing.T) {
	h := newPrefectHarness(t, newPrefect(t))
	h.env["PREFECT_API_URL"] = strings.TrimSuffix(prefectURL, "/api") + "/"
	h.run("block", "ls").wants(t, 1, "", "warning: PREFECT_API_URL (environment PREFECT_API_URL) does not end in /api, as the address of a Prefect server does\n"+
		"pacific: hint: PREFECT_API_URL is probably "+prefectURL+"\n")
	delete(h.env, "PREFECT_API_URL")
	h.run("profile", "set", "PREFECT_API_URL="+strings.TrimSuffix(prefectURL, "/api")).wants(t, 0, "", "warning: PREFECT_API_URL does not end in /api")
	r := h.run("block", "ls")
	r.wants(t, 1, "", "hint: an address of a Prefect server ends in /api, as in: pacific profile set --profile ephemeral PREFECT_API_URL="+prefectURL+"\n")
	h.must("profile", "set", "--profile", "ephemeral", "PREFECT_API_URL="+prefectURL)
	if r := h.run("block", "ls"); r.code != 0 || strings.Contains(r.stderr, "/api") {
		t.Errorf("after the hint's command: %+v", r)
	}
}

// writeAt writes a file at a path of its own.
func (h *harness) writeAt(path, text string) {
	h.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}
