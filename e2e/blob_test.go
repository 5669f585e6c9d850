//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// azStorage makes a storage account with az, and gives its connection string.
func azStorage(a *azure) string {
	a.t.Helper()
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	a.az(0, "storage", "account", "create", "--name", "e2eacct", "--resource-group", "e2e", "--location", "westeurope", "--sku", "Standard_LRS")
	return strings.TrimSpace(a.az(0, "storage", "account", "show-connection-string", "--name", "e2eacct", "--resource-group", "e2e", "--output", "tsv").stdout)
}

// azuriteDiffers are the answers in which Azurite is not as Azure's documentation has it, by their step.
var azuriteDiffers = map[string]string{
	// learn.microsoft.com/rest/api/storageservices/put-blob: Md5Mismatch.
	"a wrong MD5": "['400 InvalidOperation'] 'HttpResponseError'",
	// learn.microsoft.com/rest/api/storageservices/blob-service-error-codes: UnauthorizedBlobOverwrite.
	"signed to create, replaces": "['403 AuthorizationPermissionMismatch'] 'HttpResponseError'",
	// learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes: AuthenticationFailed.
	"signed for later":        "['403 AuthorizationFailure'] 'HttpResponseError'",
	"signed with another key": "['403 AuthorizationFailure'] 'HttpResponseError'",
}

// TestBlobServicesAgree holds the same conversation of Azure's SDK for Python with Azurite, Microsoft's own local storage,
// and with the local Azure: both answer alike but where Azurite is known to be wrong.
func TestBlobServicesAgree(t *testing.T) {
	seconds(t)
	azurite, python := os.Getenv("PACIFIC_E2E_STORAGE_CONNECTION_STRING"), os.Getenv("PACIFIC_E2E_PREFECT3_PYTHON")
	if azurite == "" || python == "" {
		t.Fatal("PACIFIC_E2E_STORAGE_CONNECTION_STRING and PACIFIC_E2E_PREFECT3_PYTHON are not set: run e2e/run")
	}
	want, err := exec.CommandContext(t.Context(), python, "testdata/blobs/answers.py", azurite).CombinedOutput()
	if err != nil {
		t.Fatalf("Azurite: %v\n%s", err, want)
	}
	a := startAzure(t, "--engine", "simulate")
	got := a.run(python, "testdata/blobs/answers.py", azStorage(a))
	if got.code != 0 {
		t.Fatalf("the local Azure: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	theirs, ours := answerLines(string(want)), answerLines(got.stdout)
	if len(theirs) < 70 {
		t.Errorf("only %d answers: %s", len(theirs), want)
	}
	for step, known := range azuriteDiffers {
		if theirs[step] != known || ours[step] == known {
			t.Errorf("%s: Azurite answers %s, the local Azure %s: this is no known difference", step, theirs[step], ours[step])
		}
		delete(theirs, step)
		delete(ours, step)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("(-Azurite +the local Azure):\n%s", diff)
	}
}

// answerLines are the answers by their step.
func answerLines(text string) map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		step, answer, _ := strings.Cut(strings.TrimSpace(line), ": ")
		lines[step] = answer
	}
	return lines
}

// TestAdlfs works with files as Prefect's file system for Azure does.
func TestAdlfs(t *testing.T) {
	seconds(t)
	python := os.Getenv("PACIFIC_E2E_PREFECT2_PYTHON")
	if python == "" {
		t.Fatal("PACIFIC_E2E_PREFECT2_PYTHON is not set: run e2e/run, which installs adlfs beside Prefect 2")
	}
	a := startAzure(t, "--engine", "simulate")
	out := a.run(python, "testdata/blobs/files.py", azStorage(a), "testdata/blobs")
	want := `b'text text text ' 15 False True
3145728 10
['files/a/b.txt', 'files/a/c.txt', 'files/large']
['answers.py', 'blocks.py', 'files.py']
['files/large'] ['files/large']
`
	if diff := cmp.Diff(want, out.stdout); out.code != 0 || diff != "" {
		t.Errorf("exit code %d, %s\n%s", out.code, out.stderr, diff)
	}
}

