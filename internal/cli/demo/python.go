package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// codeFolder is where the demo writes the flow in Python, and codeEntrypoint is the flow in it.
const (
	codeFolder     = "key_vault_demo"
	codeEntrypoint = "flow.py:key_vault_demo"
)

// pythonNeeds are the packages that the flow in Python and the loading of its code need.
var pythonNeeds = []string{"prefect", "prefect-azure", "azure-identity", "azure-keyvault-secrets", "azure-storage-blob"}

// pythonProbe prints those of its arguments that are not installed.
const pythonProbe = `import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        version(name)
    except PackageNotFoundError:
        print(name)
`

// checkPython refuses a machine on which the flow in Python cannot run, before anything is made.
func checkPython(ctx context.Context) error {
	needs := strings.Join(pythonNeeds, " ")
	program, err := exec.LookPath("prefect")
	if err != nil {
		return cmdutil.WithHint(errors.New("--python needs Prefect, and there is no program prefect on the PATH"),
			"python3 -m venv demo-venv && demo-venv/bin/pip install "+needs+` && PATH="$PWD/demo-venv/bin:$PATH" pacific demo --python`)
	}
	python, err := pythonOf(program)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, python, append([]string{"-c", pythonProbe}, pythonNeeds...)...).Output()
	if err != nil {
		return fmt.Errorf("asking %s what is installed: %w", python, err)
	}
	if missing := strings.Fields(string(out)); len(missing) > 0 {
		return cmdutil.WithHint(fmt.Errorf("--python needs %s, which %s does not have", strings.Join(missing, ", "), python),
			cmdutil.ShellWord(python)+" -m pip install "+strings.Join(missing, " "))
	}
	return nil
}

// pythonOf is the Python that a program is installed for: the one beside it, wherever a link to it is.
func pythonOf(program string) (string, error) {
	if target, err := filepath.EvalSymlinks(program); err == nil {
		program = target
	}
	for _, name := range []string{"python3", "python"} {
		if beside, err := exec.LookPath(filepath.Join(filepath.Dir(program), name)); err == nil {
			return beside, nil
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("finding the Python of %s: %w", program, err)
	}
	return python, nil
}

// makeStorage writes the flow's files, and makes the storage account that its code is sent to.
func (s *story) makeStorage(ctx context.Context) (string, error) {
	if _, err := s.must(ctx, "", "demo", "files", codeFolder); err != nil {
		return "", err
	}
	text, err := s.must(ctx, "", "bootstrap", "--template", codeFolder+"/storage.json", "--yes", "--output", "json")
	if err != nil {
		return "", err
	}
	var answer struct {
		Result struct{ Outputs struct{ Flows string } }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", fmt.Errorf("reading what the template has made: %w", err)
	}
	s.storage = answer.Result.Outputs.Flows
	return "container " + s.storage, nil
}

// pythonArgs deploy the flow. identity is the resource id of the one that it has.
func (s *story) pythonArgs(identity string) []string {
	args := []string{"deploy", codeEntrypoint, "--name", s.names.pool, "--pool", s.names.pool, "--storage", s.storage, "--tag", "pacific-demo"}
	if s.server {
		args = append(args, "--param", "block="+s.names.vaultBlock)
	}
	// The container is a process: nothing is pulled, and no image has an entrypoint. It is kept, to be looked at.
	return append(args, "--job-variable", "image_registry=null", "--job-variable", "entrypoint=null", "--job-variable", "keep_container_group=true",
		"--job-variable", `identities=["`+identity+`"]`)
}

func (s *story) deployPython(ctx context.Context) (string, error) {
	c := &call{args: s.pythonArgs(s.identities + "/" + names.vaultIdentity), dir: path.Join(codeFolder, "python")}
	if s.command(ctx, c); c.code != cmdutil.ExitOK {
		return "", c.failed(ctx)
	}
	return "deployment " + s.deploymentName(), nil
}

// deployPythonShell is deployPython by hand: in a shell of its own, for the folder.
func (s *story) deployPythonShell() string {
	args := s.pythonArgs("$IDS/" + names.vaultIdentity)
	last := len(args) - 1
	args[last] = `"` + strings.ReplaceAll(args[last], `"`, `\"`) + `"`
	return "(cd " + codeFolder + "/python && pacific " + strings.Join(args, " ") + ")"
}
