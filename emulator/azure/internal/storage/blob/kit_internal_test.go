package blob

import "github.com/pacific-aci/pacific/emulator/azure/internal/arm"

var (
	testAccount   = arm.ResourceID{Subscription: "s", ResourceGroup: "g", Namespace: "Microsoft.Storage", Types: []string{"storageAccounts"}, Names: []string{"acct"}}
	testPrincipal = &arm.Principal{ObjectID: "object"}
)
