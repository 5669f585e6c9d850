package azureemulator_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/internal/apispec"
)

// Every operation of the core, in every api-version that clients are known to send, against Microsoft's API files.
func TestCoreAgainstAPIFiles(t *testing.T) {
	s := start(t, azureemulator.Options{})
	w := onWire(t, s)
	w.specs = apispec.FromEnv(t)
	sub := "/subscriptions/" + s.Account().SubscriptionID
	for _, version := range []string{"2019-11-01", "2021-01-01", "2022-12-01"} {
		for _, path := range []string{"/subscriptions", sub, sub + "/locations", "/tenants", "/providers/Microsoft.Resources/operations"} {
			if got := w.arm("GET", path+"?api-version="+version, ""); got.StatusCode != 200 {
				t.Errorf("%s %s: %d %s", path, version, got.StatusCode, got.text)
			}
		}
	}
	group := sub + "/resourcegroups/g"
	box := sub + "/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/none"
	for _, version := range []string{"2021-04-01", "2024-07-01", "2024-11-01"} {
		for _, step := range []struct {
			method, path, body string
			status             int
		}{
			{"HEAD", group, "", 404},
			{"GET", group, "", 404},
			{"PUT", group, `{"location":"eastus","tags":{"a":"b"}}`, 201},
			{"PUT", group, `{"location":"eastus"}`, 200},
			{"GET", group, "", 200},
			{"HEAD", group, "", 204},
			{"PATCH", group, `{"tags":{"c":"d"}}`, 200},
			{"GET", sub + "/resourcegroups?$top=1", "", 200},
			{"GET", sub + "/resources?$filter=" + url.QueryEscape("resourceType eq 'Microsoft.KeyVault/vaults'"), "", 200},
			{"GET", sub + "/resourceGroups/g/resources", "", 200},
			{"GET", sub + "/providers", "", 200},
			{"GET", sub + "/providers/Microsoft.ContainerInstance", "", 200},
			{"GET", sub + "/providers/Microsoft.ContainerInstance/resourceTypes", "", 200},
			{"POST", sub + "/providers/Microsoft.ContainerInstance/unregister", "", 200},
			{"POST", sub + "/providers/Microsoft.ContainerInstance/register", "", 200},
			{"GET", "/providers", "", 200},
			{"GET", "/providers/Microsoft.Resources", "", 200},
			{"PUT", group + "/providers/Microsoft.Resources/tags/default", `{"properties":{"tags":{"x":"y"}}}`, 200},
			{"PATCH", group + "/providers/Microsoft.Resources/tags/default", `{"operation":"Merge","properties":{"tags":{"x":"z"}}}`, 200},
			{"GET", group + "/providers/Microsoft.Resources/tags/default", "", 200},
			{"DELETE", group + "/providers/Microsoft.Resources/tags/default", "", 200},
			{"HEAD", box, "", 404},
			{"DELETE", group, "", 202},
		} {
			sep := "?"
			if strings.Contains(step.path, "?") {
				sep = "&"
			}
			got := w.arm(step.method, step.path+sep+"api-version="+version, step.body)
			if got.StatusCode != step.status {
				t.Errorf("%s %s %s: %d %s, want %d", step.method, step.path, version, got.StatusCode, got.text, step.status)
			}
			if step.method == "DELETE" && step.status == 202 {
				for got.StatusCode == 202 {
					got = w.send("GET", got.Header.Get("Location"), "")
				}
				if got.StatusCode != 200 {
					t.Errorf("the delete ends with %d %s", got.StatusCode, got.text)
				}
			}
		}
	}
}

// The SDK's own pagers and clients find what they need.
func TestSDKLists(t *testing.T) {
	s := start(t, azureemulator.Options{})
	credential, options := sdk(t, s)
	factory, err := armresources.NewClientFactory(s.Account().SubscriptionID, credential, options)
	if err != nil {
		t.Fatal(err)
	}
	groups := factory.NewResourceGroupsClient()
	for _, name := range []string{"c", "a", "b"} {
		if _, err := groups.CreateOrUpdate(t.Context(), name, armresources.ResourceGroup{Location: new("eastus")}, nil); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	pages := 0
	for pager := groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Top: new(int32(2))}); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range page.Value {
			names = append(names, *g.Name)
		}
	}
	if strings.Join(names, " ") != "a b c" || pages != 2 {
		t.Errorf("%v on %d pages", names, pages)
	}
	provider, err := factory.NewProvidersClient().Get(t.Context(), "Microsoft.ContainerInstance", nil)
	if err != nil || *provider.RegistrationState != "Registered" {
		t.Errorf("%v, %v", provider.RegistrationState, err)
	}
	poller, err := groups.BeginDelete(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := poller.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: 1}); err != nil {
		t.Fatal(err)
	}
}
