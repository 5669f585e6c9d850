package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// codeFolder is where the demo writes the flow in Python, and codeEntrypoint is the flow in it.
const (
	codeFolder     = "key_vault_demo"
	codeEntrypoint = "flow.py:key_vault_demo"
)

// pythonNeeds are the packages that the flow in Python and the loading of its code need.
var pythonNeeds = []string{"prefect", "prefect-azure", "azure-identity", "azure-keyvault-secrets", "azure-storage-blob"}

// pythonProbe prints each of its arguments, with its version if it is installed.
const pythonProbe = `import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        print(name, version(name))
    except PackageNotFoundError:
        print(name)
`

// checkPython refuses a machine on which the flow in Python cannot run, before anything is made. server is the version of the
// user's server; zero: the Prefect API is the demo's own.
func checkPython(ctx context.Context, server prefect.Version) error {
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
	var missing []string
	versions := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, version, found := strings.Cut(strings.TrimSpace(line), " ")
		if versions[name] = version; !found {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return cmdutil.WithHint(fmt.Errorf("--python needs %s, which %s does not have", strings.Join(missing, ", "), python),
			cmdutil.ShellWord(python)+" -m pip install "+strings.Join(missing, " "))
	}
	return checkPrefect(versions["prefect"], python, server)
}

// checkPrefect refuses a Prefect that cannot run the flow: one that is too old, or of another major version than the server.
func checkPrefect(installed, python string, server prefect.Version) error {
	var major, minor int
	if n, _ := fmt.Sscanf(installed, "%d.%d", &major, &minor); n < 2 {
		return nil // one that was built by hand; it is told by what it does
	}
	install := func(which string) string {
		return cmdutil.ShellWord(python) + " -m pip install " + cmdutil.ShellWord("prefect"+which) + " --upgrade prefect-azure"
	}
	switch {
	case server.Major > 0 && major != server.Major:
		return cmdutil.WithHint(fmt.Errorf("the Prefect on the PATH is %s, and the server is %s: a flow needs the server's major version", installed, server),
			install(fmt.Sprintf("==%d.*", server.Major)))
	case major < 2 || major == 2 && minor < oldestMinor:
		return cmdutil.WithHint(fmt.Errorf("--python needs Prefect 2.%d or newer, and %s has %s", oldestMinor, python, installed), install(fmt.Sprintf(">=2.%d", oldestMinor)))
	}
	return nil
}

// oldestMinor is the oldest version 2 of Prefect that runs the flow: older ones have no prefect flow-run execute that loads
// code by pull steps, or are no longer mended.
const oldestMinor = 20

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
