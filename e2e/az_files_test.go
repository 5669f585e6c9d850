//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestAzFiles mounts a file share with az, as Azure's own how-to does, in one container group after another.
func TestAzFiles(t *testing.T) {
	for _, engine := range []string{"process", "docker"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			seconds(t)
			a := startAzure(t, "--engine", engine)
			image := "alpine" // process does not look it up
			if engine == "docker" {
				image = busybox(t)
			}
			azStorage(a)
			inAccount := []string{"--storage-account", "e2eacct", "--resource-group", "e2e"}
			share := func(verb string, args ...string) []string {
				return append(append([]string{"storage", "share-rm", verb}, inAccount...), args...)
			}
			a.az(0, share("create", "--name", "data", "--quota", "5")...)
			var shares []struct {
				Name       string
				ShareQuota int
			}
			if a.azJSON(&shares, share("list")...); len(shares) != 1 || shares[0].Name != "data" || shares[0].ShareQuota != 5 {
				t.Errorf("shares: %+v", shares)
			}
			var keys []struct{ Value string }
			a.azJSON(&keys, "storage", "account", "keys", "list", "--account-name", "e2eacct", "--resource-group", "e2e")
			group := func(name, key, command string, args ...string) []string {
				return append([]string{"container", "create", "-g", "e2e", "-n", name, "--image", image, "--os-type", "Linux", "--cpu", "1", "--memory", "1",
					"--restart-policy", "Never", "--azure-file-volume-account-name", "e2eacct", "--azure-file-volume-share-name", "data",
					"--azure-file-volume-account-key", key, "--azure-file-volume-mount-path", "/mnt/share",
					"--command-line", `sh -c 'p=/mnt; test -d /mnt/share || p=mnt; ` + command + `'`}, args...)
			}
			if out := a.az(0, group("writes", keys[0].Value, "mkdir -p $p/share/deep; echo kept > $p/share/deep/file")...); strings.Contains(out.stdout, keys[0].Value) {
				t.Error("az shows the key of the account")
			}
			azEnds(a, "writes")
			a.az(0, group("reads", keys[1].Value, "cat $p/share/deep/file")...)
			azEnds(a, "reads")
			if got := strings.TrimSpace(a.az(0, "container", "logs", "-g", "e2e", "-n", "reads").stdout); got != "kept" {
				t.Errorf("the share holds %q", got)
			}
			a.az(0, group("wrong", "d3Jvbmc=", "true", "--no-wait")...)
			azEvent(a, "wrong", "FailedMountAzureFileVolume")
			for _, name := range []string{"writes", "reads", "wrong"} {
				a.az(0, "container", "delete", "--yes", "-g", "e2e", "-n", name)
			}
			a.az(0, share("delete", "--yes", "--name", "data")...)
			if a.azJSON(&shares, share("list")...); len(shares) != 0 {
				t.Errorf("shares after the delete: %+v", shares)
			}
		})
	}
}

// azEvent waits for an event of a group.
func azEvent(a *azure, name, want string) {
	a.t.Helper()
	var events []string
	for range 60 {
		a.azJSON(&events, "container", "show", "-g", "e2e", "-n", name, "--query", "instanceView.events[].name")
		if strings.Contains(strings.Join(events, " "), want) {
			return
		}
		time.Sleep(time.Second)
	}
	a.t.Fatalf("events %v of container group %s, want %s", events, name, want)
}
