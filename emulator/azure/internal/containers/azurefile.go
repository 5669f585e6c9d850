package containers

import (
	"fmt"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// mountMost is the longest wait between two tries to mount a share. A group of Azure's was seen to try every two minutes or
// so (MicrosoftDocs/azure-docs#70920).
const mountMost = 2 * time.Minute

func (c *checker) azureFile(v volumeBody) error {
	f := v.AzureFile
	if f.StorageAccountKeyReference != "" {
		return c.notYet("a reference to the account key of the Azure Files volume '" + v.Name + "'")
	}
	for _, field := range []struct{ name, value string }{
		{"shareName", f.ShareName}, {"storageAccountName", f.StorageAccountName}, {"storageAccountKey", f.StorageAccountKey},
	} {
		if field.value == "" {
			return c.bad("InvalidAzureFileVolume", "The Azure Files volume '%s' in container group '%s' is invalid: the '%s' is required.", v.Name, c.group, field.name)
		}
	}
	return nil
}

// mountShares names the folders of the group's Azure Files volumes in volumes. As in Azure, a share that cannot be mounted
// fails nothing: the containers wait, an event of the group says so, and it is tried again until the incarnation ends, whose
// error it then returns.
func (g *group) mountShares(inc *incarnation, volumes []engine.Volume) error {
	for i, v := range g.definition().Properties.Volumes {
		if v.AzureFile == nil {
			continue
		}
		key := arm.ShareKey{Account: v.AzureFile.StorageAccountName, Share: v.AzureFile.ShareName, Key: v.AzureFile.StorageAccountKey}
		for wait := backOffFirst; ; wait = min(2*wait, mountMost) {
			var err error
			if volumes[i].Share, err = g.svc.core.OpenShare(key); err == nil {
				break
			}
			g.mu.Lock()
			// The first sentence is all that Azure says.
			g.events.add(time.Now(), eventMount, fmt.Sprintf("Failed to mount Azure File Volume. The volume %s: %s.", v.Name, err), typeWarning)
			g.mu.Unlock()
			if err := faults.Sleep(inc.ctx, wait); err != nil {
				return err
			}
		}
	}
	return nil
}

// readOnly reports whether a volume of the group may not be written to, whatever its mounts say.
func (g *group) readOnly(volume string) bool {
	return slices.ContainsFunc(g.definition().Properties.Volumes, func(v volumeBody) bool {
		return v.Name == volume && v.AzureFile != nil && v.AzureFile.ReadOnly
	})
}
