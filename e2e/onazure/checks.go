package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// check looks at one assumed row from outside. What it makes is in the run's resource group.
type check struct {
	// row is how the row's behaviour begins.
	row string
	see func(*cloud, context.Context) (finding, error)
}

var checks = slices.Concat(requestChecks, dataChecks, directoryChecks, containerChecks)

// atOnce is how many checks run at a time. Most wait for containers.
const atOnce = 6

// checklist does all checks. One that could not see anything is unknown, with the reason.
func (c *cloud) checklist(ctx context.Context) map[string]finding {
	found := map[string]finding{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, one := range checks {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			f, err := one.see(c, ctx)
			if err != nil {
				f = finding{unknown, err.Error()}
			}
			mu.Lock()
			defer mu.Unlock()
			found[one.row] = f
		})
	}
	wg.Wait()
	return found
}

// request is what a check sends, and the answer that the row speaks of. A code is left out where the row has none.
type request struct {
	what         string
	method, path string
	body         any
	status       int
	code         string
}

// answers sends requests, and confirms a row whose answers are all as it has them.
func (c *cloud) answers(ctx context.Context, requests ...request) (finding, error) {
	var saw []string
	v := confirmed
	for _, r := range requests {
		got, err := c.do(ctx, r.method, r.path, r.body)
		if err != nil {
			return finding{}, err
		}
		saw = append(saw, fmt.Sprintf("%s: %s", r.what, got))
		if got.status != r.status || r.code != "" && got.code != r.code {
			v = refuted
			saw[len(saw)-1] += fmt.Sprintf(" (assumed %d %s)", r.status, r.code)
		}
	}
	return finding{v, strings.Join(saw, "; ")}, nil
}

// requestChecks are those that one refused request of Azure Resource Manager shows.
var requestChecks = []check{
	{"A name in a path that holds an encoded slash", func(c *cloud, ctx context.Context) (finding, error) {
		return c.answers(ctx, request{"a%2Fb", http.MethodGet, c.containerGroup("a%2Fb") + containersVersion, nil, 400, "InvalidResourceName"})
	}},
	{"A poll address of an operation that never existed", func(c *cloud, ctx context.Context) (finding, error) {
		path := "/providers/Microsoft.ContainerInstance/locations/" + c.location + "/operations/" + uuid.NewString() + containersVersion
		return c.answers(ctx, request{"a made-up operation", http.MethodGet, c.inSubscription(path), nil, 404, "OperationNotFound"})
	}},
	{"Names within a group are used once", func(c *cloud, ctx context.Context) (finding, error) {
		twice := c.definition("Never", "true")
		properties := twice["properties"].(map[string]any)
		properties["containers"] = append(properties["containers"].([]any), properties["containers"].([]any)...)
		return c.answers(ctx, request{"two containers of a name", http.MethodPut, c.containerGroup("twice") + containersVersion, twice, 400, "DuplicateContainerName"})
	}},
	{"A deployment without a template, or with a location", func(c *cloud, ctx context.Context) (finding, error) {
		address := c.inGroup("/providers/Microsoft.Resources/deployments/none?api-version=2021-04-01")
		empty := map[string]any{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []any{}}
		properties := map[string]any{"mode": "Incremental", "template": empty}
		return c.answers(ctx,
			request{"no template", http.MethodPut, address, map[string]any{"properties": map[string]any{"mode": "Incremental"}}, 400, "InvalidDeployment"},
			request{"a location", http.MethodPut, address, map[string]any{"location": c.location, "properties": properties}, 400, "InvalidDeployment"})
	}},
	{"A child that is not there is a 404 NotFound", func(c *cloud, ctx context.Context) (finding, error) {
		networks := "/providers/Microsoft.Network/virtualNetworks/"
		return c.answers(ctx,
			request{"a subnet that is not there", http.MethodGet, c.inGroup(networks + "prefect-network/subnets/none?api-version=2023-09-01"), nil, 404, "NotFound"},
			request{"its network neither", http.MethodGet, c.inGroup(networks + "none/subnets/none?api-version=2023-09-01"), nil, 404, "ResourceNotFound"})
	}},
	{"Recovering what is not deleted is a 404", func(c *cloud, ctx context.Context) (finding, error) {
		recover := map[string]any{"location": c.location, "properties": map[string]any{
			"tenantId": c.tenant, "createMode": "recover", "sku": map[string]string{"family": "A", "name": "standard"},
		}}
		address := c.inGroup("/providers/Microsoft.KeyVault/vaults/pacific-none-" + c.suffix + "?api-version=2023-07-01")
		return c.answers(ctx, request{"a vault that never was", http.MethodPut, address, recover, 404, "VaultNotFound"})
	}},
}
