package provision

import (
	"context"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/provision"
)

// settingsOf are Pacific's settings of an environment, and of flags.
func settingsOf(t *testing.T, env, flags map[string]string) *config.Config {
	t.Helper()
	from := func(values map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	}
	settings, err := config.Load(config.Sources{Dir: t.TempDir(), LookupEnv: from(env), Flag: from(flags)})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

const (
	idA = "00000000-0000-0000-0000-00000000000a"
	idB = "00000000-0000-0000-0000-00000000000b"
	idC = "00000000-0000-0000-0000-00000000000c"
)

func TestChooseSubscription(t *testing.T) {
	a := azure.Subscription{ID: idA, Name: "alpha", State: "Enabled"}
	b := azure.Subscription{ID: idB, Name: "beta", State: "Enabled"}
	off := azure.Subscription{ID: idC, Name: "gamma", State: "Disabled"}
	for _, test := range []struct {
		name       string
		all        []azure.Subscription
		byDefault  string
		set        string
		want, says string
	}{
		{"the default, not the first", []azure.Subscription{a, b}, idB, "", idB, ""},
		{"the only usable one", []azure.Subscription{off, a}, "", "", idA, ""},
		{"a disabled default does not count", []azure.Subscription{off, a}, idC, "", idA, ""},
		{"several without a default", []azure.Subscription{a, b}, "", "", "", "several subscriptions; choose one of: alpha (" + idA + "), beta"},
		{"none", nil, "", "", "", "this account can see no subscription"},
		{"none that can be used", []azure.Subscription{off}, "", "", "", "this account can see no enabled subscription"},
		{"by name", []azure.Subscription{a, b}, idB, "ALPHA", idA, ""},
		{"by id", []azure.Subscription{a, b}, idB, idA, idA, ""},
		{"unknown", []azure.Subscription{a}, "", "delta", "", `no subscription "delta"`},
		{"a disabled one", []azure.Subscription{a, off}, "", "gamma", "", "subscription gamma (" + idC + ") is disabled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := place{subscriptions: test.all}
			at.first(test.byDefault)
			r := &run{settings: settingsOf(t, map[string]string{"AZURE_SUBSCRIPTION_ID": test.set}, nil)}
			got, err := r.chooseSubscription(t.Context(), at)
			if err != nil {
				hint, _ := err.(interface{ Hint() string })
				if test.says == "" || !strings.Contains(err.Error(), test.says) || hint == nil || hint.Hint() == "" {
					t.Errorf("error %v (hint %v), want %q and a hint", err, hint, test.says)
				}
				return
			}
			if got.ID != test.want {
				t.Errorf("got %q, want %q", got.ID, test.want)
			}
		})
	}
}

func TestChooseLocation(t *testing.T) {
	for _, test := range []struct {
		name               string
		env, flags         map[string]string
		location, fallback string
	}{
		{"the flag", map[string]string{"PACIFIC_LOCATION": "westus2"}, map[string]string{"location": "West Europe"}, "westeurope", ""},
		{"Pacific's setting", map[string]string{"PACIFIC_LOCATION": "West US 2", "AZURE_DEFAULTS_LOCATION": "uksouth"}, nil, "", "westus2"},
		{"az's default", map[string]string{"AZURE_DEFAULTS_LOCATION": "uksouth"}, nil, "", "uksouth"},
		{"nothing", nil, nil, "", "eastus"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lookup := func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }
			r := &run{settings: settingsOf(t, test.env, test.flags), a: cmdutil.NewApp(cmdutil.Env{LookupEnv: lookup})}
			var request provision.Request
			err := r.chooseLocation(t.Context(), &request, nil, func(context.Context) ([]string, error) { return nil, nil })
			if err != nil || request.Location != test.location || request.DefaultLocation != test.fallback {
				t.Errorf("got %q or %q (%v), want %q or %q", request.Location, request.DefaultLocation, err, test.location, test.fallback)
			}
		})
	}
}

func TestSample(t *testing.T) {
	r := &run{pool: cmdutil.PoolToProvision{Name: `my "pool" é`}}
	r.version.Major = 3
	if got := r.sample("x.azurecr.io"); !strings.Contains(got, `work_pool_name="my \"pool\" é"`) || !strings.Contains(got, `name="my-image:latest"`) {
		t.Error(got)
	}
	r.version.Major, r.f.skipLogin = 2, true
	if got := r.sample("x.azurecr.io"); !strings.Contains(got, "from prefect.deployments import DeploymentImage\n") || !strings.Contains(got, `name="x.azurecr.io/my-image:latest"`) {
		t.Error(got)
	}
}
