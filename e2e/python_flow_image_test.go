//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standInTag names this machine's stand-in for Prefect's own image, which is on a hub that a test cannot count on.
const standInTag = "pacific-e2e"

// pythonBase gives the daemon prefecthq/prefect:pacific-e2e, an image with what the Dockerfile of examples/python_flow_image takes
// for granted in Prefect's: Python with pip and Prefect, a shell, tini and an entry point. It has neither adlfs nor prefect-azure.
func pythonBase(t *testing.T) string {
	t.Helper()
	files := map[string]string{
		"etc/passwd":                "root:x:0:0::/root:/bin/sh\n",
		"opt/prefect/entrypoint.sh": "#!/bin/sh\nexec \"$@\"\n",
		"usr/bin/pip":               "#!/bin/sh\nPIP_BREAK_SYSTEM_PACKAGES=1 PIP_CERT=/etc/ssl/certs/ca-certificates.crt exec python3 -m pip \"$@\"\n",
	}
	for _, name := range []string{"grep", "rm"} {
		files["bin/"+name] = "#!/bin/sh\nexec /bin/busybox " + name + " \"$@\"\n"
	}
	for path, from := range map[string]string{
		"bin/busybox": "/bin/busybox", "bin/sh": "/bin/busybox", "usr/bin/tini": "/usr/bin/tini",
		"etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(text)
	}
	image := "prefecthq/prefect:" + standInTag
	pythonImage(t, image, pythons(t)[3], files)
	docker(t, "FROM "+image+"\nRUN rm -rf /site/prefect_azure* /site/adlfs*\n", "build", "--quiet", "--tag", image, "-")
	return image
}

// docker runs a command of docker's, which must end well, and returns what it printed.
func docker(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Stdin = strings.NewReader(stdin)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	return string(text)
}

// TestPythonFlowImage builds the Dockerfile of examples/python_flow_image, on a stand-in for Prefect's image. Pacific's check misses
// two packages in that and nothing in what is built, and a flow runs in it with tini as the first process.
func TestPythonFlowImage(t *testing.T) {
	seconds(t)
	const image = "localhost/pacific-e2e-flows:1"
	base := pythonBase(t)
	docker(t, "", "build", "--network", "host", "--build-arg", "PREFECT="+standInTag, "--tag", image, "../examples/python_flow_image")

	check := func(image string) string {
		file := filepath.Join(t.TempDir(), "image.tar")
		docker(t, "", "save", "--output", file, image)
		text, err := exec.Command(binary(t), "image", "check", file).CombinedOutput()
		if err != nil {
			t.Errorf("checking %s: %v\n%s", image, err, text)
		}
		return string(text)
	}
	if text := check(base); !strings.Contains(text, "warning") || !strings.Contains(text, "adlfs") {
		t.Errorf("without adlfs the check says\n%s", text)
	}
	built := check(image)
	for line := range strings.Lines(built) {
		if !strings.HasPrefix(line, "ok ") {
			t.Errorf("the check says %s", line)
		}
	}
	for _, want := range []string{"tini is the first process", "adlfs 20", "prefect-azure 0."} {
		if !strings.Contains(built, want) {
			t.Errorf("the check does not say %q:\n%s", want, built)
		}
	}

	const flow = `
from pathlib import Path
import adlfs, azure.identity, azure.keyvault.secrets, prefect_azure
from prefect import flow

@flow(log_prints=True)
def first_process():
    print("the first process is", Path("/proc/1/comm").read_text().strip())

first_process()
`
	said := docker(t, flow, "run", "--rm", "--interactive", "--network", "host", "--env", "PREFECT_API_URL="+os.Getenv("PACIFIC_E2E_PREFECT3_API_URL"), image, "python3", "-")
	if !strings.Contains(said, "the first process is tini") || !strings.Contains(said, "Completed()") {
		t.Errorf("the flow says\n%s", said)
	}
}
