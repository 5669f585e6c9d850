// Package doctor has the command that checks what jobs need.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific doctor`.
func NewCommand(a *cmdutil.App, look cmdutil.PoolPlanFunc) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor [POOL]",
		GroupID: cmdutil.GroupSetup,
		Short:   "Check what jobs need on Azure and Prefect, and how to fix what is missing",
		Long: `Doctor checks what Pacific needs, prints a line for each check, and says how to
fix what is missing. It changes nothing, and exits with 1 if a check fails.

Azure: cloud, credentials, subscription, resource group, resource provider and
quota. Prefect: settings and where they come from, server, authentication,
version and clock. Without PREFECT_API_URL the Prefect checks are only a note,
because pacific run does not need Prefect.

With the name of a work pool, doctor also checks each thing that pacific
provision makes for it.`,
		Example: cmdutil.Lines(
			"pacific doctor",
			"pacific doctor --resource-group jobs --output json",
			"pacific doctor my-pool",
		),
		Args:              atMostOnePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runDoctor(a, cmd, args, look) },
	}
	cmdutil.AddSettings(cmd, append(cmdutil.AccountSettings(), "location")...)
	a.AddPrefectFlags(cmd)
	return cmd
}

// How a check ended.
const (
	checkOK      = "ok"
	checkFailed  = "failed"
	checkSkipped = "skipped"
	checkNote    = "note"
)

// finding is one line of doctor.
type finding struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	// Fixes are ways to mend it; one of them is enough.
	Fixes []string `json:"fixes,omitempty"`
}

// checker is what the checks find out for each other.
type checker struct {
	a        *cmdutil.App
	call     *cobra.Command
	settings *config.Config
	// forPool: the name of a work pool is given.
	forPool bool

	cloud        *azure.Cloud
	signedIn     bool
	subscription string
	location     string
}

// step is one check. It needs what the ones before it found; needs says
// what is missing when it cannot be made.
type step struct {
	name  string
	needs func(*checker) string
	make  func(*checker, context.Context) (detail string, err error)
}

// steps are the checks, in their order.
var steps = []step{
	{"cloud", needsNothing, (*checker).checkCloud},
	{"credentials", needsCloud, (*checker).checkCredentials},
	{"subscription", needsCredentials, (*checker).checkSubscription},
	{"resource group", needsGroup, (*checker).checkResourceGroup},
	{"resource provider", needsSubscription, (*checker).checkProvider},
	{"quota", needsLocation, (*checker).checkQuota},
}

func needsNothing(*checker) string { return "" }

func needsCloud(p *checker) string {
	if p.cloud == nil {
		return "the cloud"
	}
	return ""
}

func needsCredentials(p *checker) string {
	if !p.signedIn {
		return "credentials"
	}
	return ""
}

func needsSubscription(p *checker) string {
	if p.subscription == "" {
		return "a subscription"
	}
	return ""
}

// needsGroup: a pool has a resource group of its own, so that the setting may be missing where one is checked.
func needsGroup(p *checker) string {
	if p.forPool && p.settings.Get("resource-group") == "" {
		return "--resource-group, which only jobs of pacific run use"
	}
	return needsSubscription(p)
}

func needsLocation(p *checker) string {
	if p.location == "" {
		return "a resource group or a location"
	}
	return needsSubscription(p)
}

func runDoctor(a *cmdutil.App, cmd *cobra.Command, pools []string, look cmdutil.PoolPlanFunc) error {
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	p := &checker{a: a, call: cmd, settings: settings, forPool: len(pools) > 0, location: settings.Get("location")}
	var checks []finding
	for _, e := range steps {
		checks = append(checks, p.examine(cmd.Context(), e))
		if err := cmd.Context().Err(); err != nil {
			return err
		}
	}
	checks = append(checks, checkPrefect(a, cmd)...)
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	for _, pool := range pools {
		checks = append(checks, checkPool(a, cmd, pool, look)...)
	}
	checks = append(checks, finding{Name: "local engine", Status: checkNote,
		Detail: "process: run --local starts ordinary processes of this machine; cpu and memory are not enforced, and nothing is isolated"})
	failed := slices.ContainsFunc(checks, func(c finding) bool { return c.Status == checkFailed })
	if settings.Get("output") == "json" {
		if err := a.Out.JSON(map[string]any{"ok": !failed, "checks": checks}); err != nil {
			return err
		}
	} else {
		sayFindings(a, checks)
	}
	if failed {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}

func (p *checker) examine(ctx context.Context, e step) finding {
	if missing := e.needs(p); missing != "" {
		return finding{e.name, checkSkipped, "needs " + missing, nil}
	}
	shown := p.a.Show(cmdutil.WaitFor("checking the " + e.name))
	detail, err := e.make(p, ctx)
	shown()
	if err == nil {
		return finding{e.name, checkOK, detail, nil}
	}
	return failedFinding(e.name, err, p.call)
}

func sayFindings(a *cmdutil.App, checks []finding) {
	for _, c := range checks {
		// Padded before it is painted: escape sequences have no width.
		mark := a.Out.Mark(c.Status != checkFailed, fmt.Sprintf("%-7s", c.Status))
		a.Out.Hanging(mark+"  ", len("skipped  "), c.Name+": "+c.Detail)
		for _, fix := range c.Fixes {
			a.Out.Line("         fix: %s", console.Flat(fix))
		}
	}
}

func (p *checker) checkCloud(ctx context.Context) (string, error) {
	cloud, err := p.a.Cloud(ctx, p.settings)
	if err != nil {
		return "", err
	}
	p.cloud = cloud
	return fmt.Sprintf("%s, %s", cloud.Name(), cloud.Endpoints().ResourceManager), nil
}

func (p *checker) checkCredentials(ctx context.Context) (string, error) {
	cred, err := p.cloud.Credential()
	if err != nil {
		return "", err
	}
	scope := p.cloud.Endpoints().Audience + "/.default"
	token, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		return "", err
	}
	p.signedIn = true
	return fmt.Sprintf("signed in (%s), the token is valid until %s", p.settings.Get("credential"), token.ExpiresOn.UTC().Format("15:04 MST")), nil
}

