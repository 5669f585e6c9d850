package block_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// TestBlockJobFlags gives each field of the job block by its flag.
func TestBlockJobFlags(t *testing.T) {
	h, _ := clitest.NewPrefectLog(t)
	h.Write("env", "A=file\nB=file\n")
	h.Stdin = "hunter2"
	h.Must("block", "create", "docker-registry", "images", "--registry-url", "me.azurecr.io", "--username", "me", "--password-stdin")
	h.Must("block", "create", "azure-container-instance-credentials", "sp", "--tenant-id", "t", "--client-id", "c", "--client-secret-stdin")
	h.Must("block", "create", "azure-container-instance-credentials", "none")
	type m = map[string]any
	type l = []any
	id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
	subnet := "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"
	given := []struct {
		field string
		args  []string
		want  any
	}{
		{"env", []string{"--env-file", "env", "--env", "B=flag", "--env", "C=a=b,c", "--unset-env", "D"}, m{"A": "file", "B": "flag", "C": "a=b,c", "D": nil}},
		{"labels", []string{"--label", "team=data", "--label", "a/b=c"}, m{"team": "data", "a/b": "c"}},
		{"name", []string{"--name", "etl"}, "etl"},
		{"command", []string{"--", "sh", "-c", "echo $A"}, l{"sh", "-c", "echo $A"}},
		{"aci_credentials", []string{"--credentials", "azure-container-instance-credentials/sp"},
			m{"tenant_id": "t", "client_id": "c", "client_secret": "hunter2", "credential_kwargs": m{}}},
		{"resource_group_name", []string{"--resource-group", "other"}, "other"},
		{"subscription_id", []string{"--subscription", "other"}, "other"},
		{"identities", []string{"--identity", id}, l{id}},
		{"image", []string{"--image", "alpine:3"}, "alpine:3"},
		{"entrypoint", []string{"--entrypoint", ""}, nil},
		{"entrypoint", []string{"--entrypoint", "/tini"}, "/tini"},
		{"image_registry", []string{"--registry", "images"}, m{"registry_url": "me.azurecr.io", "username": "me", "password": "hunter2", "reauth": true}},
		{"image_registry", []string{"--registry-server", "me.azurecr.io", "--registry-identity", id, "--identity", id}, m{"registry_url": "me.azurecr.io", "identity": id}},
		{"cpu", []string{"--cpu", "1.5"}, 1.5},
		{"memory", []string{"--memory", "3.5"}, 3.5},
		{"gpu_count", []string{"--gpu-count", "2", "--gpu-sku", "V100"}, 2.0},
		{"gpu_sku", []string{"--gpu-count", "2", "--gpu-sku", "V100"}, "V100"},
		{"subnet_ids", []string{"--subnet", subnet}, l{subnet}},
		{"dns_servers", []string{"--dns", "10.0.0.4", "--dns", "10.0.0.5"}, l{"10.0.0.4", "10.0.0.5"}},
		{"stream_output", []string{"--stream-output"}, true},
		{"stream_output", []string{"--stream-output=false"}, false},
		{"task_start_timeout_seconds", []string{"--start-timeout", "0"}, 0.0},
		{"task_watch_poll_interval", []string{"--poll-interval", "1500ms"}, 1.5},
	}
	h.Must("block", "create", "azure-container-instance-job", "job", "--subscription", "s", "--resource-group", "g")
	base := h.Block("azure-container-instance-job/job").Data
	tested := map[string]bool{"type": true}
	for _, test := range given {
		tested[test.field] = true
		args := []string{"block", "create", "azure-container-instance-job", "job", "--overwrite"}
		for _, place := range []string{"--subscription", "--resource-group"} {
			if !slices.Contains(test.args, place) {
				args = append(args, place, place[2:3])
			}
		}
		h.Must(append(args, test.args...)...)
		got := h.Block("azure-container-instance-job/job").Data[test.field]
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s: -want +got:\n%s", test.args, test.field, diff)
		}
		if cmp.Equal(base[test.field], got) {
			t.Errorf("%v: %s is as it is without the flag", test.args, test.field)
		}
	}
	for field := range base {
		if !tested[field] {
			t.Errorf("the field %s is given by no flag of this test", field)
		}
	}
	if want := "prefecthq/prefect:3.9.1-python3.11"; base["image"] != want {
		t.Errorf("the image is %v without --image, want %s", base["image"], want)
	}
}
