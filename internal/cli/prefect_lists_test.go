package cli_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/jobtemplate"
)

func TestPrefectListsOnATerminal(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	// A pipe keeps the header alone.
	h.Run("block", "ls", "--type", "string").Wants(t, 1, "", "string") // none is registered yet
	h.Must("block", "create", "string", "a", "--value", "x")
	h.Must("block", "rm", "string/a", "--yes")
	if r := h.Run("block", "ls", "--type", "string"); r.Stdout != "TYPE  NAME  UPDATED\n" || r.Stderr != "" {
		t.Errorf("an empty list in a pipe: %+v", r)
	}
	if r := h.Run("work-pool", "ls"); r.Stdout != "NAME  TYPE  STATUS  LIMIT  DESCRIPTION\n" || r.Stderr != "" {
		t.Errorf("an empty list in a pipe: %+v", r)
	}
	h.Terminal, h.Vars["NO_COLOR"] = true, "1"
	r := h.Run("block", "ls", "--type", "string")
	r.Wants(t, 0, "", "pacific: no blocks of type string\npacific: hint: see pacific block create --help\n")
	r2 := h.Run("work-pool", "ls")
	r2.Wants(t, 0, "", "pacific: no work pools\npacific: hint: see pacific work-pool create --help\n")
	if r.Stdout+r2.Stdout != "" {
		t.Errorf("a list that is empty prints %q", r.Stdout+r2.Stdout)
	}
	if r := h.Run("work-pool", "ls", "-o", "json"); r.Stdout != "[]\n" {
		t.Errorf("JSON of an empty list: %q", r.Stdout)
	}
}

func TestPrefectListsFit(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	long := strings.Repeat("description-", 12)
	h.Must("work-pool", "create", "aci", "--type", jobtemplate.TypePush, "--description", long)
	name := strings.Repeat("name-", 15) + "end"
	h.Must("block", "create", "string", name, "--value", "x")
	h.Run("work-pool", "ls").Wants(t, 0, long, "")
	h.Run("block", "ls").Wants(t, 0, name+"  ", "")
	id := h.Run("block", "ls", "-o", "wide").Stdout
	if !strings.HasPrefix(id, "TYPE ") || !strings.Contains(id, "  ID\n") || len(strings.Fields(strings.Split(id, "\n")[1])) != 5 {
		t.Errorf("wide: %s", id)
	}
	if ls := h.Run("block", "ls").Stdout; strings.Contains(ls, "ID") {
		t.Errorf("ids that nobody asked for: %s", ls)
	}
	h.Run("work-pool", "ls", "-o", "wide").Wants(t, 2, "", "wide")

	h.Terminal, h.Vars["NO_COLOR"] = true, "1"
	for _, args := range [][]string{{"work-pool", "ls"}, {"block", "ls"}} {
		r := h.Run(args...)
		r.Wants(t, 0, "…", "")
		for line := range strings.Lines(r.Stdout) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%v: a line of %d columns: %s", args, n, line)
			}
		}
	}
	h.Run("block", "ls", "-o", "wide").Wants(t, 0, name+"  ", "")
}

func TestPrefectSettingsWarnings(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Vars["PREFECT_API_KEI"], h.Vars["PREFECT_FROBNICATE"], h.Vars["PREFECT__FLOW_RUN_ID"] = "hunter2", "1", "x"
	h.Vars["PREFECT_SERVICE_HOST"], h.Vars["PREFECT_PORT_4200_TCP"], h.Vars["PREFECT_LOGGING_ROOT_LEVEL"] = "10.0.0.1", "tcp://10.0.0.1:4200", "DEBUG"
	r := h.Run("work-pool", "create", "aci", "--type", "docker", "--set-as-default") // reads the settings twice
	r.Wants(t, 0, "", "warning: the environment sets PREFECT_API_KEI, which Prefect does not know\n")
	r.Wants(t, 0, "", "hint: did you mean PREFECT_API_KEY?\n")
	if n := strings.Count(r.Stderr, "PREFECT_API_KEI"); n != 1 || strings.Count(r.Stderr, "does not know") != 2 || strings.Contains(r.Stderr, "hunter2") {
		t.Errorf("warned %d times, or of other names:\n%s", n, r.Stderr)
	}

	// A profile keeps what Prefect does not know.
	h = clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Must("profile", "create", "mine")
	path := h.Vars["HOME"] + "/.prefect/profiles.toml"
	h.WriteAt(path, "active = \"mine\"\n[profiles.mine]\nPREFECT_MINE = \"1\"\n")
	h.Run("work-pool", "ls").Wants(t, 0, "NAME", `warning: profile "mine" sets PREFECT_MINE, which Prefect does not know`)
	h.Must("profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG")
	h.Run("profile", "inspect").Wants(t, 0, "PREFECT_MINE", "")

	// The profile that the file names is gone.
	h.WriteAt(path, "active = \"gone\"\n")
	for _, args := range [][]string{{"work-pool", "ls"}, {"profile", "inspect"}, {"profile", "ls"}, {"profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG"}} {
		r := h.Run(args...)
		r.Wants(t, 0, "", `warning: profile "gone" (active in `)
		if strings.Count(r.Stderr, "gone") != 1 {
			t.Errorf("%v warns more than once:\n%s", args, r.Stderr)
		}
	}
}

func TestPrefectAddressWithoutAPI(t *testing.T) {
	h := clitest.NewPrefect(t, clitest.StartPrefect(t))
	h.Vars["PREFECT_API_URL"] = strings.TrimSuffix(clitest.PrefectURL, "/api") + "/"
	h.Run("block", "ls").Wants(t, 1, "", "warning: PREFECT_API_URL (the environment) does not end in /api, as the address of a Prefect server does\n"+
		"pacific: hint: PREFECT_API_URL is probably "+clitest.PrefectURL+"\n")
	delete(h.Vars, "PREFECT_API_URL")
	h.Run("profile", "set", "PREFECT_API_URL="+strings.TrimSuffix(clitest.PrefectURL, "/api")).Wants(t, 0, "", "warning: PREFECT_API_URL does not end in /api")
	r := h.Run("block", "ls")
	r.Wants(t, 1, "", "hint: an address of a Prefect server ends in /api, as in: pacific profile set --profile ephemeral PREFECT_API_URL="+clitest.PrefectURL+"\n")
	h.Must("profile", "set", "--profile", "ephemeral", "PREFECT_API_URL="+clitest.PrefectURL)
	if r := h.Run("block", "ls"); r.Code != 0 || strings.Contains(r.Stderr, "/api") {
		t.Errorf("after the hint's command: %+v", r)
	}
}