func (p *checker) checkSubscription(ctx context.Context) (string, error) {
	id, err := p.a.Subscription(ctx, p.cloud, p.settings)
	if err != nil {
		return "", err
	}
	sub, err := p.cloud.Subscription(ctx, id)
	if err != nil {
		if _, ok := errors.AsType[*azure.SubscriptionError](err); ok {
			return "", cmdutil.WithHint(err, "give --subscription, or sign in with an account that can see "+id)
		}
		return "", err
	}
	p.subscription = sub.ID
	if sub.State == "Disabled" || sub.State == "Deleted" {
		return "", cmdutil.WithHint(fmt.Errorf("%s (%s) is %s", sub.Name, sub.ID, sub.State), "enable it in the portal, or choose another with --subscription")
	}
	return fmt.Sprintf("%s (%s), %s", sub.Name, sub.ID, sub.State), nil
}

func (p *checker) checkResourceGroup(ctx context.Context) (string, error) {
	name := p.settings.Get("resource-group")
	if name == "" {
		return "", cmdutil.NoResourceGroup()
	}
	group, err := p.cloud.ResourceGroup(ctx, p.subscription, name)
	if err != nil {
		if e := azure.Explain(err); e != nil && e.NotFound() {
			return "", cmdutil.WithHint(fmt.Errorf("there is no resource group %s", name), "{}, or correct --resource-group", cmdutil.CreateGroup(name, "REGION"))
		}
		return "", err
	}
	if p.location == "" {
		p.location = group.Location
	}
	if group.ProvisioningState == "Deleting" {
		return "", cmdutil.WithHint(fmt.Errorf("%s is being deleted", name), "choose another with --resource-group")
	}
	return fmt.Sprintf("%s in %s", group.Name, group.Location), nil
}

// containerProvider is the resource provider of Azure Container Instances.
const containerProvider = "Microsoft.ContainerInstance"

func (p *checker) checkProvider(ctx context.Context) (string, error) {
	provider, err := p.cloud.Provider(ctx, p.subscription, containerProvider)
	if err != nil {
		return "", err
	}
	if !provider.Registered() {
		return "", cmdutil.WithHint(fmt.Errorf("%s is %s", containerProvider, provider.RegistrationState),
			fmt.Sprintf("az provider register --namespace %s --subscription %s, then wait a minute", containerProvider, p.subscription))
	}
	return containerProvider + " is registered", nil
}

func (p *checker) checkQuota(ctx context.Context) (string, error) {
	client, err := aci.NewClient(aci.Config{Cloud: p.cloud, Subscription: p.subscription, ResourceGroup: p.settings.Get("resource-group"), Location: p.location})
	if err != nil {
		return "", err
	}
	usages, err := client.Usage(ctx, p.location)
	if err != nil {
		return "", err
	}
	var parts, full []string
	for _, u := range usages {
		if u.Limit == 0 {
			continue // a kind of container that this subscription may not use at all
		}
		text := fmt.Sprintf("%s %d of %d", u.Name, u.Used, u.Limit)
		parts = append(parts, text)
		if u.Used >= u.Limit {
			full = append(full, text)
		}
	}
	if len(full) > 0 {
		return "", cmdutil.WithHint(fmt.Errorf("used up in %s: %s", p.location, strings.Join(full, ", ")),
			"{} shows what was left behind; use another --location, or ask Azure's support for more", cmdutil.ListLeftovers())
	}
	return fmt.Sprintf("%s: %s", p.location, strings.Join(parts, ", ")), nil
}
