//go:build !windows

package aci_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// run runs a job on an Azure in this process, whose containers are child processes, and prints its warnings.
func run(job aci.Job) *aci.Result {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, end, err := localAzure(ctx)
	if err != nil {
		fmt.Println(err)
		return new(aci.Result)
	}
	defer end()
	job.Events = func(e aci.Event) {
		if e.Kind == aci.EventWarning {
			fmt.Println("warning:", e.Warning)
		}
	}
	result, err := client.Run(ctx, job)
	if result == nil {
		fmt.Println(err)
		return new(aci.Result)
	}
	return result
}

// localAzure starts an Azure in this process, makes a resource group and gives a client for it.
func localAzure(ctx context.Context) (client *aci.Client, end func(), err error) {
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Process(azureemulator.ProcessOptions{LookupEnv: os.LookupEnv})})
	if err != nil {
		return nil, nil, err
	}
	account := server.Account()
	cloud, err := azure.NewCloud(ctx, azure.Options{Transport: server.Transport(), Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret}})
	if err != nil {
		return nil, nil, err
	}
	end = func() {
		cloud.CloseIdleConnections()
		if err := server.Close(); err != nil {
			fmt.Println(err)
		}
	}
	credential, err := cloud.Credential()
	if err != nil {
		return nil, nil, err
	}
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		return nil, nil, err
	}
	if _, err := groups.CreateOrUpdate(ctx, "jobs", armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		return nil, nil, err
	}
	client, err = aci.NewClient(aci.Config{
		Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: "jobs", FirstPoll: 10 * time.Millisecond})
	return client, end, err
}

// environment gives the variables of a preview, one a line.
func environment(preview []byte) string {
	var group struct {
		Properties struct {
			Containers []struct {
				Properties struct {
					EnvironmentVariables []json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal(preview, &group); err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, v := range group.Properties.Containers[0].Properties.EnvironmentVariables {
		var fields map[string]string
		if err := json.Unmarshal(v, &fields); err != nil {
			return err.Error()
		}
		line, err := json.Marshal(fields)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.String()
}
