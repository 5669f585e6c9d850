package resources_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

type list struct {
	Value    []struct{ Name, ID, Location, CreatedTime, ProvisioningState string }
	NextLink string
}

func (l list) names() []string {
	names := []string{}
	for _, v := range l.Value {
		names = append(names, v.Name)
	}
	return names
}

func TestFilters(t *testing.T) {
	c := armtest.NewCore(t, "")
	for _, g := range []string{"g1", "g2"} {
		armtest.Group(t, c, g)
	}
	armtest.PutBox(t, c, "g1", "red", `{"location":"eastus","tags":{"env":"prod","team":"x"}}`)
	armtest.PutBox(t, c, "g1", "Blue", `{"location":"westus2","tags":{"env":"test","Team":"prod"}}`)
	armtest.PutBox(t, c, "g2", "green", `{"location":"eastus"}`)
	tests := []struct {
		path, filter string
		want         []string
	}{
		{"/resources", "", []string{"Blue", "red", "green"}},
		{"/resourceGroups/G1/resources", "", []string{"Blue", "red"}},
		{"/resources", "resourceType eq 'Contoso.Storage/boxes'", []string{"Blue", "red", "green"}},
		{"/resources", "ResourceType EQ 'contoso.storage/BOXES' AND name eq 'RED'", []string{"red"}},
		{"/resources", "resourceType eq 'Microsoft.KeyVault/vaults'", []string{}},
		{"/resources", "resourceType ne 'Microsoft.KeyVault/vaults'", []string{"Blue", "red", "green"}},
		{"/resources", "name eq 'red' or name eq 'green'", []string{"red", "green"}},
		{"/resources", "(name eq 'red' or name eq 'green') and location eq 'eastus' and resourceGroup eq 'g2'", []string{"green"}},
		{"/resources", "tagName eq 'env'", []string{"Blue", "red"}},
		{"/resources", "tagName eq 'env' and tagValue eq 'prod'", []string{"red"}},
		{"/resources", "tagName eq 'team' and tagValue eq 'prod'", []string{"Blue"}},
		{"/resources", "startswith(tagName, 'te')", []string{"Blue", "red"}},
		{"/resources", "substringof('re', name)", []string{"red", "green"}},
		{"/resources", "name eq 'it''s'", []string{}},
		{"/resourcegroups", "tagName eq 'x'", []string{}},
		{"/resourcegroups", "name eq 'g2'", []string{"g2"}},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.filter, func(t *testing.T) {
			var got list
			armtest.Call(c, "GET", sub+tt.path+"?$filter="+url.QueryEscape(tt.filter), "").JSON(t, &got)
			if diff := cmp.Diff(tt.want, got.names()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFilterRefusals(t *testing.T) {
	c := armtest.NewCore(t, "")
	for _, filter := range []string{
		"name", "name eq", "name eq red", "name eq 'red", "eq 'red'", "name gt 'a'", "colour eq 'red'", "name eq 'a' and", "or name eq 'a'", "(name eq 'a'",
		"name eq 'a')", "substringof(name, 'a')", "startswith(name)", "startswith(,)", "'a' eq name", strings.Repeat("(", 30) + "name eq 'a'" + strings.Repeat(")", 30),
	} {
		got := armtest.Call(c, "GET", sub+"/resources?$filter="+url.QueryEscape(filter), "")
		if code, message := got.Fault(); got.Code != 400 || code != "InvalidFilterInQueryString" || !strings.Contains(message, filter) {
			t.Errorf("%s: %d %s", filter, got.Code, got.Body)
		}
	}
	got := armtest.Call(c, "GET", sub+"/resourcegroups?$filter="+url.QueryEscape("resourceType eq 'x'"), "")
	if got.Code != 400 {
		t.Errorf("a resource's field in a list of groups: %d", got.Code)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("tagName eq 'a' and tagValue eq 'b'")
	f.Add("(substringof('x', name) or startswith(tagName,'y')) and location ne 'z'")
	f.Add("'''")
	f.Fuzz(func(t *testing.T, filter string) {
		c := armtest.NewCore(t, "")
		armtest.Call(c, "PUT", sub+"/resourcegroups/g", `{"location":"eastus","tags":{"a":"b"}}`)
		got := armtest.Call(c, "GET", sub+"/resourcegroups?$filter="+url.QueryEscape(filter), "")
		if got.Code != 200 && got.Code != 400 {
			t.Errorf("%q: %d %s", filter, got.Code, got.Body)
		}
	})
}

func TestPaging(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	for i := range 7 {
		armtest.PutBox(t, c, "g", fmt.Sprintf("b%d", i), `{"location":"eastus"}`)
	}
	var names []string
	path := sub + "/resources?$top=3&$filter=" + url.QueryEscape("resourceType eq 'Contoso.Storage/boxes'")
	for range 10 {
		var page list
		armtest.Call(c, "GET", path, "").JSON(t, &page)
		names = append(names, page.names()...)
		if len(names) == 3 { // what goes and comes between two pages hides nothing and repeats nothing
			armtest.Call(c, "PUT", sub+"/resourceGroups/g/providers/Contoso.Storage/boxes/a", `{"location":"eastus"}`)
			c.Delete(armtest.BoxID("g", "b2"))
		}
		if page.NextLink == "" {
			break
		}
		if !strings.HasPrefix(page.NextLink, "https://management.azure.com"+sub+"/resources?") || !strings.Contains(page.NextLink, "skiptoken") {
			t.Fatalf("nextLink %q", page.NextLink)
		}
		path = strings.TrimPrefix(page.NextLink, "https://management.azure.com")
	}
	if diff := cmp.Diff([]string{"b0", "b1", "b2", "b3", "b4", "b5", "b6"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for query, code := range map[string]string{"$top=0": "InvalidTopParameter", "$top=x": "InvalidTopParameter", "$top=-1": "InvalidTopParameter", "$skiptoken=***": "InvalidSkipToken"} {
		got := armtest.Call(c, "GET", sub+"/resources?"+query, "")
		if is, _ := got.Fault(); got.Code != 400 || is != code {
			t.Errorf("%s: %d %s", query, got.Code, got.Body)
		}
	}
}

func TestExpand(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	armtest.PutBox(t, c, "g", "b", `{"location":"eastus"}`)
	var plain, expanded list
	armtest.Call(c, "GET", sub+"/resources", "").JSON(t, &plain)
	armtest.Call(c, "GET", sub+"/resources?$expand=createdTime,changedTime", "").JSON(t, &expanded)
	if plain.Value[0].CreatedTime != "" || expanded.Value[0].CreatedTime == "" {
		t.Errorf("createdTime %q without $expand, %q with", plain.Value[0].CreatedTime, expanded.Value[0].CreatedTime)
	}
}

func TestCheckExistence(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	armtest.PutBox(t, c, "g", "b", `{"location":"eastus"}`)
	for path, want := range map[string]int{
		sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/b":        204,
		sub + "/RESOURCEGROUPS/G/PROVIDERS/CONTOSO.STORAGE/BOXES/B":        204,
		sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/none":     404,
		sub + "/resourceGroups/none/providers/Contoso.Storage/boxes/b":     404,
		sub + "/resourceGroups/g/providers/Contoso.Storage/boxes/b/lids/x": 404,
		"/nonsense": 404,
	} {
		if got := armtest.Call(c, "HEAD", path, ""); got.Code != want || got.Body.Len() != 0 {
			t.Errorf("HEAD %s: %d %q, want %d", path, got.Code, got.Body, want)
		}
	}
}
