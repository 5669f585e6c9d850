package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/pacific-aci/pacific/azure"
)

// Options are a client's settings. The zero value waits in silence.
type Options struct {
	// Waiting is told each time before the client waits, from the goroutine that waits. Nil: nobody is told.
	Waiting func(azure.Wait)
}

// Client manages principals and their rights in one tenant. Make it with [NewClient]; it is safe for concurrent use and
// owns no goroutine.
type Client struct {
	cloud       *azure.Cloud
	graph       runtime.Pipeline
	definitions *armauthorization.RoleDefinitionsClient
	assignments *armauthorization.RoleAssignmentsClient
	waiting     func(azure.Wait)
}

// NewClient makes a client of the cloud's Microsoft Graph and of its Microsoft.Authorization. It sends nothing. An error
// says that no credential could be made.
func NewClient(cloud *azure.Cloud, o Options) (*Client, error) {
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	definitions, err := armauthorization.NewRoleDefinitionsClient(credential, cloud.ARMOptions())
	if err != nil {
		return nil, fmt.Errorf("making a client for role definitions: %w", err)
	}
	// The subscription is a part of no call that is used: all of them name a scope.
	assignments, err := armauthorization.NewRoleAssignmentsClient("", credential, cloud.ARMOptions())
	if err != nil {
		return nil, fmt.Errorf("making a client for role assignments: %w", err)
	}
	options := cloud.ClientOptions()
	scope := strings.TrimRight(cloud.Endpoints().Graph, "/") + "/.default"
	graph := runtime.NewPipeline("access", "v0.0.0", runtime.PipelineOptions{
		PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(credential, []string{scope}, nil)},
	}, &options)
	return &Client{cloud: cloud, graph: graph, definitions: definitions, assignments: assignments, waiting: o.Waiting}, nil
}

// ignoreNotFound is nil for an error that says that the thing is not there.
func ignoreNotFound(err error) error {
	if azure.Missing(err) {
		return nil
	}
	return err
}

// repeat asks until there is a definite answer; what passing names is none.
func (c *Client) repeat(ctx context.Context, what string, ask func(context.Context) error, passing func(*azure.Error) bool) error {
	return azure.Repeat(ctx, azure.RepeatOptions{For: what, Passing: passing, Waiting: c.waiting}, ask)
}
