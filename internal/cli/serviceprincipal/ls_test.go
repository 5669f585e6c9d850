package serviceprincipal_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestLs lists what create made, and nothing else, with its roles.
func TestLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Run("sp", "ls", "--output", "json").Wants(t, 0, "[]\n", "")
		h.Terminal = true
		h.Run("sp", "ls").Wants(t, 0, "", "no service principals that Pacific created")
		h.Terminal = false
		first := create(h, "first", "--secret-lifetime", "90d")
		give(h, first.AppID, "/subscriptions/"+h.Server.Account().SubscriptionID, access.Reader)
		h.Fault(`{"match":{"path":"*/addPassword"},"times":1,"effect":{"status":403,"code":"Authorization_RequestDenied","message":"no"}}`)
		h.Run("sp", "create", "second", "--role", "worker").Wants(t, 1, "", "")
		var all []struct {
			AppID, DisplayName string
			SecretEnd          *time.Time
			Roles              []struct{ Name, Scope string }
		}
		h.JSON(h.Must("service-principal", "ls", "--output", "json"), &all)
		if len(all) != 2 || all[0].AppID != first.AppID || len(all[0].Roles) != 2 || all[0].SecretEnd == nil || all[1].SecretEnd != nil || len(all[1].Roles) != 1 {
			t.Fatalf("got %+v", all)
		}
		if left := time.Until(*all[0].SecretEnd).Round(time.Hour); left != 90*24*time.Hour {
			t.Errorf("the secret is valid for %s", left)
		}
		table := h.Must("service-principal", "ls").Stdout
		for _, want := range []string{"Contributor in " + clitest.Group + ", Reader in the subscription\n", "  none  ", "Pacific job runner (" + clitest.Group} {
			if !strings.Contains(strings.Join(strings.Fields(table), " ")+"\n", strings.TrimSpace(want)) {
				t.Errorf("no %q in\n%s", want, table)
			}
		}
		h.Must("sp", "rm", "first", "--yes")
		h.Must("sp", "rm", "second", "--yes")
		h.Run("sp", "ls", "--output", "json").Wants(t, 0, "[]\n", "")
	})
}
