package deploy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/deploy"
)

func TestReadTree(t *testing.T) {
	outside := folder(t, map[string]string{"secret": "hunter2"})
	dir := folder(t, map[string]string{"flow.py": flowSource, "lib/x.py": "x", ".env": "KEY=1", ".git/config": "x", "lib/__pycache__/x.pyc": "x", "real/a.txt": "a"})
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("flow.py", "same.py")
	link("real", "also")
	tree, err := deploy.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range tree.Files {
		paths = append(paths, f.Path)
	}
	if diff := cmp.Diff([]string{"flow.py", "lib/x.py", "real/a.txt", "same.py"}, paths); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]deploy.Skipped{{Path: "also", Reason: "a link to a folder"}}, tree.Skipped); diff != "" || tree.Size() != int64(2*len(flowSource)+2) {
		t.Errorf("%d bytes, %s", tree.Size(), diff)
	}
	for name, to := range map[string]string{"out": filepath.Join(outside, "secret"), "folder": outside, "up": "../" + filepath.Base(outside) + "/secret", "none": "nothing"} {
		link(to, name)
		_, err := deploy.ReadTree(dir)
		refused, ok := errors.AsType[*deploy.FileError](err)
		if !ok || refused.Path != name || !strings.Contains(refused.Hint(), ".prefectignore") {
			t.Errorf("%s to %s: %v", name, to, err)
		}
		if err := os.WriteFile(filepath.Join(dir, ".prefectignore"), []byte(name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := deploy.ReadTree(dir); err != nil {
			t.Errorf("%s, left out: %v", name, err)
		}
		_ = os.Remove(filepath.Join(dir, name))
		_ = os.Remove(filepath.Join(dir, ".prefectignore"))
	}
	large, err := os.Create(filepath.Join(dir, "large.bin"))
	if err == nil {
		err = errors.Join(large.Truncate(1<<30), large.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.ReadTree(dir); err == nil || !strings.Contains(err.Error(), "large.bin has 1024 MB; the limit is 256 MB") {
		t.Errorf("got %v", err)
	}
}

func TestReadFlow(t *testing.T) {
	dir := folder(t, map[string]string{"flows/etl.py": flowSource})
	flow, err := deploy.ReadFlow(dir, filepath.Join(dir, "flows", "etl.py")+":key_vault_demo")
	if err != nil || flow.Entrypoint != "flows/etl.py:key_vault_demo" || flow.Name != "Key Vault Demo" || len(flow.Version) != 32 {
		t.Errorf("got %+v, %v", flow, err)
	}
	t.Chdir(dir)
	if flow, err := deploy.ReadFlow(".", filepath.Join(dir, "flows", "etl.py")+":key_vault_demo"); err != nil || flow.Entrypoint != "flows/etl.py:key_vault_demo" {
		t.Errorf("below the working directory: got %+v, %v", flow, err)
	}
	for _, entrypoint := range []string{"flows/none.py:f", "flows/etl.py:none", "../etl.py:f", "flows/etl.py", "/etc/passwd.py:f"} {
		_, err := deploy.ReadFlow(dir, entrypoint)
		if _, ok := errors.AsType[*deploy.EntrypointError](err); !ok {
			t.Errorf("%s: %v", entrypoint, err)
		}
	}
}

// What the ignore file keeps back is not sent, whatever wrote the file.
func TestIgnoreFileEncodings(t *testing.T) {
	dir := folder(t, map[string]string{"flow.py": flowSource, "secret.txt": "hunter2", ".prefectignore": "\ufeffsecret.txt\n.prefectignore\n"})
	tree, err := deploy.ReadTree(dir)
	if err != nil || len(tree.Files) != 1 || tree.Files[0].Path != "flow.py" {
		t.Errorf("with a mark: %+v, %v", tree, err)
	}
	for name, text := range map[string]string{
		"UTF-16 with a mark": "\xff\xfes\x00", "UTF-16": "s\x00e\x00c\x00", "Latin-1": "caf\xe9\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, ".prefectignore"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := deploy.ReadTree(dir); err == nil || !strings.Contains(err.Error(), ".prefectignore is not text in UTF-8") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