// TestPrefectStorage keeps a flow's files with Prefect's own blocks: Azure of 2.20, and AzureBlobStorageContainer of 3.x. What
// they find is the same in Azurite and in the local Azure.
func TestPrefectStorage(t *testing.T) {
	for _, version := range []string{"2", "3"} {
		t.Run("prefect "+version, func(t *testing.T) {
			t.Parallel()
			seconds(t)
			azurite, python := os.Getenv("PACIFIC_E2E_STORAGE_CONNECTION_STRING"), os.Getenv("PACIFIC_E2E_PREFECT"+version+"_PYTHON")
			if azurite == "" || python == "" {
				t.Fatal("PACIFIC_E2E_STORAGE_CONNECTION_STRING and PACIFIC_E2E_PREFECT" + version + "_PYTHON are not set: run e2e/run")
			}
			name := "blocks-" + version + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
			theirs := exec.CommandContext(t.Context(), python, "-W", "ignore", "testdata/blobs/blocks.py", azurite, name)
			theirs.Env = append(os.Environ(), "PREFECT_HOME="+t.TempDir())
			theirs.Stderr = os.Stderr
			want, err := theirs.Output()
			if err != nil || !strings.Contains(string(want), "written again") || !strings.Contains(string(want), "code/tasks/sub.py") {
				t.Fatalf("Azurite: %v\n%s", err, want)
			}
			a := startAzure(t, "--engine", "simulate")
			a.env = append(a.env, "PREFECT_HOME="+t.TempDir())
			got := a.run(python, "-W", "ignore", "testdata/blobs/blocks.py", azStorage(a), name)
			if diff := cmp.Diff(string(want), got.stdout); got.code != 0 || diff != "" {
				t.Errorf("exit code %d, %s\n(-Azurite +the local Azure):\n%s", got.code, got.stderr, diff)
			}
		})
	}
}

// TestAzStorage drives az through containers and blobs, with an account key, a signature and the caller's roles.
func TestAzStorage(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	connection := []string{"--connection-string", azStorage(a), "--container-name", "one"}
	blob := func(verb string, args ...string) []string {
		return append(append([]string{"storage", "blob", verb}, connection...), args...)
	}
	a.az(0, "storage", "container", "create", "--connection-string", connection[1], "--name", "one")
	a.az(0, blob("upload", "--file", "testdata/blobs/files.py", "--name", "dir/files.py")...)
	if out := a.az(1, blob("upload", "--file", "testdata/blobs/files.py", "--name", "dir/files.py")...); !strings.Contains(out.stderr, "already exists") {
		t.Errorf("a second upload: %s", out.stderr)
	}
	var listed []struct{ Name string }
	if a.azJSON(&listed, blob("list")...); len(listed) != 1 || listed[0].Name != "dir/files.py" {
		t.Errorf("%+v", listed)
	}
	down := t.TempDir() + "/down.py"
	a.az(0, blob("download", "--name", "dir/files.py", "--file", down)...)
	want, _ := os.ReadFile("testdata/blobs/files.py")
	if got, err := os.ReadFile(down); err != nil || string(got) != string(want) {
		t.Errorf("%v: what was downloaded is not what was uploaded", err)
	}
	const account = "e2eacct"
	byRole := []string{"storage", "blob", "list", "--account-name", account, "--container-name", "one", "--auth-mode", "login"}
	a.az(1, byRole...) // the owner of the subscription has no right to blobs
	var id string
	a.azJSON(&id, "storage", "account", "show", "--name", account, "--resource-group", "e2e", "--query", "id")
	a.az(0, "role", "assignment", "create", "--role", "Storage Blob Data Reader", "--assignee", a.values["AZURE_CLIENT_ID"], "--scope", id+"/blobServices/default/containers/one")
	if a.azJSON(&listed, byRole...); len(listed) != 1 {
		t.Errorf("by role: %+v", listed)
	}
	var containers []struct{ Name string }
	a.az(0, "storage", "container-rm", "create", "--name", "two", "--storage-account", account, "--resource-group", "e2e")
	if a.azJSON(&containers, "storage", "container-rm", "list", "--storage-account", account, "--resource-group", "e2e"); len(containers) != 2 || containers[1].Name != "two" {
		t.Errorf("%+v", containers)
	}
}
