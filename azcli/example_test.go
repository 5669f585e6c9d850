package azcli_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pacific-aci/pacific/azcli"
)

// Create a resource group, or find it there.
func ExampleRunner_Run() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	az := azcli.Runner{Reporter: func(m azcli.Message) { fmt.Println(m) }}
	made, err := az.Run(ctx, []string{"group", "create", "--name", "jobs", "--location", "westeurope"}, azcli.Options{
		Success: "Resource group 'jobs' created", Failure: "Failed to create resource group 'jobs'", IgnoreExists: true, JSON: true,
	})
	if hint, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		fmt.Println("hint:", hint.Hint())
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	var group struct{ ID string }
	if made.Status == azcli.Created && made.Decode(&group) == nil {
		fmt.Println(group.ID)
	}
}

// A query with quotes and spaces, as one would type it.
func ExampleRunner_RunString() {
	var az azcli.Runner
	found, err := az.RunString(context.Background(), `az acr list --query "[?starts_with(name, 'jobs')]" --output json`, azcli.Options{JSON: true})
	if failed, ok := errors.AsType[*azcli.CommandError](err); ok && failed.Code == "AuthorizationFailed" {
		fmt.Println("this account may not list registries")
	}
	var registries []struct{ LoginServer string }
	if err == nil && found.Decode(&registries) == nil {
		fmt.Println(len(registries), "registries")
	}
}

// A secret goes to standard input, where nobody can read it among a program's arguments.
func ExampleOptions() {
	az := azcli.Runner{Secrets: []string{os.Getenv("AZURE_CLIENT_SECRET")}}
	_, err := az.Run(context.Background(), []string{"login", "--service-principal", "--username", os.Getenv("AZURE_CLIENT_ID"),
		"--tenant", os.Getenv("AZURE_TENANT_ID"), "--password", "@-"}, azcli.Options{Stdin: os.Getenv("AZURE_CLIENT_SECRET")})
	fmt.Println(err)
}
