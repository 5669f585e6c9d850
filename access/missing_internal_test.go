package access

import "testing"

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", "Microsoft.ContainerRegistry/registries/write", true},
		{"*/read", "Microsoft.ContainerRegistry/registries/read", true},
		{"*/read", "Microsoft.ContainerRegistry/registries/write", false},
		{"microsoft.containerregistry/*", "Microsoft.ContainerRegistry/registries/write", true},
		{"Microsoft.Authorization/*/write", "Microsoft.Authorization/roleAssignments/write", true},
		{"Microsoft.Container.egistry/*", "Microsoft.ContainerRegistry/registries/write", false},
		{"Microsoft.ContainerRegistry/registries", "Microsoft.ContainerRegistry/registries/write", false},
	} {
		if got := matches([]string{test.pattern}, test.action); got != test.want {
			t.Errorf("%s matches %s: %v", test.pattern, test.action, got)
		}
	}
}

func TestCounts(t *testing.T) {
	const sub = "/subscriptions/7ac1"
	for _, test := range []struct {
		assigned, at string
		want         bool
	}{
		{"/", sub + "/resourceGroups/jobs", true},
		{"/providers/Microsoft.Management/managementGroups/all", sub + "/resourceGroups/jobs", true},
		{sub, sub + "/resourceGroups/jobs", true},
		{sub + "/", sub, true},
		{sub + "/resourcegroups/JOBS", sub + "/resourceGroups/jobs", true},
		{sub + "/resourceGroups/job", sub + "/resourceGroups/jobs", false},
		{sub + "/resourceGroups/jobs/providers/x/y/z", sub + "/resourceGroups/jobs", false},
		{"/subscriptions/7ac2", sub, false},
	} {
		if got := counts(test.assigned, test.at); got != test.want {
			t.Errorf("%s counts at %s: %v", test.assigned, test.at, got)
		}
	}
	if got := subscriptionOf(sub + "/resourceGroups/jobs/providers/x"); got != sub {
		t.Error(got)
	}
}
