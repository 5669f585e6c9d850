package prefect_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// A block is kept under a name. Its secrets come back in clear to whoever loads it, and as asterisks to whoever prints it.
func ExampleClient_SaveBlock() {
	ctx := context.Background()
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer api.Close()
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
	if err != nil {
		log.Fatal(err)
	}

	credentials := prefect.AzureContainerInstanceCredentials{TenantID: "tenant", ClientID: "client", ClientSecret: "hunter2"}
	if _, err := client.SaveBlock(ctx, "aci-sp", &credentials, prefect.SaveBlockOptions{}); err != nil {
		log.Fatal(err)
	}
	var loaded prefect.AzureContainerInstanceCredentials
	if _, err := client.LoadBlock(ctx, "aci-sp", &loaded); err != nil {
		log.Fatal(err)
	}
	fmt.Println(loaded.ClientID, loaded.ClientSecret, string(loaded.ClientSecret) == "hunter2")
	// Output:
	// client ******** true
}
