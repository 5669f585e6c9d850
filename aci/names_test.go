package aci_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/pacific-aci/pacific/aci"
)

func TestNameFor(t *testing.T) {
	long := strings.Repeat("ab-", 40)
	for _, c := range []struct{ base, unique, want string }{
		{"My Flow", "a1", "my-flow-a1"},
		{"__Größe!! 2__", "x", "gr-e-2-x"},
		{"", "x", "pacific-x"},
		{"日本", "x", "pacific-x"},
		{"", "", "pacific"},
		{"Name", "", "name"},
		{long, "1234567890", long[:52] + "-1234567890"},
		{"abc", strings.Repeat("u", 70), strings.Repeat("u", 63)},
		{"abc", strings.Repeat("u", 62), strings.Repeat("u", 62)},
		{"abc", strings.Repeat("u", 61), "a-" + strings.Repeat("u", 61)},
		{"abc", "UPPER_case", "abc-upper-case"},
	} {
		got := aci.NameFor(c.base, c.unique)
		if got != c.want {
			t.Errorf("NameFor(%q, %q) = %q, want %q", c.base, c.unique, got, c.want)
		}
		if err := (aci.Job{Name: got}).Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestNewName(t *testing.T) {
	for _, c := range []struct {
		job   aci.Job
		begin string
	}{
		{aci.Job{}, "pacific"},
		{aci.Job{Name: "ignored"}, "pacific"},
		{aci.Job{Image: "prefix/My_image"}, "pacific"},
		{aci.Job{Image: "example.azurecr.io/team/my_image:1.2"}, "my-image"},
		{aci.Job{Base: &armcontainerinstance.ContainerGroup{Name: new("old job")}}, "old-job"},
		{aci.Job{Image: "a/" + strings.Repeat("b", 100)}, strings.Repeat("b", 52)},
	} {
		one, two := c.job.NewName(), c.job.NewName()
		if !regexp.MustCompile("^" + c.begin + "-[a-z2-7]{10}$").MatchString(one) {
			t.Errorf("%s: got %q, want %s-…", c.job, one, c.begin)
		}
		if one == two {
			t.Errorf("%s: the same name twice: %s", c.job, one)
		}
	}
}

func TestEnvNames(t *testing.T) {
	for name, want := range map[string]bool{
		"TZ": true, "LC_TIME": true, "LANG": true, "LOG_LEVEL": true, "PYTHONUNBUFFERED": true,
		"PLANET": false, "API_KEY": false, "tz": false, "": false, "PATH": false, "AZURE_CLIENT_ID": false,
	} {
		if got := aci.HarmlessEnv(name); got != want {
			t.Errorf("HarmlessEnv(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		keep      aci.Keep
		good, bad bool
	}{{"", false, false}, {aci.KeepNever, false, false}, {aci.KeepOnFailure, false, true}, {aci.KeepAlways, true, true}} {
		if got := c.keep.Keeps(true); got != c.good {
			t.Errorf("%q after a success: got %v, want %v", c.keep, got, c.good)
		}
		if got := c.keep.Keeps(false); got != c.bad {
			t.Errorf("%q after a failure: got %v, want %v", c.keep, got, c.bad)
		}
	}
}

func TestRegistryString(t *testing.T) {
	for _, c := range []struct {
		registry aci.Registry
		want     string
	}{
		{aci.Registry{Server: "HTTPS://A.io/"}, "a.io"},
		{aci.Registry{Server: "a.io", Username: "u", Password: "hunter2"}, "a.io as u"},
		{aci.Registry{Server: "a.io", Identity: puller}, "a.io as " + puller},
		{aci.Registry{Server: "registry-1.docker.io"}, "index.docker.io"},
		{aci.Registry{Server: "docker.io"}, "docker.io"},
	} {
		if got := c.registry.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
