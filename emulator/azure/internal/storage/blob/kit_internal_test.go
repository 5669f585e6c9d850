package blob

import (
	"net/http"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

var (
	testAccount   = arm.ResourceID{Subscription: "s", ResourceGroup: "g", Namespace: "Microsoft.Storage", Types: []string{"storageAccounts"}, Names: []string{"acct"}}
	testPrincipal = &arm.Principal{ObjectID: "object"}
)

// now is the time as requests have it.
func now() string { return time.Now().UTC().Format(http.TimeFormat) }
