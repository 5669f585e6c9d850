package azure_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// A Cloud is made once and shared. Here it is an emulator in the same process; without Transport and Credential it is the
// public Azure, with whatever way to sign in the environment has.
func ExampleNewCloud() {
	emulator, err := azureemulator.NewServer(azureemulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer emulator.Close()
	account := emulator.Account()

	cloud, err := azure.NewCloud(context.Background(), azure.Options{
		Transport: emulator.Transport(),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	subscription, err := cloud.Subscription(context.Background(), "") // the only one
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(subscription.ID, subscription.Usable())

	// Whatever fails, Explain says what kind of failure it is.
	_, err = cloud.ResourceGroup(context.Background(), subscription.ID, "jobs")
	e := azure.Explain(err)
	fmt.Println(e.Class, e.Code)
	fmt.Println(e.Hint())
	// Output:
	// 7ac1f1c0-5b3d-4e62-8f2a-1c4d7e9b0a02 true
	// not found ResourceGroupNotFound
	// check the subscription and the name of the resource group
}
