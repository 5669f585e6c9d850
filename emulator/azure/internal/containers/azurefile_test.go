package containers_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// account makes a storage account and gives its path and a key.
func (w *world) account() (path, key string) {
	w.t.Helper()
	const version = "?api-version=2023-05-01"
	path = strings.Replace(w.groupPath("files"), "Microsoft.ContainerInstance/containerGroups", "Microsoft.Storage/storageAccounts", 1)
	w.call("PUT", path+version, `{"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}}`, 202)
	synctest.Wait()
	keys := w.call("POST", path+"/listKeys"+version, "", 200)["keys"].([]any)
	return path, keys[0].(map[string]any)["value"].(string)
}

func (w *world) share(account, name string) {
	w.t.Helper()
	w.call("PUT", account+"/fileServices/default/shares/"+name+"?api-version=2023-05-01", "{}", 201)
}

// mounts gives a job's container a share at /mnt/share.
func mounts(share, key string, readOnly bool) func(*aci.ContainerGroup) {
	return func(g *aci.ContainerGroup) {
		g.Properties.Volumes = []*aci.Volume{{Name: new("azurefile"), AzureFile: &aci.AzureFileVolume{
			ShareName: &share, StorageAccountName: new("files"), StorageAccountKey: &key, ReadOnly: &readOnly,
		}}}
		g.Properties.Containers[0].Properties.VolumeMounts = []*aci.VolumeMount{{Name: new("azurefile"), MountPath: new("/mnt/share")}}
	}
}

// writing is an engine whose containers add a line to the file "log" of the share that they mount, and print it.
func writing() engine.Engine {
	return engine.NewFunc(func(_ context.Context, c engine.Call) int {
		share := c.Group.Volumes[0].Share
		file, err := os.OpenFile(filepath.Join(share, "log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
		if err != nil {
			return 1
		}
		defer file.Close()
		if !c.Spec.Mounts[0].ReadOnly {
			_, _ = io.WriteString(file, c.Group.Name+"\n")
		}
		text, _ := os.ReadFile(file.Name())
		_, _ = c.Spec.Output.Write(text)
		return 0
	})
}

func TestAzureFiles(t *testing.T) {
	inWorld(t, writing(), "{}", func(t *testing.T, w *world) {
		account, key := w.account()
		w.share(account, "data")
		for _, name := range []string{"first", "second"} {
			got := w.mustCreate(name, job("main", mounts("data", key, false)))
			if file := got.Properties.Volumes[0].AzureFile; *file.ShareName != "data" || *file.StorageAccountName != "files" || file.StorageAccountKey != nil {
				t.Errorf("shown: %+v", file)
			}
		}
		w.mustCreate("reader", job("main", mounts("data", key, true)))
		synctest.Wait()
		w.wantState("reader", "Succeeded/Succeeded main=Terminated(0)")
		logs, err := w.containers.ListLogs(t.Context(), "rg", "reader", "main", nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := "first\nsecond\n"; *logs.Content != want {
			t.Errorf("the share has %q, want %q", *logs.Content, want)
		}
	})
}

// A share that cannot be mounted fails nothing: the group waits, says so again and again, and starts once it can.
func TestAzureFilesNotMounted(t *testing.T) {
	inWorld(t, writing(), "{}", func(t *testing.T, w *world) {
		account, key := w.account()
		for name, g := range map[string]aci.ContainerGroup{
			"late": job("main", mounts("late", key, false)), "wrong": job("main", mounts("late", "c2VjcmV0", false)),
		} {
			if _, err := w.groups.BeginCreateOrUpdate(t.Context(), "rg", name, g, nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		w.wantState("late", "Creating/Pending main=Waiting")
		for name, why := range map[string]string{"late": "the storage account files has no share late.", "wrong": "the key is none of the storage account files."} {
			events := w.get(name).Properties.InstanceView.Events
			if len(events) != 1 || *events[0].Name != "FailedMountAzureFileVolume" || *events[0].Count != 3 || *events[0].Type != "Warning" ||
				!strings.HasPrefix(*events[0].Message, "Failed to mount Azure File Volume. ") || !strings.HasSuffix(*events[0].Message, why) {
				t.Errorf("%s: %+v", name, events)
			}
		}
		w.share(account, "late")
		time.Sleep(2 * time.Minute)
		w.wantState("late", "Succeeded/Succeeded main=Terminated(0)")
		time.Sleep(30 * time.Minute)
		w.wantState("wrong", "Failed/Pending main=Waiting")
		if _, err := w.groups.BeginDelete(t.Context(), "rg", "wrong", nil); err != nil {
			t.Error(err)
		}
	})
}
