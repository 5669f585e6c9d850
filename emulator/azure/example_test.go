package azureemulator_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// A Go function stands for every container. The client reaches the emulator through its transport, without a port.
func ExampleNewServer() {
	server, err := azureemulator.NewServer(azureemulator.Options{
		ResourceGroup: azureemulator.DefaultResourceGroup,
		Engine: azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
			fmt.Fprintln(c.Spec.Output, "hello", c.Getenv("NAME"))
			return 3
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	account := server.Account()
	cloud, err := azure.NewCloud(context.Background(), azure.Options{
		Transport: server.Transport(),
		Credential: azure.CredentialOptions{
			Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: azureemulator.DefaultResourceGroup})
	if err != nil {
		log.Fatal(err)
	}

	// The first read of the group is answered 503, as Azure does now and then. The client tries again.
	err = server.AddFaults([]byte(`{"match":{"operation":"ContainerGroups_Get"},"times":1,"effect":{"status":503,"code":"ServerBusy"}}`))
	if err != nil {
		log.Fatal(err)
	}
	result, err := client.Run(context.Background(), aci.Job{Env: map[string]string{"NAME": "world"}, Output: os.Stdout})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Outcome, *result.ExitCode)
	// Output:
	// hello world
	// failed 3
}
