// Command onazure takes Pacific through its whole story on a real Azure account, and compares what it sees there with what
// the local Azure assumes. It is make e2e-azure, and make e2e runs it against the local Azure itself, to prove the command.
//
// All that it makes is in one resource group with a tag, or has that group's name. It is deleted at the end, and after
// Ctrl-C too.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pacific-aci/pacific/aci"
)

// cleanupTime is how long the deletions may take in all: a network takes Azure a few minutes.
const cleanupTime = 30 * time.Minute

// consent is what the command says where nobody has agreed to the costs.
const consent = `make e2e-azure uses a real Azure account. It takes some 20 minutes, and costs less than one US dollar.

It makes, with names of its own that begin with pacific-e2e:
  - a resource group, and in it a network with a NAT gateway, a key vault, an identity, a registry, a storage account,
    and about fifteen container groups that run for seconds or minutes;
  - app registrations, with roles on that group alone, and a custom role;
  - with PREFECT_API_URL, which Azure must be able to reach: a work pool, blocks, a deployment and one flow run.
At the end, and after Ctrl-C, it deletes all of that, the key vault for good.

You need to be Owner of the subscription, and allowed to make app registrations. To agree, set
  AZURE_SUBSCRIPTION_ID=…     the subscription, and be signed in to it: az login, or a service principal
  PACIFIC_E2E_AZURE=1
You may set
  PACIFIC_LOCATION=…          the region (default westeurope)
  PREFECT_API_URL=…           a Prefect API, and PREFECT_API_KEY its key
  PACIFIC_E2E_IMAGE=…         an image with a shell, for the jobs (default ` + aci.DefaultImage + `)
`

func main() {
	settings, err := settingsOf(os.LookupEnv)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\n\n%s", err, consent)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal a second one ends the command at once.
	context.AfterFunc(ctx, stop)
	code, err := run(ctx, settings)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e-azure:", err)
	}
	os.Exit(code)
}

// settings are what the environment says.
type settings struct {
	subscription, location, image string
	// pacific is the program that is taken through the story.
	pacific string
	// prefect is the address of a Prefect API that containers in Azure can reach; empty: the steps with Prefect are left out.
	prefect string
}

func settingsOf(lookup func(string) (string, bool)) (settings, error) {
	get := func(name, unset string) string {
		if value, _ := lookup(name); value != "" {
			return value
		}
		return unset
	}
	s := settings{
		subscription: get("AZURE_SUBSCRIPTION_ID", ""), location: get("PACIFIC_LOCATION", "westeurope"),
		image: get("PACIFIC_E2E_IMAGE", aci.DefaultImage), pacific: get("PACIFIC_E2E_BINARY", "bin/pacific"), prefect: get("PREFECT_API_URL", ""),
	}
	switch {
	case s.subscription == "":
		return s, errors.New("AZURE_SUBSCRIPTION_ID is not set")
	case get("PACIFIC_E2E_AZURE", "") != "1":
		return s, errors.New("PACIFIC_E2E_AZURE is not 1")
	}
	return s, nil
}

// run is the story, the checklist and the deletions. It gives the exit code: 0 if all of the story worked and nothing is
// left; what the checklist refutes is a finding, and no failure.
func run(ctx context.Context, s settings) (int, error) {
	rows, err := assumedRows(evidencePage)
	if err != nil {
		return 1, err
	}
	c, err := newCloud(s)
	if err != nil {
		return 1, err
	}
	fmt.Printf("e2e-azure: subscription %s, resource group %s, region %s\n\n", s.subscription, c.group, c.location)
	story := newStory(c, s)
	failed := story.play(ctx)
	if ctx.Err() == nil {
		fmt.Print("\nWhat the local Azure assumes, and what this Azure does:\n\n")
		report(os.Stdout, rows, c.checklist(ctx))
	}
	if ctx.Err() != nil {
		fmt.Println("\ninterrupted; deleting what was made (a second Ctrl-C leaves it behind)")
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	fmt.Println()
	if err := story.cleanUp(clean); err != nil {
		return 1, fmt.Errorf("%w\nleft behind; delete it with: az group delete --name %s", err, c.group)
	}
	switch {
	case ctx.Err() != nil:
		return 130, errors.New("interrupted; nothing is left behind")
	case failed != nil:
		return 1, failed
	}
	fmt.Println("\ne2e-azure: ok, nothing is left behind")
	return 0, nil
}
